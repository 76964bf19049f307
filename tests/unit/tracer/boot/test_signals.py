"""A process whose signals are watched dies as it would alone, by the same signal, after it has saved; in one Python."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fake_cupti import COMPILER
from gpu_trace.boot import native
from native import wait_until_at_rest

pytestmark = pytest.mark.skipif(
    not Path(native.__file__).with_name("_signals.so").exists(), reason="no library: built without a C compiler"
)

START = f"""
import ctypes, os, signal, sys, threading, time
sys.path.insert(0, {str(Path(native.__file__).parents[1])!r})
from boot import background, native, signals
class Recorder:
    is_busy_in_this_thread = False
    def finish(self, patience_s=0):
        time.sleep(float(os.environ.get("SAVING_S", "0")))
        os.write(2, b"saved\\n")
class Threads:
    def counted(self, action): return action()
recorder = Recorder()
def tick():
    for _ in range(3): pass
"""
WATCH = "signals.save_before_dying(recorder, None, Threads())\n"
SLEEP = "print('up', flush=True)\ntime.sleep(50)\nprint('no', flush=True)"
ITSELF = "print('up', flush=True)\nos.kill(os.getpid(), {signal!s})\ntick(); print('no', flush=True)"
NAMES = ("HUP", "INT", "QUIT", "ALRM", "TERM", "USR1", "USR2", "XCPU", "VTALRM", "PROF", "IO", "PWR")
FATAL = [signal.Signals[f"SIG{name}"] for name in NAMES]


def ran(text: str, *sent: signal.Signals, wait_s: float = 0.0, **environment: str) -> tuple[str, str, int]:
    """stdout, stderr and the return code of a script, to which signals are sent once it has said something."""
    command = [sys.executable, "-c", "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n" + text]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=environment) as process:
        first = process.stdout.readline() if sent else ""
        if sent:
            wait_until_at_rest(process.pid)  # the script gets from that line to where it stays
        for number in sent:
            process.send_signal(number)
            time.sleep(wait_s)
        stdout, stderr = process.communicate(timeout=100)
    return first + stdout, stderr, process.returncode


@pytest.mark.parametrize("number", FATAL, ids=str)
def test_each_signal_saves_and_then_kills(number):
    default = f"signal.signal({int(number)}, signal.SIG_DFL)\n" if number == signal.SIGINT else ""
    assert ran(START + default + WATCH + SLEEP, number) == ("up\n", "saved\n", -number)
    assert ran(START + default + WATCH + ITSELF.format(signal=int(number))) == ("up\n", "saved\n", -number)


def test_python_sees_what_it_would_see_alone():
    look = (
        "print([signal.getsignal(n) for n in range(1, 65) if n not in (32, 33)], signal.pthread_sigmask(0, []),"
        " signal.set_wakeup_fd(-1), sorted(os.listdir('/proc/self/fd')), len(sys._current_frames()))"
    )
    alone, watched = (ran(START + "import ctypes\n" + watch + look) for watch in ("native.library()\n", WATCH))
    assert alone == watched


@pytest.mark.parametrize("handler", ["signal.SIG_IGN", "lambda *_: print('mine', flush=True)"])
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_a_scripts_own_handler_is_respected(handler, is_before):
    own = f"signal.signal(signal.SIGHUP, {handler})\n"
    text = START + (own + WATCH if is_before else WATCH + own) + "signals.take_again()\n"
    said = ran(text + "print('up', flush=True); os.kill(os.getpid(), signal.SIGHUP); tick(); print('on', flush=True)")
    assert said == ("up\n" + "mine\n" * ("mine" in handler) + "on\n", "", 0)


def test_a_default_that_is_restored_is_taken_again():
    restored = "signal.signal(signal.SIGTERM, lambda *_: 0)\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
    assert ran(START + WATCH + restored + SLEEP, signal.SIGTERM) == ("up\n", "", -signal.SIGTERM)
    again = restored + "signals.take_again()\n"
    assert ran(START + WATCH + again + SLEEP, signal.SIGTERM) == ("up\n", "saved\n", -signal.SIGTERM)


def test_one_that_comes_twice_does_not_disturb_the_saving():
    said = ran(START + WATCH + SLEEP, signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, SAVING_S="0.5")
    assert said == ("up\n", "saved\n", -signal.SIGHUP)


def test_who_insists_ends_a_saving_that_takes_long():
    began = time.monotonic()
    said = ran(START + WATCH + SLEEP, signal.SIGTERM, signal.SIGTERM, wait_s=3.2, SAVING_S="50")
    assert said == ("up\n", "", -signal.SIGTERM)
    assert time.monotonic() - began < 45


@pytest.fixture
def impatient(tmp_path):
    """The script's beginning with a library for which a second is long."""
    if COMPILER is None:
        pytest.skip("needs a C compiler")
    text = Path(native.__file__).with_name("signals.c").read_text(encoding="utf-8")
    (tmp_path / "signals.c").write_text(text.replace("STILL_S = 30", "STILL_S = 1"), encoding="utf-8")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", tmp_path / "signals.so", tmp_path / "signals.c"], check=True)
    return START + f"native._loaded[native.SIGNALS] = ctypes.CDLL({str(tmp_path / 'signals.so')!r})\n"


def saves_by(*steps: str) -> str:
    each = "".join(f"    {step}\n" for step in (*steps, "os.write(2, b'saved\\n')"))
    return f"def save(patience_s):\n{each}recorder.finish = save\n"


def test_a_saving_that_stands_still_does_not_keep_the_process(impatient):
    assert ran(impatient + WATCH + SLEEP, signal.SIGTERM, SAVING_S="50") == ("up\n", "", -signal.SIGTERM)


def test_a_process_that_was_stopped_did_not_stand_still(impatient):
    goes_on = "os.system(f'(sleep 1.5; kill -CONT {os.getpid()}) &')"
    stops = "time.sleep(0.1); os.kill(os.getpid(), signal.SIGSTOP)"
    text = impatient + saves_by(goes_on, stops, *5 * ["time.sleep(0.1)"]) + WATCH + SLEEP
    assert ran(text, signal.SIGTERM) == ("up\n", "saved\n", -signal.SIGTERM)


def test_a_saving_that_waits_for_a_slow_file_does_not_stand_still(impatient):
    slow = "import subprocess\nslow = subprocess.Popen('sleep 2.5; exec cat >/dev/null', shell=True, stdin=-1).stdin\n"
    text = impatient + slow + saves_by("os.write(slow.fileno(), bytes(1 << 20))") + WATCH + SLEEP
    assert ran(text, signal.SIGTERM) == ("up\n", "saved\n", -signal.SIGTERM)


def test_a_step_of_the_recorder_in_the_main_thread_is_finished_first():
    text = (
        "recorder.is_busy_in_this_thread = True\nprint('up', flush=True)\nos.kill(os.getpid(), signal.SIGTERM)\n"
        "os.write(1, b'step\\n'); recorder.is_busy_in_this_thread = False\nwhile True: tick()"
    )
    assert ran(START + WATCH + text, SAVING_S="0.3") == ("up\nstep\n", "saved\n", -signal.SIGTERM)


def test_a_call_that_keeps_pythons_lock_delays_the_end_by_seconds_only():
    """It dies unsaved then: natively it would have died at once."""
    text = "print('up', flush=True)\nctypes.PyDLL(None).read(os.pipe()[0], ctypes.create_string_buffer(1), 1)"
    began = time.monotonic()
    assert ran(START + WATCH + text, signal.SIGTERM) == ("up\n", "", -signal.SIGTERM)
    assert time.monotonic() - began < 45


def test_no_signal_comes_to_a_forked_child():
    text = (
        "reads, writes = os.pipe()\npid = os.fork()\nif pid == 0:\n    os.write(writes, b'x'); time.sleep(50)\n"
        "os.read(reads, 1); os.kill(pid, signal.SIGTERM); print(os.waitpid(pid, 0)[1], flush=True)\n"
    )
    assert ran(START + WATCH + text) == (f"{int(signal.SIGTERM)}\n", "", 0)


def test_a_started_process_has_its_signals_at_their_defaults():
    text = (
        "import subprocess\n"
        "print(subprocess.run(['grep', 'SigCgt', '/proc/self/status'], capture_output=True, text=True).stdout)\n"
        "print(subprocess.run(['sh', '-c', 'kill -HUP $$; echo no']).returncode)\n"
    )
    assert ran(START + WATCH + text) == ran(START + text)


def test_signals_after_the_end_kill_at_once():
    text = "signals.end()\nprint('up', flush=True)\ntime.sleep(50)"
    assert ran(START + WATCH + text, signal.SIGTERM, SAVING_S="50") == ("up\n", "", -signal.SIGTERM)


def test_the_end_waits_for_a_signal_that_has_come():
    text = "print('up', flush=True)\nthreading.Thread(target=lambda: time.sleep(50), daemon=True).start()\n" + (
        "recorder.is_busy_in_this_thread = True\nos.kill(os.getpid(), signal.SIGTERM)\nsignals.end()\nprint('no')"
    )
    assert ran(START + WATCH + text, SAVING_S="0.5") == ("up\n", "saved\n", -signal.SIGTERM)


def test_a_function_is_called_again_until_it_wants_no_more_in_a_thread_that_python_does_not_list():
    text = (
        "calls = []\ndef look():\n    calls.append(time.monotonic())\n    return 0.05 if len(calls) < 3 else -1\n"
        "begin = time.monotonic()\nbackground.repeat(look, 0.02)\n"
        "while len(calls) < 3: time.sleep(0.01)\ntime.sleep(0.2)\n"
        "print(len(calls), calls[0] - begin >= 0.02, calls[2] - calls[0] >= 0.1)\n"
        "background.repeat(lambda: 5, 0)\ntime.sleep(0.3)\n"
        "print(len(sys._current_frames()), threading.active_count())\n"
    )
    assert ran(START + text) == ("3 True True\n1 1\n", "", 0)


def test_python_can_end_while_a_function_is_called():
    text = (
        "background.repeat(lambda: 0.0, 0)\nbackground.repeat(lambda: time.sleep(0.001) or 0.0, 0)\ntime.sleep(0.05)\n"
    )
    for _ in range(10):
        assert ran(START + WATCH + text + "signals.end()\n") == ("", "", 0)
