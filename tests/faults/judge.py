"""After a fault: everything acknowledged is there, nothing is wrong, and the exchange goes on."""

from pathlib import Path

from lightning.storage.venue import DurableVenue
from tests.faults.drive import Hung, Story, open_at, play, within
from tests.faults.workload import Workload


def judge(work: Workload, path: Path, acknowledged: int) -> list[str]:
    """Start twice on what is left: look at the state, play what is missing, retry, and look again.

    Returns what is wrong.
    """
    story = Story()
    try:
        seq = visit(work, path, story, acknowledged, go_on=True)
        if not story.problems:
            visit(work, path, story, acknowledged=max(seq, story.acknowledged), go_on=False)
    except Hung as error:
        story.problems.append(str(error))
    except BaseException as error:
        story.problems.append(f"the next start raised {type(error).__name__}: {error}")
    story.problems += [f"the next start failed: {error!r}" for error in story.failures]
    return story.problems


def visit(work: Workload, path: Path, story: Story, acknowledged: int, go_on: bool) -> int:
    """Start, look, perhaps play on, stop; the seq that was recovered."""
    venue = within(lambda: open_at(path, work.config, story, None), "the next start")
    try:
        seq = venue.exchange.seq
        if go_on:
            check_state(work, venue, acknowledged, story)
            if not story.problems:
                play(work.behind(seq), venue, story)
        elif seq != acknowledged:
            story.problems.append(f"the start after next is at seq {seq} instead of {acknowledged}")
        story.problems += venue.exchange.check()
    finally:
        within(venue.stop, "the stop after the next start")
    return seq


def check_state(work: Workload, venue: DurableVenue, acknowledged: int, story: Story) -> None:
    seq = venue.exchange.seq
    if not acknowledged <= seq < len(work.state_hashes):
        story.problems.append(f"recovered to seq {seq}, but all up to seq {acknowledged} was acknowledged")
    elif venue.exchange.state_hash() != work.state_hashes[seq]:
        story.problems.append(f"the state at seq {seq} is not the true one")
    elif venue.exchange.window_hash() != work.window_hashes[seq]:
        story.problems.append(f"the once-only window at seq {seq} is not the true one")
