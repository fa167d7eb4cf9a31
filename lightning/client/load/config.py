"""The configuration of a server that a load starts for itself."""

SYMBOLS = 100

_CURRENCIES = """\
[[currency]]
id = 1
name = "BTC"
scale = 8

[[currency]]
id = 2
name = "USDT"
scale = 8
"""
_SYMBOL = """
[[symbol]]
id = {id}
name = "BTC-USDT-{id}"
base = "BTC"
quote = "USDT"
tick = "0.01"
lot = "0.000001"
"""


def config_text(symbols: int = SYMBOLS) -> str:
    """TOML: as many symbols as books are asked for at once, unless told another number."""
    return _CURRENCIES + "".join(_SYMBOL.format(id=id) for id in range(1, symbols + 1))
