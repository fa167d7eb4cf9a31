"""Accounts and moves of money of `lightning.v1` and rows."""

from lightning.codes import CommandFlag, CommandKind, EventKind, RejectReason
from lightning.decimals import DecimalError, format_units, parse_decimal
from lightning.engine.views import AccountState
from lightning.instruments import Currency
from lightning.pb.v1 import accounts_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command
from lightning.server.convert.fields import read_amount, require_account, require_id
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Catalog, Reply

TRANSFERS_MAX = 1000
"""Of one batch."""


def account(state: AccountState | None, seq: int, catalog: Catalog) -> pb.Account:
    if state is None:
        raise Refused(RejectReason.UNKNOWN_ACCOUNT)
    return pb.Account(
        account_id=state.account,
        balances=[
            _balance(catalog.currencies[currency], available, held)
            for currency, available, held in state.balances
        ],
        seq=seq,
    )


def _balance(currency: Currency, available: int, held: int) -> types.Balance:
    return types.Balance(
        currency_id=currency.id,
        total=format_units(available + held, currency.scale),
        available=format_units(available, currency.scale),
        held=format_units(held, currency.scale),
    )


Movement = pb.DepositRequest | pb.WithdrawRequest | pb.TransferRequest | pb.TransferOfBatch


def known_currency(catalog: Catalog, request: Movement) -> Currency:
    currency = catalog.currencies.get(require_id("currency_id", request.currency_id))
    if currency is None:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return currency


def deposit(request: pb.DepositRequest, catalog: Catalog) -> Command:
    account_id = require_id("account_id", request.account_id)
    row = _movement(CommandKind.DEPOSIT, account_id, 0, request, catalog)
    return row._replace(request_id=request.request_id)


def withdraw(request: pb.WithdrawRequest, catalog: Catalog) -> Command:
    account_id = require_account("account_id", request.account_id)
    row = _movement(CommandKind.WITHDRAW, account_id, 0, request, catalog)
    return row._replace(request_id=request.request_id)


def transfer(request: pb.TransferRequest, catalog: Catalog) -> Command:
    return _transfer(request, catalog)._replace(request_id=request.request_id)


def _transfer(request: pb.TransferRequest | pb.TransferOfBatch, catalog: Catalog) -> Command:
    sender = require_account("from_account_id", request.from_account_id)
    receiver = require_id("to_account_id", request.to_account_id)
    if sender == receiver:
        raise BadField("to_account_id", "must be another account than from_account_id")
    return _movement(CommandKind.TRANSFER, sender, receiver, request, catalog)


def transfer_batch(request: pb.TransferBatchRequest, catalog: Catalog) -> list[Command]:
    """A chain: all but the last row linked with the next, only the first with the request id."""
    count = len(request.transfers)
    if not 1 <= count <= TRANSFERS_MAX:
        raise BadField("transfers", f"must be 1 to {TRANSFERS_MAX}, not {count}")
    rows = [_transfer_of_batch(i, one, catalog) for i, one in enumerate(request.transfers)]
    rows[0] = rows[0]._replace(request_id=request.request_id)
    return [row._replace(flags=CommandFlag.LINKED) for row in rows[:-1]] + rows[-1:]


def _transfer_of_batch(index: int, request: pb.TransferOfBatch, catalog: Catalog) -> Command:
    try:
        return _transfer(request, catalog)
    except BadField as error:
        raise BadField(f"transfers[{index}].{error.field}", error.reason) from None
    except Refused as error:
        raise Refused(error.reason, f"transfers[{index}].currency_id") from None


_FIELDS_REFUSED = {
    RejectReason.UNKNOWN_CURRENCY: "currency_id",
    RejectReason.UNKNOWN_ACCOUNT: "to_account_id",
    RejectReason.INSUFFICIENT_FUNDS: "amount",
    RejectReason.INVALID_AMOUNT: "amount",
    RejectReason.OVERFLOW: "amount",
}
"""Which field of a transfer a refusal is about."""


def refused_transfer(replies: list[Reply]) -> tuple[int, RejectReason] | None:
    """Which of a chain's rows was refused for its own sake, and why; None: it was done."""
    reasons = [RejectReason(reply.events[0].reason) for reply in replies]
    if replies[0].events[0].kind != EventKind.REJECTED:
        return None
    return next(
        ((i, reason) for i, reason in enumerate(reasons) if reason != RejectReason.LINKED), (0, reasons[0])
    )


def refusal_of_batch(index: int, reason: RejectReason, sender_is_unknown: bool) -> Refused:
    if reason == RejectReason.DUPLICATE_ID:
        return Refused(reason, "request_id")
    field = _FIELDS_REFUSED.get(reason, "")
    if reason == RejectReason.UNKNOWN_ACCOUNT and sender_is_unknown:
        field = "from_account_id"
    return Refused(reason, f"transfers[{index}].{field}" if field else f"transfers[{index}]")


def batch_moved(replies: list[Reply], catalog: Catalog) -> pb.TransferBatchResponse:
    moves = [moved(reply, catalog) for reply in replies]
    return pb.TransferBatchResponse(seq=moves[0][1], balances=[balance for balance, _ in moves])


def _movement(
    kind: CommandKind, account_id: int, counter_account: int, request: Movement, catalog: Catalog
) -> Command:
    currency = known_currency(catalog, request)
    return Command(
        kind=kind,
        account=account_id,
        counter_account=counter_account,
        currency=currency.id,
        amount=read_amount("amount", request.amount, currency.scale),
    )


def ledger_filters(request: pb.ListLedgerEntriesRequest, catalog: Catalog) -> tuple[int, int | None]:
    """Account, and currency; None: any."""
    account_id = require_account("account_id", request.account_id)
    if not request.HasField("currency_id"):
        return account_id, None
    if require_id("currency_id", request.currency_id) not in catalog.currencies:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return account_id, request.currency_id


def is_beyond(text: str, state: AccountState | None, currency: Currency) -> bool:
    """Whether `text` is a decimal above what the account has available, be it representable or not."""
    try:
        value, decimals = parse_decimal(text)
    except DecimalError:
        return False
    available = next((free for one, free, _ in state.balances if one == currency.id), 0) if state else 0
    return value > 0 and value * 10**currency.scale > available * 10**decimals


def moved(reply: Reply, catalog: Catalog) -> tuple[types.Balance, int]:
    """The balance after it, and the seq."""
    event = reply.events[0]
    if event.kind == EventKind.REJECTED:
        raise Refused(event.reason)
    return _balance(catalog.currencies[event.currency], event.available, event.held), reply.seq
