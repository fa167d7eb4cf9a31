"""What a load found out: what is printed, and the JSON."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    work: str
    seconds: float
    """Of each phase."""
    rate: float | None
    """Commands or requests per second that are due (open loop); None: the next when one is answered."""
    in_flight: int | None
    """Calls, or batches of each session, that wait for answers at a time; None: by the kind of work."""
    batch: int | None
    """Rows of a session's batch; None: by the rate."""
    sessions: int
    accounts: int
    connections: int
    data: str | None
    """Directory of a server of one's own; None: one that is removed at the end."""


class StreamResult(msgspec.Struct):
    """One kind of request, in one phase. sent = answered + shed + failed + unanswered."""

    name: str
    unit: str
    turn_size: int
    """Units that are sent at a time."""
    in_flight: int
    """Turns, of each session."""
    rate: float | None
    """Units per second that were due; None: closed loop."""
    seconds: float
    sent: int
    answered: int
    per_s: float
    """Answered, until the last answer was there."""
    shed: int
    failed: int
    unanswered: int
    late: int
    never_sent: int
    """Were due, and the time was over before there was room for them. No latency counts them."""
    replayed: int
    trades: int
    verdicts: dict[str, int]
    refused: dict[str, int]
    errors: dict[str, int]
    latency_us: dict[str, float]

    @property
    def good(self) -> bool:
        return not (self.errors or self.failed or self.unanswered or self.replayed)


class PhaseResult(msgspec.Struct):
    name: str
    seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float | None
    """Of a server of one's own, as the next."""
    server_memory_peak_bytes: int | None
    streams: list[StreamResult]


class Check(msgspec.Struct, frozen=True):
    name: str
    good: bool
    detail: str


class Machine(msgspec.Struct, frozen=True):
    cores: int
    architecture: str
    python: str
    numpy: str
    grpc: str
    load_average: float


class Report(msgspec.Struct):
    lightning: str
    """Version of the client."""
    time: str
    machine: Machine
    server: str | None
    """HOST:PORT; None: one of its own."""
    settings: Settings
    interrupted: bool
    setup_commands: int
    phases: list[PhaseResult]
    checks: list[Check]

    @property
    def good(self) -> bool:
        """Everything that was sent was answered or shed, without an error, and every check holds."""
        streams = [stream for phase in self.phases for stream in phase.streams]
        return all(stream.good for stream in streams) and all(check.good for check in self.checks)
