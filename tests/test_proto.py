"""The wire contract: generated code is current, numbers never change, integers are zig-zag."""

from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor
from google.protobuf.message import Message

from lightning.codes import RejectReason
from lightning.pb.schema import lightning_pb2, management_pb2
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, order_entry_pb2, trading_pb2, types_pb2
from tools import proto

GOLDEN = Path(__file__).parent / "golden" / "proto_fields.txt"
FILES: list[FileDescriptor] = [
    module.DESCRIPTOR
    for module in (
        lightning_pb2,
        management_pb2,
        types_pb2,
        trading_pb2,
        order_entry_pb2,
        market_data_pb2,
        accounts_pb2,
        admin_pb2,
    )
]
TYPE_NAMES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}


def test_generated_code_is_current(tmp_path: Path) -> None:
    proto.generate(tmp_path)
    fresh = {
        path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.py*") if path.is_file()
    }
    held = {
        path.relative_to(proto.TARGET): path.read_text()
        for path in proto.TARGET.rglob("*.py*")
        if "__pycache__" not in path.parts
    }
    assert held == fresh, "run `python -m tools.proto`"


def describe_field(field: FieldDescriptor) -> str:
    named = field.message_type or field.enum_type
    kind = named.full_name if named else TYPE_NAMES[field.type]
    if field.is_repeated:
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
            return f"map<{describe_field(key)}, {describe_field(value)}>"
        return f"repeated {kind}"
    optional = field.containing_oneof is not None and field.containing_oneof.name == f"_{field.name}"
    return f"optional {kind}" if optional else kind


def describe(files: list[FileDescriptor]) -> str:
    lines = []
    for file in files:
        lines.append(f"# {file.name}")
        for service in file.services_by_name.values():
            for method in service.methods:
                types = f"{method.input_type.name} -> {method.output_type.name}"
                lines.append(f"{service.full_name}/{method.name}: {types}")
        for enum in file.enum_types_by_name.values():
            lines.extend(f"{enum.full_name}.{value.name} = {value.number}" for value in enum.values)
        for message in file.message_types_by_name.values():
            lines.append(message.full_name)
            lines.extend(
                f"  {field.number} {field.name}: {describe_field(field)}" for field in message.fields
            )
    return "\n".join(lines) + "\n"


def test_every_number_name_and_type_is_as_published() -> None:
    assert describe(FILES) == GOLDEN.read_text(), "published contracts are only appended to"


def test_reject_reasons_have_one_set_of_numbers() -> None:
    wire = {name.removeprefix("REJECT_REASON_"): number for name, number in types_pb2.RejectReason.items()}
    assert wire.pop("UNSPECIFIED") == 0
    assert wire == {reason.name: reason.value for reason in RejectReason if reason}


@pytest.mark.parametrize(
    ("message", "data"),
    [
        # tag (number << 3 | wire type), then 2n for n >= 0 and 2|n| - 1 for n < 0
        (lightning_pb2.GetAccountRequest(accountId=1, currencyId=-2), "08 02 10 03"),
        (lightning_pb2.GetAccountRequest(accountId=2**31), "08 80 80 80 80 10"),
        (
            lightning_pb2.PlaceOrderRequest(
                requestId=3,
                symbolId=1,
                accountId=2,
                type=lightning_pb2.MARKET,
                side=lightning_pb2.ASK,
                quantity="0.5",
                takerRate=100,
                makerRate=-1,
            ),
            "08 06 10 02 18 04 20 01 28 01 3a 03 30 2e 35 48 c8 01 50 01",
        ),
        (lightning_pb2.PlaceOrderResponse(code=400, id=64), "08 a0 06 18 80 01"),
        (lightning_pb2.GetOrderBookRequest(symbolId=1, levels=0), "10 02 18 00"),
        (lightning_pb2.CancelOrderRequest(requestId=-1, orderId=300), "08 01 20 d8 04"),
        (
            lightning_pb2.GetAccountResponse(data={2: lightning_pb2.Balance(currency="2")}),
            "1a 07 08 04 12 03 0a 01 32",
        ),
        (management_pb2.UpdateCurrencyRequest(id=1, display_name="x"), "08 02 1a 01 78"),
        (management_pb2.ListSymbolsRequest(page=2, pageSize=100), "08 04 10 c8 01"),
    ],
)
def test_schema_integers_are_zigzag_on_the_wire(message: Message, data: str) -> None:
    assert message.SerializeToString() == bytes.fromhex(data)
    assert type(message).FromString(bytes.fromhex(data)) == message
