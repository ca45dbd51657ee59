"""What the questions of one kernel have cost, in tokens: each one while there are not too many, their sums for ever."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from .events import Usage

KEPT: Final = 10_000  # records kept one by one
By: TypeAlias = Literal["model", "day", "conversation"]
Fate: TypeAlias = Literal["complete", "flagged", "stopped", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one exchange has cost.

    `at` is a moment with its time zone. `estimated`: the server did not tell, `usage` is our own guess.
    `conversation` is "" and `turn` 0 outside of any, `execution_count` 0 outside of a cell. `fate` tells how it
    ended: "refused" by an error code before the first words. `questions` are more than one for a table's rows.
    """

    at: datetime
    model: str
    usage: Usage
    estimated: bool = False
    conversation: str = ""
    turn: int = 0
    execution_count: int = 0
    fate: Fate = "complete"
    questions: int = 1

    @property
    def day(self) -> date:
        """The day on this computer's calendar."""
        return self.at.astimezone().date()


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of several; `estimated` if any of them is."""

    questions: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    estimated: bool = False

    def plus(self, other: "Total") -> "Total":
        """Return the sum of both."""
        return Total(
            self.questions + other.questions,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.total_tokens + other.total_tokens,
            self.estimated or other.estimated,
        )


_Group: TypeAlias = tuple[str, date, str]  # model, day, conversation
_PLACE: Final[dict[By, int]] = {"model": 0, "day": 1, "conversation": 2}


@dataclass(frozen=True, slots=True)
class _Books:
    """One state of the ledger; replaced as a whole, so that nobody ever sees half of a change."""

    kept: tuple[Spent, ...] = ()
    older: Mapping[_Group, Total] = field(default_factory=dict)  # the sums of those that are no longer kept
    total: Total = field(default_factory=Total)

    def with_one_more(self, spent: Spent, most: int) -> "_Books":
        kept, older = (*self.kept, spent), self.older
        if len(kept) > most:
            older = {**older, **_sums(kept[:-most], older)}
            kept = kept[-most:]
        return replace(self, kept=kept, older=older, total=self.total.plus(_alone(spent)))


class Ledger:
    """Records from any thread; the newest `most` are kept one by one, the sums are those of all."""

    def __init__(self, most: int = KEPT) -> None:
        """Start empty."""
        self._most = most
        self._books = _Books()
        self._writing = threading.Lock()

    def add(self, spent: Spent) -> tuple[int, int]:
        """Write one down; return the tokens of all, before it and with it."""
        with self._writing:
            before = self._books
            after = self._books = before.with_one_more(spent, self._most)
        return before.total.total_tokens, after.total.total_tokens

    def forget(self) -> Total:
        """Start again from nothing; return what there was."""
        with self._writing:
            before, self._books = self._books, _Books()
        return before.total

    @property
    def records(self) -> tuple[Spent, ...]:
        """The newest ones, oldest first."""
        return self._books.kept

    @property
    def total(self) -> Total:
        """The sum of all."""
        return self._books.total

    def totals(self, by: By) -> dict[str, Total]:
        """Return the sums of all: models and conversations by name, the largest first; days in ISO form, in order."""
        books, place = self._books, _PLACE[by]
        sums: dict[str, Total] = {}
        for group, total in {**books.older, **_sums(books.kept, books.older)}.items():
            name = str(group[place])
            sums[name] = sums.get(name, Total()).plus(total)
        order: Callable[[str], object] = str if by == "day" else lambda name: -sums[name].total_tokens
        return {name: sums[name] for name in sorted(sums, key=order)}  # type: ignore[arg-type]  # both can be compared


def shown(tokens: int, *, estimated: bool) -> str:
    """Return a number of tokens for the eye: `1,234`, or `~1,234`."""
    return f"{'~' if estimated else ''}{tokens:,}"


def _sums(records: Iterable[Spent], start: Mapping[_Group, Total]) -> dict[_Group, Total]:
    """Return the sums by group, each added to its own in `start`."""
    sums: dict[_Group, Total] = {}
    for spent in records:
        group = (spent.model, spent.day, spent.conversation)
        sums[group] = sums.get(group, start.get(group, Total())).plus(_alone(spent))
    return sums


def _alone(spent: Spent) -> Total:
    usage = spent.usage
    return Total(spent.questions, usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, spent.estimated)
