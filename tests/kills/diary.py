"""What was sent and what was answered: the memory that a kill of the server does not touch."""

from dataclasses import dataclass

from google.protobuf.message import Message

from lightning.pb.v1.accounts_pb2 import TransferBatchRequest
from lightning.pb.v1.admin_pb2 import SetAccountStatusRequest, SetSymbolStatusRequest
from lightning.pb.v1.trading_pb2 import (
    CancelAllAfterRequest,
    PlaceOneCancelsOtherRequest,
    PlaceOrderRequest,
)
from tests.kills.calls import Answer
from tests.kills.conditional import SOON_MS, now_ms


@dataclass(slots=True)
class Entry:
    request: Message
    answer: Answer | None = None
    """None: it may have been done or not."""
    sent_again: bool = False
    """Because it was not answered: the answer is not of the first time, unless it has an id."""


class Diary:
    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def send(self, request: Message) -> Entry:
        """Written down before it goes out."""
        entry = Entry(request)
        self.entries.append(entry)
        return entry

    def take(self) -> list[Entry]:
        """Everything since the last time."""
        entries, self.entries = self.entries, []
        return entries


ID_FIELDS = ("client_order_id", "request_id", "requestId")


def once_id(request: Message) -> int:
    """The id under which it is done once only; 0 = it has none."""
    if request.DESCRIPTOR.name == "CancelOrderRequest" and request.DESCRIPTOR.file.package == "lightning.v1":
        return 0  # its client_order_id names the order to cancel
    if isinstance(request, PlaceOneCancelsOtherRequest):
        return int(request.first.client_order_id)
    return next((int(getattr(request, field)) for field in ID_FIELDS if hasattr(request, field)), 0)


def due_ms(request: Message) -> int:
    """When something happens by itself because of it, if that is soon; 0: never."""
    match request:
        case PlaceOrderRequest():
            due = int(request.expire_time_ms)
        case PlaceOneCancelsOtherRequest():
            due = int(request.first.expire_time_ms)
        case CancelAllAfterRequest() if request.timeout_ms:
            due = now_ms() + int(request.timeout_ms)
        case _:
            due = 0
    return due if due <= now_ms() + SOON_MS else 0


def with_other_content(request: Message) -> Message:
    """Another request under the same id."""
    other = type(request)()
    other.CopyFrom(request)
    if isinstance(other, PlaceOneCancelsOtherRequest):
        for leg in (other.first, other.second):
            leg.quantity = "0.25" if leg.quantity.rstrip("0") == "0.5" else "0.5"
        return other
    if isinstance(other, TransferBatchRequest):
        other.transfers[0].amount = "0.25" if other.transfers[0].amount.rstrip("0") == "0.5" else "0.5"
        return other
    if isinstance(other, SetSymbolStatusRequest | SetAccountStatusRequest):
        other.status = 3 - other.status if other.status in (1, 2) else 1  # type: ignore[assignment]
        return other
    for field in ("amount", "quantity", "quote_quantity", "volume"):
        if getattr(request, field, ""):
            setattr(other, field, "0.25" if getattr(request, field).rstrip("0") == "0.5" else "0.5")
            return other
    other.orderId += 1  # type: ignore[attr-defined]
    return other
