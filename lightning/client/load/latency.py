"""How long answers took."""

from hdrh.histogram import HdrHistogram

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "p99.99": 99.99, "max": 100.0}
SHORTEST_NS = 1_000
LONGEST_NS = 3_600_000_000_000
SIGNIFICANT_DIGITS = 3


class Latencies:
    def __init__(self) -> None:
        self._histogram = HdrHistogram(SHORTEST_NS, LONGEST_NS, SIGNIFICANT_DIGITS)

    def record(self, ns: int, count: int) -> None:
        """`count` were answered after `ns`; what is out of bounds counts as the bound."""
        self._histogram.record_value(min(max(ns, SHORTEST_NS), LONGEST_NS), count)

    @property
    def count(self) -> int:
        return int(self._histogram.get_total_count())

    def microseconds(self) -> dict[str, float]:
        """By the names of PERCENTILES; empty if nothing was answered."""
        if self.count == 0:
            return {}
        values = self._histogram.get_percentile_to_value_dict(list(PERCENTILES.values()))
        return {name: round(values[percentile] / 1_000, 1) for name, percentile in PERCENTILES.items()}
