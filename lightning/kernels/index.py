"""Open addressing: from a hash to the slot of a row. Linear probing, deletion by shifting back.

An index row holds 32 bits of the hash and the slot + 1. Neighbouring ids of one account share a
64-byte line: the low three bits of an id pick the place in a group of eight, the rest is mixed
with a secret of the exchange, so that no client can aim at one place.
"""

import numpy as np

from lightning.kernels.intrinsics import mix
from lightning.kernels.kernel import entry, kernel

HASH_MASK = 0xFFFFFFFF


@kernel
def hash_id(secret, owner, number):
    """32-bit hash of (owner, number) as int64; eight neighbouring numbers stand side by side."""
    return ((mix(owner ^ secret, number >> 3) << 3) | (number & 7)) & HASH_MASK


@kernel
def hash_pair(secret, a, b):
    """32-bit hash of (a, b) as int64."""
    return mix(a ^ secret, b) & HASH_MASK


@kernel
def index_insert(index, shard, hashed, slot):
    """Add `slot` under `hashed`. The index must have a free row; it is kept at most half full."""
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        i = (i + 1) & mask
    index[shard, i].hash = hashed
    index[shard, i].slot = slot + 1


@kernel
def index_remove(index, shard, hashed, slot):
    """Remove `slot`, which must be there, and close the gap."""
    mask = index.shape[1] - 1
    gap = hashed & mask
    while index[shard, gap].slot != slot + 1:
        gap = (gap + 1) & mask
    i = (gap + 1) & mask
    while index[shard, i].slot != 0:
        home = np.int64(index[shard, i].hash) & mask
        if ((i - home) & mask) >= ((i - gap) & mask):
            index[shard, gap].hash = index[shard, i].hash
            index[shard, gap].slot = index[shard, i].slot
            gap = i
        i = (i + 1) & mask
    index[shard, gap].slot = 0


@entry
def index_rebuild(old, new):
    """Move every row of `old` into the empty, larger `new`."""
    for shard in range(old.shape[0]):
        for i in range(old.shape[1]):
            if old[shard, i].slot != 0:
                index_insert(new, shard, np.int64(old[shard, i].hash), np.int64(old[shard, i].slot) - 1)


@entry
def index_fill(index, shard, hashes, slots):
    """Add every slot under its hash; both int64 arrays of one length."""
    for i in range(hashes.shape[0]):
        index_insert(index, shard, hashes[i], slots[i])
