"""What was sent and what was answered: the memory that a kill of the server does not touch."""

from dataclasses import dataclass

from google.protobuf.message import Message

from tests.kills.calls import Answer


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
    return next((int(getattr(request, field)) for field in ID_FIELDS if hasattr(request, field)), 0)


def with_other_content(request: Message) -> Message:
    """Another request under the same id."""
    other = type(request)()
    other.CopyFrom(request)
    for field in ("amount", "quantity", "quote_quantity", "volume"):
        if getattr(request, field, ""):
            setattr(other, field, "0.25" if getattr(request, field).rstrip("0") == "0.5" else "0.5")
            return other
    other.orderId += 1  # type: ignore[attr-defined]
    return other
