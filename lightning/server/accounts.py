"""lightning.v1.Accounts."""

import sqlite3
from functools import partial

from lightning.codes import RejectReason
from lightning.pb.v1 import accounts_pb2 as pb
from lightning.pb.v1.accounts_pb2_grpc import AccountsServicer
from lightning.server.convert import accounts as convert
from lightning.server.convert.fields import require_account
from lightning.server.convert.pages import read_asked, token
from lightning.server.convert.past import ledger_entries, require_known
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context
from lightning.server.past import Past
from lightning.storage.history import queries
from lightning.storage.history.entries import Entry
from lightning.storage.history.paging import Asked, Page
from lightning.storage.history.schema import get_head


class Accounts(AccountsServicer):
    def __init__(self, gateway: Gateway, past: Past) -> None:
        self._gateway = gateway
        self._past = past

    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.Account:
        account_id = require_account("account_id", request.account_id)
        answer = await self._gateway.query(lambda exchange: exchange.account(account_id), quick=True)
        return convert.account(answer.value, answer.seq, self._gateway.catalog)

    async def Deposit(self, request: pb.DepositRequest, context: Context) -> pb.BalanceChange:
        reply = await self._gateway.submit(convert.deposit(request, self._gateway.catalog))
        balance, seq = convert.moved(reply, self._gateway.catalog)
        return pb.BalanceChange(balance=balance, seq=seq)

    async def Withdraw(self, request: pb.WithdrawRequest, context: Context) -> pb.BalanceChange:
        try:
            command = convert.withdraw(request, self._gateway.catalog)
        except BadField as error:
            raise await self._beyond(error, request.account_id, request) from None
        balance, seq = convert.moved(await self._gateway.submit(command), self._gateway.catalog)
        return pb.BalanceChange(balance=balance, seq=seq)

    async def Transfer(self, request: pb.TransferRequest, context: Context) -> pb.TransferResponse:
        try:
            command = convert.transfer(request, self._gateway.catalog)
        except BadField as error:
            raise await self._beyond(error, request.from_account_id, request) from None
        balance, seq = convert.moved(await self._gateway.submit(command), self._gateway.catalog)
        return pb.TransferResponse(balance=balance, seq=seq)

    async def TransferBatch(
        self, request: pb.TransferBatchRequest, context: Context
    ) -> pb.TransferBatchResponse:
        commands = convert.transfer_batch(request, self._gateway.catalog)
        replies = await self._gateway.submit_together(commands)
        refused = convert.refused_transfer(replies)
        if refused is None:
            return convert.batch_moved(replies, self._gateway.catalog)
        index, reason = refused
        sender = commands[index].account
        known = await self._gateway.query(lambda exchange: exchange.account(sender) is not None)
        raise convert.refusal_of_batch(index, reason, sender_is_unknown=not known.value)

    async def ListLedgerEntries(
        self, request: pb.ListLedgerEntriesRequest, context: Context
    ) -> pb.ListLedgerEntriesResponse:
        filters = convert.ledger_filters(request, self._gateway.catalog)
        asked = read_asked(request, *filters)
        known = await self._gateway.query(lambda exchange: require_known(exchange, request.account_id))
        page, seq = await self._past.read(known.seq, partial(_entries, asked, *filters))
        catalog = await self._past.catalog([], {entry.currency for entry in page.items})
        return ledger_entries(page.items, catalog, token(page.next, request, *filters), seq)

    async def _beyond(
        self, error: BadField, account_id: int, request: pb.WithdrawRequest | pb.TransferRequest
    ) -> BadField | Refused:
        """An amount that cannot be represented is first of all more than there is, where it is."""
        if error.field != "amount":
            return error
        account = (await self._gateway.query(lambda exchange: exchange.account(account_id))).value
        currency = convert.known_currency(self._gateway.catalog, request)
        beyond = account is not None and convert.is_beyond(request.amount, account, currency)
        return Refused(RejectReason.INSUFFICIENT_FUNDS) if beyond else error


def _entries(
    asked: Asked, account: int, currency: int | None, connection: sqlite3.Connection
) -> tuple[Page[Entry], int]:
    """A page, and the seq that it is as of."""
    return queries.ledger_entries(connection, account, asked, currency), get_head(connection, "applied_seq")
