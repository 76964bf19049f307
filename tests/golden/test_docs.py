"""Every command of the documentation works, and what reads a sample trace prints what the documentation says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from contextlib import suppress

import click
import pytest

from examples import ROOT, examples, fresh, jobs, pages, printed, python_blocks, stale, workplace
from gpu_trace.cli import COMMANDS, gpu_trace
from gpu_trace_analyzers.questions.causes import CPU_COPY_RULES, EXPOSED_COPY_RULES
from gpu_trace_analyzers.questions.idle import IDLE_RULES
from gpu_trace_analyzers.readers.formats import READERS

EXAMPLES = {page: examples(page) for page in pages()}
REPEATABLE = [example for page in EXAMPLES.values() for example in page if example.repeatable]
OTHERS = {page: [each for each in found if each.runnable and not each.repeatable] for page, found in EXAMPLES.items()}
WITH_OTHERS = [page for page, others in OTHERS.items() if others]
INLINE = [
    (page, command)
    for page in EXAMPLES
    for command in re.findall(
        r"`(gpu-trace [a-z]+ [^`]*?)`(?!`)", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    )
]


def named(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", EXAMPLES, ids=named)
def test_a_page_shows_what_its_commands_print_and_which_keys_there_are(page):
    if said := stale(page, fresh(page)):
        pytest.fail(said, pytrace=False)


def ran(command, folder, environment):
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_OTHERS, ids=named)
def test_the_other_commands_of_a_page_run(page, tmp_path):
    environment = workplace(tmp_path, page)
    for command in dict.fromkeys(example.on_a_cpu for example in OTHERS[page]):  # a page may show a command twice
        done = ran(command, tmp_path, environment)
        nobody_came = done.returncode == 3 and "no browser fetched the trace within 0 s" in done.stderr
        assert done.returncode == 0 or nobody_came, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
def test_the_jobs_of_the_ci_page_run(tmp_path):
    page = ROOT / "docs/how-to/ci-gate.md"
    environment = workplace(tmp_path, page)
    commands = jobs(page)
    assert len(commands) == 4  # of two systems, which may be told the same
    for command in dict.fromkeys(commands):
        done = ran(command.replace("-o runs/ci", "--force -o runs/ci"), tmp_path, environment)
        # What the gate says of this machine is not the matter; that it can say something is.
        wanted = {0, 1, 4} if command.startswith("gpu-trace check") else {0}
        assert done.returncode in wanted, f"{command}\n{done.stdout}{done.stderr}"
    assert (tmp_path / "overlap.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("page", "command"), INLINE, ids=lambda value: value if isinstance(value, str) else named(value)
)
def test_a_command_in_the_text_is_one_that_gpu_trace_understands(page, command):
    _, name, *rest = shlex.split(command)
    assert name in COMMANDS
    with suppress(click.MissingParameter):  # the text leaves out what does not matter to it
        gpu_trace.get_command(click.Context(gpu_trace), name).make_context(name, rest)


@pytest.mark.parametrize("page", [page for page in EXAMPLES if python_blocks(page)], ids=named)
def test_the_python_of_a_page_is_python(page):
    for block in python_blocks(page):
        compile(block, named(page), "exec")


def test_the_readme_shows_the_finding():
    shown = [example.shown for example in REPEATABLE if example.page.name == "README.md"]
    assert any("overlap ratio 0.000" in output for output in shown)
    assert any("overlap ratio 0.980" in output for output in shown)


def test_the_page_of_commands_has_them_all():
    shown = {example.command for example in EXAMPLES[ROOT / "docs/commands.md"]}
    assert shown == {"gpu-trace --help", "gpu-trace --version", *(f"gpu-trace {name} --help" for name in COMMANDS)}


def test_each_cause_has_its_row_and_its_mend():
    table, mends = (
        (ROOT / "docs" / name).read_text("utf-8") for name in ("causes.md", "how-to/copies-do-not-overlap.md")
    )
    headings = re.findall(r"^## (.*)$", mends, re.MULTILINE)
    for rule in (*EXPOSED_COPY_RULES, *IDLE_RULES):
        assert f"| {rule.title} (`{rule.cause}`) |" in table
    for rule in (*EXPOSED_COPY_RULES, *CPU_COPY_RULES):
        assert any(rule.title.startswith(heading) for heading in headings), rule.title


def test_readers_are_asked_in_the_order_that_the_page_shows():
    page = (ROOT / "docs/how-it-works.md").read_text("utf-8")
    (line,) = re.findall(r"^unsupported\?  ──►  (.*)  ──►  plug-ins", page, re.MULTILINE)
    assert tuple(line.split("  ──►  ")) == READERS


def test_every_key_of_a_summary_is_in_its_page():
    def keys(value):
        if isinstance(value, dict):
            yield from value
            yield from (name for key, each in value.items() if key != "dropped" for name in keys(each))
        elif isinstance(value, list):
            yield from (name for each in value for name in keys(each))

    traces = [f"samples/traces/{name}.json.gz" for name in ("mlp_overlap", "ddp_rank0", "seed_mxnet")]
    found = {name for trace in traces for name in keys(json.loads(printed(f"gpu-trace summary --json {trace}")))}
    page = (ROOT / "docs/summary-json.md").read_text("utf-8")
    assert {name for name in found if f"`{name}`" not in page} == set()
