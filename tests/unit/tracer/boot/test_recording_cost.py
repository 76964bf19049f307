"""The cost of an operator is that of as many as there are nodes, by PyTorch itself."""

from __future__ import annotations

import subprocess
import sys

from gpu_trace.boot import recording_cost
from gpu_trace.boot.contract import CALIBRATION
from native import LEAN

SCRIPT = f"""
{LEAN}
from gpu_trace.boot import recording_cost
from gpu_trace.boot.execution_trace import ExecutionTrace
from gpu_trace.boot.session import Calls, Session
class Notes:
    def write(self, *what): raise AssertionError(what)
trace, calls = ExecutionTrace(Notes()), Calls(sys.modules["torch.autograd.profiler"])
trace.add(sys.argv[1])
torch.set_grad_enabled(False)
torch.set_default_dtype(torch.float16)
print(*recording_cost.measured(lambda: Session(calls, "ops", False), trace, False), torch.is_grad_enabled())
"""


def test_each_operator_of_a_batch_is_counted(tmp_path):
    path = tmp_path / "executed"
    ran = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True)
    cost, of_a_call, grad = ran.stdout.split()
    assert (int(cost) > 0, of_a_call, grad) == (True, "None", "False")
    _, calibrated = path.read_text().split(f'"{CALIBRATION}"')
    assert calibrated.count('"name": "aten::') == recording_cost.BATCHES * recording_cost.OPERATORS
