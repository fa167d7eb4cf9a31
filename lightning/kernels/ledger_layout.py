"""The rows of the account shards: accounts, balances, remembered ids; and currencies' totals."""

import numpy as np

ACCOUNT = np.dtype(
    [
        ("account", "<i8"),
        ("segment", "<i8"),  # the last parallel segment that touched it
        ("balances", "<i4"),  # first of its balances
        ("open_orders", "<i4"),
        ("cancel_all_after", "<i8"),  # time; 0: never
        ("status", "<i4"),  # AccountStatus
        ("pad", "<i4"),
    ]
)
assert ACCOUNT.itemsize == 40

BALANCE = np.dtype(
    [
        ("account", "<i8"),
        ("available", "<i8"),
        ("held", "<i8"),
        ("currency", "<i4"),
        ("owner", "<i4"),  # slot of the account
        ("next", "<i4"),  # the account's next balance
        ("credited", "<i4"),  # 1 once anything was ever added
    ]
)
assert BALANCE.itemsize == 40

ONCE = np.dtype(  # a ring: one row per remembered id
    [
        ("account", "<i8"),
        ("id", "<i8"),
        ("content", "<i8"),  # hash of the command
        ("seq", "<i8"),
        ("number", "<i8"),  # how many commands with an id there had been, this one included
        ("answer", "<i8"),  # where its answer starts in the answers ring
        ("answer_rows", "<i4"),
        ("space", "<i4"),
        ("hash", "<i8"),
    ]
)
assert ONCE.itemsize == 64

TOTAL = np.dtype(  # per currency id; each sum is hi * 2**62 + lo
    [
        ("deposited_hi", "<i8"),
        ("deposited_lo", "<i8"),
        ("withdrawn_hi", "<i8"),
        ("withdrawn_lo", "<i8"),
        ("net", "<i8"),  # deposited - withdrawn
        ("exists", "<i8"),
    ]
)
assert TOTAL.itemsize == 48

ACCOUNTS_HEAD = np.dtype(
    [
        (name, "<i8")
        for name in (
            "accounts_used",
            "balances_used",
            "once_first",
            "once_end",
            "answers_first",
            "answers_end",
        )
    ]
    + [("pad", "<i8", (2,))]
)
assert ACCOUNTS_HEAD.itemsize == 64
