"""Kernels are compiled before anything is measured."""

from functools import cache

from lightning.engine import rehearsal, warm


@cache
def load_kernels() -> None:
    """Those that commands run, once a process; `Warmed.setup_cache` has compiled them."""
    rehearsal.commands()
    rehearsal.growth()


class Warmed:
    """Base of benchmarks that run kernels. asv runs `setup_cache` once for a commit and an environment."""

    def setup_cache(self) -> None:
        for _, step in warm.kernels():
            step()
