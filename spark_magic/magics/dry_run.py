"""`--dry-run`: show what would be sent, and send nothing."""

from collections.abc import Sequence

from ..address import shown_address
from ..display.table import show_table
from ..events import Message
from ..messages import listed, say
from .pictures import content_shown
from .request import Request


def show_dry_run(request: Request) -> None:
    """Show the notes, the messages, the parameters and the estimated tokens."""
    _print(*request.facts.notes)
    _show_messages(request, _title(request))


def show_dry_runs(requests: Sequence[Request]) -> None:
    """Show the same of several models: each one's title, and the messages once for all that get the same ones."""
    _print(*dict.fromkeys(note for request in requests for note in request.facts.notes))
    alike: dict[tuple[Message, ...], list[Request]] = {}
    for request in requests:
        alike.setdefault(request.plan.messages, []).append(request)
    for group in alike.values():
        _show_messages(group[0], "\n".join(map(_title, group)))


def _print(*lines: str) -> None:
    for line in lines:
        print(line)  # noqa: T201  # a magic's answer to its user


def _title(request: Request) -> str:
    parameters = listed(f"{name} {value}" for name, value in request.sent.items()) or say("label.server_defaults")
    model = request.target.model
    return say(
        "dry_run.title",
        model=model.alias,
        url=shown_address(model.url),
        sent=parameters,
        tokens=request.plan.tokens,
    )


def _show_messages(request: Request, title: str) -> None:
    rows = [(message.role, content_shown(message)) for message in request.plan.messages]
    show_table((say("label.role"), say("label.content")), rows, title)
