"""Accounts and money: asked for, moved, accounted for."""

from collections.abc import AsyncGenerator, Sequence

from lightning.client.calls import Calls
from lightning.client.catalog import CurrencyRef
from lightning.client.model import accounts as model
from lightning.client.model.accounts import Account, BalanceChange, LedgerEntry, Transfer, TransferBatch
from lightning.client.values import Amount, amount_text
from lightning.pb.v1 import accounts_pb2 as pb
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub

PAGE = 1000


class AccountCalls(Calls):
    """request_id : once only in its account; not given: one of the client's own, and the call is asked
    again until it is answered. 0: none, it is sent once.
    """

    async def get_account(self, account: int, *, timeout: float | None = None) -> Account:
        """Raises Rejected (UNKNOWN_ACCOUNT): an account exists from its first deposit."""
        request = pb.GetAccountRequest(account_id=account)
        method = self._connection.stub(AccountsStub).GetAccount
        return model.account(await self._connection.ask(method, request, timeout))

    async def deposit(
        self,
        account: int,
        currency: CurrencyRef,
        amount: Amount,
        *,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> BalanceChange:
        once_id = self._once_id(request_id)
        request = pb.DepositRequest(
            account_id=account,
            currency_id=await self._catalog.currency_id(currency),
            amount=amount_text("amount", amount),
            request_id=once_id,
        )
        method = self._connection.stub(AccountsStub).Deposit
        return model.balance_change(await self._command(method, request, once_id, timeout))

    async def withdraw(
        self,
        account: int,
        currency: CurrencyRef,
        amount: Amount,
        *,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> BalanceChange:
        """Raises Rejected (INSUFFICIENT_FUNDS): only what is available can be withdrawn."""
        once_id = self._once_id(request_id)
        request = pb.WithdrawRequest(
            account_id=account,
            currency_id=await self._catalog.currency_id(currency),
            amount=amount_text("amount", amount),
            request_id=once_id,
        )
        method = self._connection.stub(AccountsStub).Withdraw
        return model.balance_change(await self._command(method, request, once_id, timeout))

    async def transfer(
        self,
        from_account: int,
        to_account: int,
        currency: CurrencyRef,
        amount: Amount,
        *,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> BalanceChange:
        once_id = self._once_id(request_id)
        request = pb.TransferRequest(
            from_account_id=from_account,
            to_account_id=to_account,
            currency_id=await self._catalog.currency_id(currency),
            amount=amount_text("amount", amount),
            request_id=once_id,
        )
        method = self._connection.stub(AccountsStub).Transfer
        return model.balance_change(await self._command(method, request, once_id, timeout))

    async def transfer_batch(
        self,
        transfers: Sequence[Transfer],
        *,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> TransferBatch:
        """All of them, in their order, or none. Raises Rejected; the message names the transfer."""
        once_id = self._once_id(request_id)
        request = pb.TransferBatchRequest(
            transfers=[
                pb.TransferOfBatch(
                    from_account_id=one.from_account,
                    to_account_id=one.to_account,
                    currency_id=await self._catalog.currency_id(one.currency),
                    amount=amount_text(f"transfers[{place}].amount", one.amount),
                )
                for place, one in enumerate(transfers)
            ],
            request_id=once_id,
        )
        method = self._connection.stub(AccountsStub).TransferBatch
        answer = await self._command(method, request, once_id, timeout)
        return TransferBatch(answer.seq, tuple(map(model.balance, answer.balances)))

    async def list_ledger_entries(
        self,
        account: int,
        currency: CurrencyRef | None = None,
        *,
        newest_first: bool = False,
        page_size: int = PAGE,
        timeout: float | None = None,
    ) -> AsyncGenerator[LedgerEntry, None]:
        """Every movement of an account's money, by seq, page after page.

        timeout : of each page
        """
        request = pb.ListLedgerEntriesRequest(
            account_id=account,
            currency_id=None if currency is None else await self._catalog.currency_id(currency),
            newest_first=newest_first,
            page_size=page_size,
        )
        method = self._connection.stub(AccountsStub).ListLedgerEntries
        async for page in self._pages(method, request, timeout):
            for one in page.entries:
                yield model.ledger_entry(one)
