"""Chains of transfers: rows that are done together or not at all, so that nothing may cut them apart."""

import numpy as np
import numpy.typing as npt

from lightning.codes import CommandFlag, CommandKind


def goes_on(rows: np.ndarray) -> npt.NDArray[np.bool_]:
    """Of each COMMAND row: does its chain go on in the next row? Of the last: would it?"""
    transfers = rows["kind"] == CommandKind.TRANSFER
    linked: npt.NDArray[np.bool_] = transfers & (rows["flags"] & CommandFlag.LINKED != 0)
    linked[:-1] &= transfers[1:]
    return linked
