"""The configuration of an exchange: a TOML file, or a mapping of its shape, checked to the last key."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from lightning.codes import SelfTradePrevention, SymbolStatus
from lightning.config_table import ConfigError, Origin, Table, find_lines
from lightning.decimals import Step, to_steps, to_units
from lightning.instruments import QUANTITY_MAX, Currency, InstrumentError, Symbol

__all__ = [
    "Config",
    "ConfigError",
    "LimitsConfig",
    "ServerConfig",
    "StorageConfig",
    "default_config",
    "load_config",
]

SHARDS_MAX = 64
"""Most account shards, symbol shards, and workers."""
ONCE_WINDOW_MIN = 1_000_000
"""Least `once_window` of a file: what the trading rules promise. A mapping may ask for less."""

_MODES = {mode.name.lower(): mode for mode in SelfTradePrevention if mode != SelfTradePrevention.DEFAULT}
_STATUSES = {status.name.lower(): status for status in SymbolStatus}
_CURRENCY_KEYS = ("id", "name", "scale", "display_name")
_SYMBOL_KEYS = (
    "id",
    "name",
    "base",
    "quote",
    "tick",
    "lot",
    "maker_fee_ppm",
    "taker_fee_ppm",
    "self_trade_prevention",
    "status",
    "min_quantity",
    "max_quantity",
    "min_notional",
    "fee_account",
    "order_fee_ppm_min",
    "order_fee_ppm_max",
    "price_band_ppm",
    "market_protection_ppm",
    "max_open_orders",
)
KEY_OF_FIELD = {
    "quantity_min": "min_quantity",
    "quantity_max": "max_quantity",
    "notional_min": "min_notional",
    "orders_max": "max_open_orders",
}
"""Fields of a symbol that have another name in a configuration."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    host: str = "0.0.0.0"
    port: int = 50051
    """0 = any free one."""
    allow_remote: bool = False
    """Serve other machines too, although there are no credentials."""
    message_bytes_max: int = 4 * 1024 * 1024
    deadline_ms_default: int = 10_000
    requests_in_flight_max: int = 10_000
    http: bool = True
    """REST, WebSocket and the page beside gRPC."""
    http_host: str = ""
    """Empty: `host`."""
    http_port: int = 8080
    """0 = any free one."""


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    once_window: int = 1_048_576
    """Commands with an id over which an id is remembered."""
    orders_max: int = 4_194_304
    """Open orders."""
    accounts_max: int = 2_097_152


@dataclass(frozen=True, slots=True)
class StorageConfig:
    journal_file_bytes: int = 268_435_456
    """A new journal file is begun when one has grown so big."""
    snapshot_commands: int = 4_000_000
    """Commands after which a snapshot is taken; `snapshot_seconds` if there were any at all."""
    snapshot_seconds: int = 300
    snapshots_kept: int = 2
    history_days: int = 0
    """Older trades, closed orders and ledger entries are dropped from the history; 0 = none are."""


@dataclass(frozen=True, slots=True)
class Config:
    currencies: tuple[Currency, ...]
    symbols: tuple[Symbol, ...]
    server: ServerConfig = ServerConfig()
    limits: LimitsConfig = LimitsConfig()
    storage: StorageConfig = StorageConfig()
    given: frozenset[str] = field(default=frozenset(), compare=False)
    """What the source sets itself, of "instruments" and the keys of `limits`; the rest is default."""


def default_config() -> Config:
    btc = Currency(1, "BTC", 8, "Bitcoin")
    usdt = Currency(2, "USDT", 8, "Tether")
    eth = Currency(3, "ETH", 8, "Ether")
    return Config(
        currencies=(btc, usdt, eth),
        symbols=(
            Symbol(1, "BTC-USDT", btc, usdt, tick=Step(1, 2), lot=Step(1, 6)),
            Symbol(2, "ETH-USDT", eth, usdt, tick=Step(1, 2), lot=Step(1, 5)),
            Symbol(3, "ETH-BTC", eth, btc, tick=Step(1, 6), lot=Step(1, 2)),
        ),
    )


def load_config(source: str | Path | Mapping[str, object] | None = None) -> Config:
    """`source` is a path, a mapping in the TOML's shape, or None for the built-in default.

    With any currency or symbol of its own, a source has none of the built-in ones.
    """
    if source is None:
        return default_config()
    if isinstance(source, Mapping):
        return _read_config(source, Origin("config", {}), once_window_min=1)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
        tables: dict[str, object] = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    return _read_config(tables, Origin(str(path), find_lines(text)), ONCE_WINDOW_MIN)


def _read_config(values: Mapping[str, object], origin: Origin, once_window_min: int) -> Config:
    root = Table(origin, "", values, ("currency", "symbol", "server", "limits", "storage"))
    server = _read_server(root.table("server", [field.name for field in fields(ServerConfig)]))
    limits_table = root.table("limits", [field.name for field in fields(LimitsConfig)])
    limits = _read_limits(limits_table, once_window_min)
    storage = _read_storage(root.table("storage", [field.name for field in fields(StorageConfig)]))
    given = frozenset(field.name for field in fields(LimitsConfig) if field.name in limits_table)
    if "currency" not in root and "symbol" not in root:
        built_in = default_config()
        return Config(built_in.currencies, built_in.symbols, server, limits, storage, given)

    currency_tables = list(root.tables("currency", _CURRENCY_KEYS))
    currencies = tuple(_read_currency(table) for table in currency_tables)
    _check_unique(currency_tables, ((currency.id, currency.name) for currency in currencies))
    symbol_tables = list(root.tables("symbol", _SYMBOL_KEYS))
    symbols = tuple(_read_symbol(table, currencies) for table in symbol_tables)
    _check_unique(symbol_tables, ((symbol.id, symbol.name) for symbol in symbols))
    return Config(currencies, symbols, server, limits, storage, given | {"instruments"})


def _read_server(table: Table) -> ServerConfig:
    default = ServerConfig()
    host = table.text("host", default.host)
    if not host:
        raise table.error("host", "must not be empty; 0.0.0.0 is every interface")
    return ServerConfig(
        host=host,
        port=table.integer_between("port", 0, 65_535, default.port),
        allow_remote=table.truth("allow_remote", default.allow_remote),
        message_bytes_max=table.integer_between("message_bytes_max", 1024, 2**30, default.message_bytes_max),
        deadline_ms_default=table.integer_between(
            "deadline_ms_default", 1, 3_600_000, default.deadline_ms_default
        ),
        requests_in_flight_max=table.integer_between(
            "requests_in_flight_max", 1, 1_000_000, default.requests_in_flight_max
        ),
        http=table.truth("http", default.http),
        http_host=table.text("http_host", default.http_host),
        http_port=table.integer_between("http_port", 0, 65_535, default.http_port),
    )


def _read_limits(table: Table, once_window_min: int) -> LimitsConfig:
    default = LimitsConfig()
    return LimitsConfig(
        once_window=table.integer_between("once_window", once_window_min, 2**28, default.once_window),
        orders_max=table.integer_between("orders_max", 1, 2**30, default.orders_max),
        accounts_max=table.integer_between("accounts_max", 1, 2**30, default.accounts_max),
    )


def _read_storage(table: Table) -> StorageConfig:
    default = StorageConfig()
    bounds = {
        "journal_file_bytes": (65_536, 2**40),
        "snapshot_commands": (1, 2**40),
        "snapshot_seconds": (1, 86_400),
        "snapshots_kept": (1, 1_000),
        "history_days": (0, 36_500),
    }
    return StorageConfig(
        **{
            key: table.integer_between(key, low, high, getattr(default, key))
            for key, (low, high) in bounds.items()
        }
    )


def _read_currency(table: Table) -> Currency:
    try:
        return Currency(
            id=table.integer("id"),
            name=table.text("name"),
            scale=table.integer("scale"),
            display_name=table.text("display_name", ""),
        )
    except InstrumentError as error:
        raise table.error(error.field, error.reason) from error


def _read_symbol(table: Table, currencies: Sequence[Currency]) -> Symbol:
    base = _read_currency_name(table, "base", currencies)
    quote = _read_currency_name(table, "quote", currencies)
    lot = table.step("lot")
    try:
        return Symbol(
            id=table.integer("id"),
            name=table.text("name"),
            base=base,
            quote=quote,
            tick=table.step("tick"),
            lot=lot,
            maker_fee_ppm=table.integer("maker_fee_ppm", 0),
            taker_fee_ppm=table.integer("taker_fee_ppm", 0),
            self_trade_prevention=table.code(
                "self_trade_prevention", _MODES, SelfTradePrevention.CANCEL_TAKER
            ),
            self_trade_prevention_given="self_trade_prevention" in table,
            status=table.code("status", _STATUSES, SymbolStatus.TRADING),
            quantity_min=table.decimal("min_quantity", lambda text: to_steps(text, lot), 1),
            quantity_max=table.decimal("max_quantity", lambda text: to_steps(text, lot), QUANTITY_MAX),
            notional_min=table.decimal("min_notional", lambda text: to_units(text, quote.scale), 0),
            fee_account=table.integer("fee_account", 0),
            order_fee_ppm_min=table.integer("order_fee_ppm_min", 0),
            order_fee_ppm_max=table.integer("order_fee_ppm_max", 100_000),
            price_band_ppm=table.integer("price_band_ppm", 0),
            market_protection_ppm=table.integer("market_protection_ppm", 50_000),
            orders_max=table.integer("max_open_orders", 0),
        )
    except InstrumentError as error:
        raise table.error(KEY_OF_FIELD.get(error.field, error.field), error.reason) from error


def _read_currency_name(table: Table, key: str, currencies: Sequence[Currency]) -> Currency:
    name = table.text(key)
    for currency in currencies:
        if currency.name == name:
            return currency
    names = ", ".join(currency.name for currency in currencies) or "none"
    raise table.error(key, f"must be a currency of this configuration ({names}), not {name!r}")


def _check_unique(tables: Sequence[Table], pairs: Iterable[tuple[int, str]]) -> None:
    ids: set[int] = set()
    names: set[str] = set()
    for table, (id, name) in zip(tables, pairs, strict=True):
        if id in ids:
            raise table.error("id", f"must be unique, {id} is used above")
        if name in names:
            raise table.error("name", f"must be unique, {name!r} is used above")
        ids.add(id)
        names.add(name)
