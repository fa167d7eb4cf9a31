"""HTTP requests as protobuf messages: path, query and JSON body, field by field."""

import asyncio
import json
from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode
from starlette.requests import ClientDisconnect, Request

from lightning.pb.v1.market_data_pb2 import CandleInterval
from lightning.server.web.errors import HttpRefused, bad_field

TRUTHS = {"true": True, "false": False}
JSON_TYPE = "application/json"


def of_address(request: Request, input_type: Descriptor) -> Message:
    """What path and query say. Raises HttpRefused."""
    message: Message = GetMessageClass(input_type)()
    given: set[str] = set()
    pairs = [*request.path_params.items(), *request.query_params.multi_items()]
    for name, text in pairs:
        if name in given:
            raise bad_field(name, "is given twice")
        given.add(name)
        field = _field(input_type, name)
        _set(message, field, _of_text(field, text))
    return message


async def of_body(request: Request, input_type: Descriptor, bytes_max: int, seconds_max: float) -> Message:
    """What the JSON body says. Raises HttpRefused."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != JSON_TYPE:
        raise HttpRefused(
            StatusCode.INVALID_ARGUMENT, f"The body must be {JSON_TYPE}, as its Content-Type", http_code=415
        )
    try:
        async with asyncio.timeout(seconds_max):
            values = json.loads(await _read(request, bytes_max))
    except (ValueError, RecursionError):
        raise HttpRefused(StatusCode.INVALID_ARGUMENT, "The body is not JSON") from None
    except TimeoutError:
        raise HttpRefused(
            StatusCode.DEADLINE_EXCEEDED, "The body did not come in time: nothing was done"
        ) from None
    if not isinstance(values, dict):
        raise HttpRefused(StatusCode.INVALID_ARGUMENT, "The body must be a JSON object")
    return of_values(values, input_type)


def of_values(values: Mapping[str, object], input_type: Descriptor) -> Message:
    """Raises HttpRefused."""
    message: Message = GetMessageClass(input_type)()
    for name, value in values.items():
        field = _field(input_type, name)
        is_short = isinstance(value, str) and field.enum_type is CandleInterval.DESCRIPTOR
        _set(message, field, _of_text(field, str(value)) if is_short else value)
    return message


async def _read(request: Request, bytes_max: int) -> bytes:
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > bytes_max:
                raise HttpRefused(
                    StatusCode.RESOURCE_EXHAUSTED, f"The body is longer than {bytes_max} bytes", http_code=413
                )
    except ClientDisconnect:
        raise HttpRefused(StatusCode.CANCELLED, "The client went away: nothing was done") from None
    return bytes(data)


def _field(input_type: Descriptor, name: str) -> FieldDescriptor:
    field = input_type.fields_by_name.get(name)
    if field is None:
        raise bad_field(name, f"is not known here; there are: {_listed(input_type.fields_by_name)}")
    return field


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _of_text(field: FieldDescriptor, text: str) -> object:
    """A query parameter as JSON would have it."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if text not in TRUTHS:
            raise bad_field(field.name, "must be true or false")
        return TRUTHS[text]
    if field.enum_type is CandleInterval.DESCRIPTOR:
        return f"CANDLE_INTERVAL_{text.upper()}"
    return text


def _set(message: Message, field: FieldDescriptor, value: object) -> None:
    try:
        ParseDict({field.name: value}, message)
    except ParseError:
        raise bad_field(field.name, f"must be {_wanted(field)}") from None


def _wanted(field: FieldDescriptor) -> str:
    if field.enum_type is CandleInterval.DESCRIPTOR:
        names = [value.name for value in field.enum_type.values if value.number]
        return "one of " + _listed(name.removeprefix("CANDLE_INTERVAL_").lower() for name in names)
    if field.enum_type is not None:
        return "one of " + _listed(value.name for value in field.enum_type.values)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return "a string"
        case FieldDescriptor.CPPTYPE_BOOL:
            return "true or false"
        case FieldDescriptor.CPPTYPE_INT32:
            return "a whole number of 32 bits"
        case _:
            return "a whole number of 64 bits"
