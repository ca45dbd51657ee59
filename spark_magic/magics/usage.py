"""`%spark_usage`: what the kernel's questions have cost, by model, day, conversation and turn."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from ..display.chart import Chart, Row, show_charts
from ..messages import say
from ..spending import By, Ledger, Spent, Total, shown

_TURNS: Final = 20  # the newest ones, in `--by turn`
_FEW_TURNS: Final = 5  # where the other tables are shown, too


def run_usage(ledger: Ledger, options: argparse.Namespace) -> None:
    """Do what the options say: start again, print the records, or show one table or all of them."""
    if options.reset:
        total = ledger.forget()
        shown_total = shown(total.total_tokens, estimated=total.estimated)
        print(say("shown.spent.forgotten", total=shown_total))  # noqa: T201  # a magic's answer to its user
    elif options.json:
        print(records_json(ledger.records))  # noqa: T201  # as above
    elif not ledger.total.questions:
        print(say("shown.spent.empty"))  # noqa: T201  # as above
    else:
        notes = [say("shown.spent.estimated")] if ledger.total.estimated else []
        show_charts(_charts(ledger, options.by), notes)


def _charts(ledger: Ledger, by: By | Literal["turn"] | None) -> list[Chart]:
    """Return the table that was asked for; else models, days if there are several, and the last turns."""
    if by == "turn":
        return [turns_chart(ledger.records[-_TURNS:])]
    if by is not None:
        return [totals_chart(ledger, by)]
    days = [totals_chart(ledger, "day")] if len(ledger.totals("day")) > 1 else []
    return [totals_chart(ledger, "model"), *days, turns_chart(ledger.records[-_FEW_TURNS:])]


def totals_chart(ledger: Ledger, by: By) -> Chart:
    """Return the sums by model, day or conversation, and that of all where there are several."""
    sums, whole = ledger.totals(by), ledger.total
    rows = [_sum_row(name or say("label.spent.no_conversation"), total, whole) for name, total in sums.items()]
    if len(rows) > 1:
        rows.append(Row(_sum_row(say("label.spent.all"), whole, whole).cells, 0))
    head = (f"label.spent.{by}", *(f"label.spent.{name}" for name in ("questions", *_COUNTS, "share")))
    return Chart(say(f"shown.spent.by_{by}"), tuple(map(say, head)), tuple(rows), numbers=5)


_COUNTS: Final = ("prompt", "completion", "total")


def _sum_row(name: str, total: Total, whole: Total) -> Row:
    share = f"{total.total_tokens / whole.total_tokens:.0%}" if whole.total_tokens else ""
    return Row((name, f"{total.questions:,}", *_counts(total, estimated=total.estimated), share), total.total_tokens)


def turns_chart(records: Sequence[Spent]) -> Chart:
    """Return the questions one by one, the newest last."""
    head = ("time", "cell", "conversation", "turn", "model", *_COUNTS)
    count = len(records)
    title = say("shown.spent.by_turn.one") if count == 1 else say("shown.spent.by_turn", count=count)
    return Chart(title, tuple(say(f"label.spent.{name}") for name in head), tuple(map(_turn_row, records)), numbers=3)


def _turn_row(spent: Spent) -> Row:
    cells = (
        spent.at.astimezone().strftime("%m-%d %H:%M"),
        f"[{spent.execution_count}]" if spent.execution_count else "",
        spent.conversation or say("label.spent.no_conversation"),
        _turn(spent),
        spent.model,
        *_counts(spent.usage, estimated=spent.estimated),
    )
    return Row(cells, spent.usage.total_tokens)


def _turn(spent: Spent) -> str:
    """Return the number in the conversation, or why there is none."""
    if spent.fate == "complete":
        return str(spent.turn or "")
    return say("label.spent.refused" if spent.fate == "refused" else f"label.{spent.fate}")


def _counts(counted: Any, *, estimated: bool) -> tuple[str, ...]:
    return tuple(shown(getattr(counted, f"{name}_tokens"), estimated=estimated) for name in _COUNTS)


def records_json(records: Sequence[Spent]) -> str:
    """Return them as a JSON array, one to a line, the oldest first; times in UTC."""
    lines = ",\n ".join(json.dumps(_as_data(spent), ensure_ascii=False) for spent in records)
    return f"[{lines}]"


def _as_data(spent: Spent) -> Mapping[str, Any]:
    usage = {f"{name}_tokens": getattr(spent.usage, f"{name}_tokens") for name in _COUNTS}
    return {
        "at": spent.at.isoformat(timespec="seconds"),
        "model": spent.model,
        "conversation": spent.conversation or None,
        "turn": spent.turn or None,
        "cell": spent.execution_count or None,
        "questions": spent.questions,
        **usage,
        "estimated": spent.estimated,
        "outcome": spent.fate,
    }
