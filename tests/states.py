"""Which of the named states a stream reached, read from its commands and their answers.

counter = StateCounter()
counter.add(commands, events)       # again and again: chunk after chunk of one stream, from its start
counter.counts["fok_filled"]
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind, OrderType, RejectReason
from lightning.config import load_config
from lightning.rows import Command, Event
from tests.oracle.money import is_linked
from tests.oracle.rows import Rows, to_events
from tests.shapes import Shape
from tests.state_steps import Known, Step, is_pending
from tests.states_controls import (
    account_status_states,
    amended_under_control_states,
    canceled_under_control_states,
    chain_states,
    deadline_states,
    fired_states,
    mass_cancel_states,
    placed_under_control_states,
    symbol_status_states,
)
from tests.states_orders import (
    amended_states,
    cancel_all_states,
    canceled_states,
    money_states,
    placed_states,
)
from tests.states_stops import (
    STOPS,
    consequence_states,
    placed_stop_states,
    set_off_states,
    stop_row_states,
)
from tests.states_terms import (
    expiry_states,
    placed_with_terms_states,
    reshaped_states,
    sibling_states,
    slice_states,
    term_row_states,
)

Reason = RejectReason
States = Iterator[str]


def once_states(step: Step, known: dict[tuple[int, bool, int], int]) -> Iterator[str]:
    """known : kind of the command that introduced an id"""
    command = step.command
    if step.is_replayed:
        yield "replay_of_a_refusal" if step.refusal else "replay_of_a_success"
        if step.trades:
            yield "replay_with_trades"
    shared = command.kind == CommandKind.PLACE or bool(command.flags & CommandFlag.SHARED_ID)
    key = (
        command.account,
        shared,
        command.client_order_id if command.kind == CommandKind.PLACE else command.request_id,
    )
    if key[2] == 0:
        return
    if step.refusal == Reason.DUPLICATE_ID and not step.is_replayed:
        yield "duplicate_id_other_content"
        if known.get(key, command.kind) != command.kind:
            yield "duplicate_id_across_kinds"
    elif not step.is_replayed:
        if key in known:
            yield "id_forgotten_and_used_again"
        known[key] = command.kind


STATES_OF: dict[int, tuple[Callable[[Step], States], ...]] = {
    CommandKind.PLACE: (placed_with_terms_states, placed_under_control_states),
    CommandKind.AMEND: (reshaped_states, amended_under_control_states),
    CommandKind.CANCEL: (canceled_states, canceled_under_control_states),
    CommandKind.CANCEL_ALL: (cancel_all_states, mass_cancel_states),
    CommandKind.DEPOSIT: (money_states,),
    CommandKind.WITHDRAW: (money_states,),
    CommandKind.TRANSFER: (money_states,),
    CommandKind.SET_SYMBOL_STATUS: (symbol_status_states,),
    CommandKind.SET_ACCOUNT_STATUS: (account_status_states,),
    CommandKind.CANCEL_ALL_AFTER: (deadline_states,),
}
"""Of what a command did itself."""
ALWAYS = (consequence_states, set_off_states, sibling_states, slice_states)
"""Of what it did and what it set off."""


class StateCounter:
    def __init__(self, shape: Shape) -> None:
        self.counts: Counter[str] = Counter()
        self.known = Known({symbol.id: symbol for symbol in load_config(shape.config).symbols})
        self.ids: dict[tuple[int, bool, int], int] = {}
        self.chain: list[tuple[Command, list[Event]]] = []

    def add(self, commands: Rows, events: Rows) -> None:
        answers: defaultdict[int, list[Event]] = defaultdict(list)
        for event in to_events(events):
            answers[event.command].append(event)
        for i, row in enumerate(commands.tolist()):
            self.add_one(Command._make(row), answers[i])

    def add_one(self, command: Command, events: list[Event]) -> None:
        step = self.step_of(command, events)
        for row in step.due:
            self.follow(step, row)
        self.counts.update(self.states_of(step))
        if step.is_replayed:
            return
        for row in step.events:
            self.follow(step, row)
            if row.kind == EventKind.ACCEPTED:
                self.accept(row.order_id, command)
        for row in step.after:
            self.follow(step, row)
        if command.kind == CommandKind.PLACE and command.type == OrderType.MARKET and not step.refusal:
            self.known.close(step.events[0].order_id)

    def step_of(self, command: Command, events: list[Event]) -> Step:
        own = [i for i, event in enumerate(events) if not event.flags & EventFlag.CONSEQUENCE]
        start, end = (own[0], own[-1] + 1) if own else (len(events), len(events))
        return Step(command, events[:start], events[start:end], events[end:], self.known)

    def states_of(self, step: Step) -> States:
        command = step.command
        yield from expiry_states(step)
        yield from fired_states(step)
        yield from once_states(step, self.ids)
        yield from self.states_of_chain(step)
        if step.is_replayed:
            return
        for states in STATES_OF.get(command.kind, ()):
            yield from states(step)
        if command.kind == CommandKind.PLACE:
            yield from (placed_stop_states if command.type in STOPS else placed_states)(step)
        if command.kind == CommandKind.AMEND and (step.refusal or not is_pending(step.events[0])):
            yield from amended_states(step)
        for states in ALWAYS:
            yield from states(step)

    def states_of_chain(self, step: Step) -> States:
        is_transfer = step.command.kind == CommandKind.TRANSFER
        if is_transfer and (is_linked(step.command) or self.chain):
            self.chain.append((step.command, step.events))
        if self.chain and not (is_transfer and is_linked(step.command)):
            yield from chain_states(self.chain, self.known)
            self.chain = []

    def follow(self, step: Step, row: Event) -> None:
        self.counts.update(stop_row_states(self.known, step, row))
        self.counts.update(term_row_states(self.known, step, row))
        self.known.follow(row)

    def accept(self, order_id: int, command: Command) -> None:
        self.known.accept(order_id, command)
        if command.flags & CommandFlag.ONE_CANCELS_OTHER:
            self.known.link(order_id)
