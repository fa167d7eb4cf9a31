"""Configuration: the TOML shape is read as written; whatever is wrong is told with line and field."""

import re
import tomllib
from pathlib import Path

import pytest

from lightning.codes import SelfTradePrevention, SymbolStatus
from lightning.config import Config, ConfigError, LimitsConfig, ServerConfig, load_config
from lightning.decimals import Step
from lightning.instruments import QUANTITY_MAX, Currency, Symbol

BASE = """\
[[currency]]
id = 1
name = "BTC"
scale = 8

[[currency]]
id = 2
name = "USDT"
scale = 6
display_name = "Tether"

[[symbol]]
id = 1
name = "BTC-USDT"
base = "BTC"
quote = "USDT"
tick = "0.01"
lot = "0.0001"                          # a comment
"""

EVERYTHING = (
    BASE
    + """\
maker_fee_ppm = -100                    # millionths; negative = rebate
taker_fee_ppm = 250
self_trade_prevention = "decrement"
status = "cancel_only"
min_quantity = "0.001"
max_quantity = "100"
min_notional = "5.5"
fee_account = 7
order_fee_ppm_min = -50
order_fee_ppm_max = 500
price_band_ppm = 100_000
market_protection_ppm = 20_000
max_open_orders = 200

[server]
host = "127.0.0.1"
port = 0
allow_remote = true
message_bytes_max = 65536
deadline_ms_default = 2000
requests_in_flight_max = 100
http = false
http_host = "::1"
http_port = 8081

[limits]
once_window = 1_000_000
orders_max = 1000
accounts_max = 500
"""
)


def write(folder: Path, text: str) -> Path:
    path = folder / "exchange.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    """The message for `text`, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_the_built_in_default() -> None:
    config = load_config()
    btc, usdt, eth = config.currencies
    assert [(c.id, c.name, c.scale) for c in config.currencies] == [
        (1, "BTC", 8),
        (2, "USDT", 8),
        (3, "ETH", 8),
    ]
    assert config.symbols == (
        Symbol(1, "BTC-USDT", btc, usdt, Step(1, 2), Step(1, 6)),
        Symbol(2, "ETH-USDT", eth, usdt, Step(1, 2), Step(1, 5)),
        Symbol(3, "ETH-BTC", eth, btc, Step(1, 6), Step(1, 2)),
    )
    assert config.server == ServerConfig(
        "0.0.0.0", 50051, False, 4 * 1024 * 1024, 10_000, 10_000, True, "", 8080
    )
    assert config.limits == LimitsConfig(1_048_576, 4_194_304, 2_097_152)
    assert not any(symbol.self_trade_prevention_given for symbol in config.symbols)


def test_a_file_with_every_key(tmp_path: Path) -> None:
    btc, usdt = Currency(1, "BTC", 8), Currency(2, "USDT", 6, "Tether")
    assert load_config(write(tmp_path, EVERYTHING)) == Config(
        (btc, usdt),
        (
            Symbol(
                id=1,
                name="BTC-USDT",
                base=btc,
                quote=usdt,
                tick=Step(1, 2),
                lot=Step(1, 4),
                maker_fee_ppm=-100,
                taker_fee_ppm=250,
                self_trade_prevention=SelfTradePrevention.DECREMENT,
                self_trade_prevention_given=True,
                status=SymbolStatus.CANCEL_ONLY,
                quantity_min=10,
                quantity_max=1_000_000,
                notional_min=5_500_000,
                fee_account=7,
                order_fee_ppm_min=-50,
                order_fee_ppm_max=500,
                price_band_ppm=100_000,
                market_protection_ppm=20_000,
                orders_max=200,
            ),
        ),
        ServerConfig("127.0.0.1", 0, True, 65_536, 2_000, 100, False, "::1", 8081),
        LimitsConfig(1_000_000, 1_000, 500),
    )


def test_path_text_and_mapping_give_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, EVERYTHING)
    assert load_config(path) == load_config(str(path)) == load_config(tomllib.loads(EVERYTHING))


def test_optional_keys_have_their_defaults() -> None:
    symbol = load_config(tomllib.loads(BASE)).symbols[0]
    assert symbol.self_trade_prevention == SelfTradePrevention.CANCEL_TAKER
    assert not symbol.self_trade_prevention_given
    assert symbol.status == SymbolStatus.TRADING
    assert (symbol.quantity_min, symbol.quantity_max, symbol.notional_min) == (1, QUANTITY_MAX, 0)
    assert (symbol.fee_account, symbol.order_fee_ppm_min, symbol.order_fee_ppm_max) == (0, 0, 100_000)
    assert (symbol.price_band_ppm, symbol.market_protection_ppm, symbol.orders_max) == (0, 50_000, 0)


@pytest.mark.parametrize("name", ["none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"])
def test_every_self_trade_prevention_mode_and_that_it_was_named(name: str) -> None:
    symbol = load_config(tomllib.loads(f'{BASE}self_trade_prevention = "{name}"')).symbols[0]
    assert symbol.self_trade_prevention.name.lower() == name
    assert symbol.self_trade_prevention_given


@pytest.mark.parametrize("name", ["trading", "cancel_only", "halted", "auction"])
def test_every_status(name: str) -> None:
    assert load_config(tomllib.loads(f'{BASE}status = "{name}"')).symbols[0].status.name.lower() == name


def test_a_source_without_currencies_and_symbols_keeps_the_built_in_ones() -> None:
    default = load_config()
    assert load_config({}) == default
    config = load_config({"server": {"port": 1}})
    assert (config.currencies, config.symbols) == (default.currencies, default.symbols)
    assert config.server.port == 1
    assert load_config({"currency": [{"id": 9, "name": "X", "scale": 0}]}).symbols == ()


def test_a_mapping_may_have_a_small_once_window_but_a_file_may_not(tmp_path: Path) -> None:
    assert load_config({"limits": {"once_window": 10}}).limits.once_window == 10
    assert refusal(tmp_path, "[limits]\nonce_window = 999_999") == (
        "exchange.toml:2: limits.once_window must be 1000000 to 268435456, not 999999"
    )


@pytest.mark.parametrize(
    ("line", "replacement", "message"),
    [
        # unknown keys
        ('name = "BTC"', "nam = 1", "3: currency[0].nam is an unknown key; allowed are id, name"),
        ("# a comment", "\nlotsize = 1", "19: symbol[0].lotsize is an unknown key; allowed are id, name"),
        ("[[symbol]]", "[[simbol]]", "12: simbol is an unknown key; allowed are currency"),
        # wrong types
        ("id = 2", 'id = "2"', "7: currency[1].id must be a whole number, not '2'"),
        ("id = 2", "id = 2.0", "7: currency[1].id must be a whole number, not 2.0"),
        ("id = 2", "id = true", "7: currency[1].id must be a whole number, not True"),
        ('name = "BTC"', "name = 5", "3: currency[0].name must be text in quotes, not 5"),
        ('"0.01"', "0.01", '17: symbol[0].tick must be a decimal in quotes, like "0.01", not 0.01'),
        ("[[symbol]]", "[symbol]", "12: symbol must be an array of tables: [[symbol]]"),
        # missing
        ("id = 2", "", "6: currency[1].id is missing"),
        ('tick = "0.01"', "", "12: symbol[0].tick is missing"),
        # values
        ("scale = 8", "scale = 19", "4: currency[0].scale must be 0 to 18, not 19"),
        ("id = 2", "id = 0", "7: currency[1].id must be 1 to 999999, not 0"),
        ("id = 2", "id = 1", "7: currency[1].id must be unique, 1 is used above"),
        ('name = "USDT"', 'name = "BTC"', "8: currency[1].name must be unique, 'BTC' is used above"),
        (
            'base = "BTC"',
            'base = "ETH"',
            "15: symbol[0].base must be a currency of this configuration (BTC, USDT)",
        ),
        ('base = "BTC"', 'base = "USDT"', "16: symbol[0].quote must be another currency than base"),
        ('"0.01"', '"0.o1"', "17: symbol[0].tick is not a decimal number: '0.o1'"),
        ('"0.01"', '"0"', "17: symbol[0].tick must be above zero: '0'"),
        ('"0.01"', '"0.001"', "17: symbol[0].tick times lot must be a whole number of units"),
        ('"0.0001"', '"0.000000001"', "18: symbol[0].lot must be a whole number of units of BTC"),
    ],
)
def test_a_bad_line_is_told_with_its_number_field_and_what_is_allowed(
    tmp_path: Path, line: str, replacement: str, message: str
) -> None:
    assert line in BASE
    assert refusal(tmp_path, BASE.replace(line, replacement, 1)).startswith(f"exchange.toml:{message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("maker_fee_ppm = 1000001", "symbol[0].maker_fee_ppm must be -1000000 to 1000000, not 1000001"),
        ("maker_fee_ppm = -1", "symbol[0].maker_fee_ppm plus taker_fee_ppm must not be below 0, it is -1"),
        ("taker_fee_ppm = 1.5", "symbol[0].taker_fee_ppm must be a whole number, not 1.5"),
        ("order_fee_ppm_max = -1", "symbol[0].order_fee_ppm_max must be 0 to 1000000, not -1"),
        ("fee_account = -1", "symbol[0].fee_account must be 0 to"),
        (
            'self_trade_prevention = "default"',
            "symbol[0].self_trade_prevention must be one of none, cancel_taker, cancel_maker, cancel_both, "
            "decrement, not 'default'",
        ),
        (
            'status = "open"',
            "symbol[0].status must be one of trading, cancel_only, halted, auction, not 'open'",
        ),
        ("price_band_ppm = 1000001", "symbol[0].price_band_ppm must be 0 to 1000000, not 1000001"),
        ('price_band_ppm = "5%"', "symbol[0].price_band_ppm must be a whole number, not '5%'"),
        ("market_protection_ppm = -1", "symbol[0].market_protection_ppm must be 0 to 1000000, not -1"),
        ("max_open_orders = -1", "symbol[0].max_open_orders must be 0 to 2147483647, not -1"),
        ("orders_max = 1", "symbol[0].orders_max is an unknown key; allowed are id, name"),
        ('min_quantity = "0.00001"', "symbol[0].min_quantity is not a multiple of 0.0001: '0.00001'"),
        ('min_quantity = "0"', "symbol[0].min_quantity must be 1 to 4611686018427387904 lots, not 0"),
        ('max_quantity = "-1"', "symbol[0].max_quantity must be 1 to 4611686018427387904 lots"),
        ("max_quantity = 1", 'symbol[0].max_quantity must be a decimal in quotes, like "0.01", not 1'),
        ('min_notional = "0.0000001"', "symbol[0].min_notional has more than 6 decimals: '0.0000001'"),
        ('min_notional = "-1"', "symbol[0].min_notional must be 0 to"),
        ("[server]\nport = 65536", "server.port must be 0 to 65535, not 65536"),
        ('[server]\nhost = ""', "server.host must not be empty"),
        ("[server]\nallow_remote = 1", "server.allow_remote must be true or false, not 1"),
        ("[server]\nprot = 1", "server.prot is an unknown key; allowed are host, port, allow_remote"),
        ("[server]\nmessage_bytes_max = 1", "server.message_bytes_max must be 1024 to"),
        ("[server]\ndeadline_ms_default = 0", "server.deadline_ms_default must be 1 to"),
        ("[server]\nrequests_in_flight_max = 0", "server.requests_in_flight_max must be 1 to"),
        ("[limits]\norders_max = 0", "limits.orders_max must be 1 to"),
        ("[limits]\naccounts_max = 0", "limits.accounts_max must be 1 to"),
    ],
)
def test_a_bad_optional_value_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    number = BASE.count("\n") + line.count("\n") + 1
    assert refusal(tmp_path, BASE + line).startswith(f"exchange.toml:{number}: {message}")


def test_the_second_of_two_symbols_is_found(tmp_path: Path) -> None:
    symbol = BASE[BASE.index("[[symbol]]") :]
    assert refusal(tmp_path, BASE + symbol).startswith("exchange.toml:20: symbol[1].id must be unique")
    assert refusal(tmp_path, BASE + symbol.replace("id = 1", "id = 2")).startswith(
        "exchange.toml:21: symbol[1].name must be unique, 'BTC-USDT' is used above"
    )


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "server = 5") == "exchange.toml:1: server must be a table"
    assert refusal(tmp_path, "currency = [1]") == "exchange.toml:1: currency[0] must be a table"


def test_a_mapping_is_called_config_and_has_no_lines() -> None:
    with pytest.raises(ConfigError, match=re.escape("config: server.port must be 0 to 65535, not -1")):
        load_config({"server": {"port": -1}})


def test_what_is_no_toml_is_told_with_the_parsers_place(tmp_path: Path) -> None:
    assert re.fullmatch(r"exchange.toml: is not TOML: .*line 2.*", refusal(tmp_path, "[server]\nport = \n"))


def test_a_missing_file_a_folder_and_binary_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.toml: is not UTF-8 text"):
        load_config(tmp_path / "binary.toml")
