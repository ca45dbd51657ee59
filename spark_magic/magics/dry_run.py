"""`--dry-run`: show what would be sent, and send nothing."""

from ..address import shown_address
from ..display.table import show_table
from ..messages import say
from .request import Request


def show_dry_run(request: Request) -> None:
    """Show the notes, the messages, the parameters and the estimated tokens."""
    for note in request.facts.notes:
        print(note)  # noqa: T201  # a magic's answer to its user
    rows = [(message.role, message.content) for message in request.plan.messages]
    parameters = ", ".join(f"{name} {value}" for name, value in request.sent.items()) or say("label.server_defaults")
    model = request.target.model
    title = say(
        "dry_run.title",
        model=model.alias,
        url=shown_address(model.url),
        sent=parameters,
        tokens=request.plan.tokens,
    )
    show_table((say("label.role"), say("label.content")), rows, title)
