"""How finely parallel runs are cut into segments: fine ones reach what ordinary batches rarely do."""

from contextlib import AbstractContextManager
from unittest.mock import patch

GRAINS = ((1, 1), (64, 256), (1, 64), (8, 16))
"""(fewest commands of a segment, commands run serially after a cut); the second pair is the engine's."""


def segment_grain(seed: int) -> AbstractContextManager[object]:
    """Within, exchanges with several workers cut their segments as `seed` picks."""
    fewest, serial = GRAINS[seed % len(GRAINS)]
    return patch.multiple("lightning.engine.pipeline", SEGMENT_ROWS_MIN=fewest, SERIAL_ROWS_AFTER_CUT=serial)
