"""How long it takes until something answers."""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack

from benchmarks.durability import server_process
from benchmarks.suite.warmed import Warmed
from lightning.engine import warm

ALL_VARIABLE = "LIGHTNING_BENCH_COLD"
COMPILE = """
import sys
from lightning.engine import warm
for name, step in warm.kernels():
    if name in sys.argv[1:]:
        step()
"""


class Imports:
    """Of a new process, the interpreter's own start included."""

    param_names = ("statement",)
    params = (
        [
            "import lightning",
            "import lightning.cli",
            "from lightning import Exchange",
            "import lightning.server.app",
        ],
    )

    def timeraw_import(self, statement: str) -> str:
        return statement


class Warm(Warmed):
    """`lightning serve --in-memory` until it listens, with compiled kernels."""

    number = 1

    def setup(self) -> None:
        self.open = ExitStack()

    def teardown(self) -> None:
        self.open.close()

    def time_serve(self) -> None:
        self.open.enter_context(server_process("--in-memory"))


class Cold:
    """Kernels compiled into an empty cache: a few, and if LIGHTNING_BENCH_COLD is set all, for minutes."""

    number = repeat = rounds = min_run_count = 1
    warmup_time = 0

    param_names = ("kernels",)
    params = (["the journal's packing", "all"],)

    def setup(self, kernels: str) -> None:
        if kernels == "all" and ALL_VARIABLE not in os.environ:
            raise NotImplementedError
        self.names = [name for name, _ in warm.kernels() if kernels in (name, "all")]

    def time_compile(self, kernels: str) -> None:
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, "-c", COMPILE, *self.names], env=environment, check=True)
