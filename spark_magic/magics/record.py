"""What every exchange has cost goes into the kernel's ledger here, and the warning that comes of it."""

from datetime import UTC, datetime
from typing import Final

from ..conversation import Exchange
from ..conversation.tally import Tally
from ..events import Usage
from ..messages import say
from ..spending import Fate, Spent, shown
from .interrupt import held_back
from .request import Request
from .state import State

_NOTHING: Final = Usage(0, 0, 0)


def record(state: State, request: Request, exchange: Exchange) -> None:
    """Write down what an exchange has cost; call it where one ends, however it does, exactly once for each.

    From any thread. One that never reached the server leaves no trace. Where the total passes the setting
    `warn_tokens` or a multiple of it, there is a note for the user: `state.take_spent_note()`. With `--cache` the
    answer goes into the journal; one that comes from there has cost nothing.
    """
    if request.cache is not None:
        from .cached import kept  # noqa: PLC0415  # few questions are to be kept

        with held_back():
            state.note(kept(request, exchange))
        if request.cache.found is not None:
            return
    if not exchange.tally.reached:
        return
    with held_back():
        write_down(state, _spent(request, exchange))


def write_down(state: State, spent: Spent) -> None:
    """Add to the ledger, with the warning that comes of it."""
    with held_back():
        before, now = state.ledger.add(spent)
        threshold = state.magics.warn_tokens
        if threshold and before // threshold < now // threshold:
            total = shown(now, estimated=state.ledger.total.estimated)
            state.spent_note = say("note.spent", total=total, threshold=threshold)


def _spent(request: Request, exchange: Exchange) -> Spent:
    return Spent(
        at=datetime.now(UTC),
        model=request.target.model.alias,
        usage=_usage(request, exchange.tally),
        estimated=exchange.tally.unsettled,
        conversation=request.name if request.plan.remembered else "",
        turn=0 if exchange.answer is None else exchange.answer.turn,
        execution_count=request.plan.turn.execution_count,
        fate=_fate(exchange),
    )


def _usage(request: Request, tally: Tally) -> Usage:
    """Return what was billed; where the server has not told, our guess for the question and the words that came."""
    billed = _NOTHING if tally.billed is None else tally.billed
    if not tally.unsettled:
        return billed
    prompt = request.plan.tokens + billed.completion_tokens  # a first answer goes along when it is asked once more
    completion = request.conversation.scale.tokens(tally.estimated)
    return billed.plus(Usage(prompt, completion, prompt + completion))


def _fate(exchange: Exchange) -> Fate:
    tally = exchange.tally
    if exchange.answer is not None:
        return "flagged" if exchange.moderated else "complete"
    if tally.refused:
        return "refused"
    broken = tally.failed or not tally.unsettled  # or whole, and not as it was to be
    return "failed" if broken and not tally.stopped else "stopped"
