"""lightning.v1.Admin."""

import time

from lightning import __version__
from lightning.pb.v1 import admin_pb2 as pb
from lightning.pb.v1.admin_pb2_grpc import AdminServicer
from lightning.server.convert import market as convert
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context


class Admin(AdminServicer):
    def __init__(self, gateway: Gateway) -> None:
        self.draining = False
        self._gateway = gateway
        self._start_time_ns = time.time_ns()

    async def GetStateHash(
        self, request: pb.GetStateHashRequest, context: Context
    ) -> pb.GetStateHashResponse:
        answer = await self._gateway.query(lambda exchange: exchange.state_hash())
        return pb.GetStateHashResponse(seq=answer.seq, hash=f"{answer.value:016x}")

    async def GetTotals(self, request: pb.GetTotalsRequest, context: Context) -> pb.GetTotalsResponse:
        answer = await self._gateway.query(lambda exchange: exchange.totals())
        return convert.totals(answer.value, answer.seq, self._gateway.catalog)

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        answer = await self._gateway.query(lambda exchange: None)
        return pb.GetStatusResponse(
            version=__version__,
            state=pb.SERVER_STATE_DRAINING if self.draining else pb.SERVER_STATE_SERVING,
            seq=answer.seq,
            start_time_ns=self._start_time_ns,
            time_ns=time.time_ns(),
        )
