"""A plain-Python exchange that judges the engine. Written from RULES.md, never from the kernels.

    oracle = Oracle([btc, usdt], [btc_usdt], ledger=True, once_window=1_048_576)
    events = oracle.submit([Command(kind=CommandKind.DEPOSIT, ...), ...])     # list[Event]
    rows = oracle.submit_rows(commands)            # the same as EVENT rows, from COMMAND rows
    oracle.balances()       # {(account, currency): (available, held)}, only those that are not zero
    oracle.totals()         # [Totals(currency, deposited, withdrawn, available, held, fees), ...]
    oracle.depth(1, 20)     # (bids, asks), each [(price, qty, orders), ...], best first
    oracle.open_orders()    # [OpenOrder(...), ...], ascending order_id; pending stops too
    oracle.queue(1, 0)      # order ids of one side in priority order, pending stops not among them
    oracle.account_status(7)      # (AccountStatus, when all its orders are canceled)
    oracle.check()          # broken invariants I1-I6, recomputed the slow way; [] is good

Columns that each kind of event sets (all others are zero; `seq`, `kind`, `command` are always set):

    ACCEPTED   order_id client_order_id account symbol side price qty leaves_qty order_qty create_time_ns
               order_type order_tif order_terms; amount, currency = what was held
    TRADE      order_id client_order_id account = the taker's; symbol side price qty leaves_qty fee trade_id
               maker_order_id maker_client_order_id maker_account maker_fee maker_leaves_qty
    CANCELED   as ACCEPTED, and filled_qty filled_quote filled_fee reason flags; qty = taken off; amount,
               currency = released. EXPIRED, REDUCED the same
    AMENDED    as CANCELED, but qty = leaves_qty = the new open quantity and neither amount nor currency
    TRIGGERED  as AMENDED; qty = leaves_qty
    REJECTED   account client_order_id order_id symbol side price qty as given in the command; reason;
               create_time_ns = the command's time
    DEPOSITED  account amount currency; available, held afterwards. WITHDRAWN the same
    TRANSFERRED  as WITHDRAWN (of the payer), and counter_account
    CANCEL_ALL_DONE  account symbol as given; qty = how many orders were canceled
    SYMBOL_STATUS_CHANGED  symbol; qty = status. ACCOUNT_STATUS_CHANGED  account; qty = status
    CANCEL_ALL_AFTER_SET  account; create_time_ns = when
    UNCROSSED  symbol price; qty = lots that the price lets trade

What RULES.md and ARCHITECTURE.md leave open is decided in comments that begin with "Decided:".
"""

from tests.oracle.exchange import Oracle
from tests.oracle.ledger import Totals
from tests.oracle.rows import describe_difference, join_rows, rows_equal
from tests.oracle.views import OpenOrder

__all__ = ["OpenOrder", "Oracle", "Totals", "describe_difference", "join_rows", "rows_equal"]
