"""An OrderStream into a running server, its answers against what the source says."""

from lightning.analysis.loaders.play import Played, PlayTally, check_deposits, deposits
from lightning.analysis.loaders.stream import LoadError, OrderStream
from lightning.client import Client
from lightning.instruments import Symbol


def send(
    stream: OrderStream,
    client: Client,
    symbol: Symbol,
    keep_events: bool = True,
    timeout: float | None = None,
) -> Played:
    """Send every command; the accounts get money first. What is lost on the way is sent again, and done once.

    client : of the server, as `lightning.analysis.open("host:port").client`
    symbol : that the stream was read for, one of the server
    timeout : seconds without an answer until it is given up
    The server's clock gives the times. Raises LoadError where the server has had these orders before, or the
    accounts cannot be given the money, and LightningError.
    """
    if len(stream):
        paid = client.submit(deposits(stream, {symbol.id: symbol}), keep_events=True, timeout=timeout)
        check_deposits(stream, paid.events)
    sent = client.submit(stream.commands, keep_events=True, timeout=timeout)
    if sent.rows["replayed"].any():
        raise LoadError(f"{stream.source}: the server has had these orders before: give other accounts")
    tally = PlayTally(stream)
    tally.add(0, len(stream), sent.events)
    return tally.played(sent.events if keep_events else sent.events[:0])
