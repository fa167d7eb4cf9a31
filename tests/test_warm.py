"""What `lightning warm`, and a server before it listens, compiles or loads: everything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WARM_AND_PLAY = """
import sys
from numba.core.dispatcher import Dispatcher
from lightning.engine import warm
from lightning.engine.exchange import Exchange
from tests.flows import make_commands
from tests.segments import segment_grain
from tests.shapes import SHAPES

def ready():
    modules = [module for name, module in sys.modules.items() if name.startswith("lightning.kernels.")]
    kernels = {one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}
    return {(one.py_func.__name__, signature) for one in kernels for signature in one.signatures}

for _, step in warm.kernels():
    step()
before = ready()
for shape in ("money", "self_trade"):
    exchange = Exchange(SHAPES[shape].config, SHAPES[shape].ledger, workers=int(sys.argv[1]))
    with segment_grain(0):
        exchange.submit(make_commands(SHAPES[shape], 1, 2_000))
print(sorted({name for name, _ in ready() - before}))
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_after_it_no_command_waits_for_a_kernel(workers: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WARM_AND_PLAY, str(workers)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "[]\n", run.stderr
