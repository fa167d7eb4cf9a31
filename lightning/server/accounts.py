"""lightning.v1.Accounts."""

from lightning.codes import RejectReason
from lightning.pb.v1 import accounts_pb2 as pb
from lightning.pb.v1.accounts_pb2_grpc import AccountsServicer
from lightning.server.convert import market as convert
from lightning.server.convert.fields import require_account
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context


class Accounts(AccountsServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.Account:
        account_id = require_account("account_id", request.account_id)
        answer = await self._gateway.query(lambda exchange: exchange.account(account_id))
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
