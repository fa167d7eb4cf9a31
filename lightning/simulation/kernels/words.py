"""Whole rows as words."""

from lightning.kernels.kernel import kernel


@kernel
def copy_row(target, at, source, row):
    """target, source : (n, words) int64"""
    for word in range(source.shape[1]):
        target[at, word] = source[row, word]


@kernel
def clear_row(target, at):
    for word in range(target.shape[1]):
        target[at, word] = 0
