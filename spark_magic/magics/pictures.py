"""`--image`: which picture is meant, what is told about it, and whom to ask."""

import argparse
import difflib
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..config.file import read_config_file
from ..config.settings import PARAMETERS
from ..errors import ConfigurationError, PictureRefused
from ..events import Message
from ..messages import listed, say
from ..models import IMAGE_ALIAS, SANDBOX_ALIAS, Model, catalogue
from ..picture import Picture, picture_in, picture_of
from ..target import Target
from .parsers import given
from .values import PictureName

_KILO: Final = 1024  # as the service counts its 4 MB


def picture_asked(shell: Any, wanted: Any) -> tuple[Message, tuple[str, ...]]:
    """Return the picture that `--image` names, or a plain call hands over, and what to tell about it.

    PictureRefused for one that cannot be sent.
    """
    value, name = _meant(wanted, {} if shell is None else shell.user_ns)
    picture = picture_of(value)
    return picture.message, (_note(picture, name),)


def _meant(wanted: Any, variables: dict[str, Any]) -> tuple[Any, str]:
    """Return what is meant by a name on a magic line, and what to call it; any other object means itself."""
    if not isinstance(wanted, PictureName):
        return wanted, Path(wanted).name if isinstance(wanted, str | os.PathLike) else type(wanted).__name__
    if wanted in variables and wanted.isidentifier():
        return variables[wanted], str(wanted)
    path = _place(wanted)
    if not _exists(path):
        raise _unknown(wanted, path, variables)
    return path, path.name


def _place(name: str) -> Path:
    """Return where a file of that name would be."""
    try:
        return Path(name).expanduser().absolute()
    except (OSError, RuntimeError):  # a working directory that is gone, a home nobody knows
        return Path(name)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, a zero in it
        return False


def _unknown(name: str, path: Path, variables: dict[str, Any]) -> PictureRefused:
    """Say where it was looked for; of variables, the user's own are the nearest."""
    own = [variable for variable in variables if not variable.startswith("_")]
    near = difflib.get_close_matches(name, own, n=1)
    key = "picture.misnamed" if near else "picture.unnamed"
    return PictureRefused(key, name=str(name), path=str(path), nearest="".join(near))


def _note(picture: Picture, name: str) -> str:
    """Say what is sent."""
    width, height = picture.drawn or (0, 0)
    key = "note.picture.scaled" if picture.drawn else "note.picture"
    return say(key, name=name, facts=_facts(picture), width=width, height=height)


def _facts(picture: Picture) -> str:
    size = len(picture.data) / _KILO
    shown = say("label.kilobytes", size=max(size, 1)) if size < _KILO else say("label.megabytes", size=size / _KILO)
    return f"{picture.width} x {picture.height}, {shown}"


def content_shown(message: Message) -> str:
    """Return what a message says, a picture in a few words."""
    if message.content_type == "text":
        return message.content
    return say("label.picture", facts=_facts(picture_in(message)))


def sighted(settings: Any, target: Target, options: argparse.Namespace, *, new: bool) -> tuple[Target, tuple[str, ...]]:
    """Return whom to ask about a picture, and what to tell about the choice.

    A model that sees none makes way for one that does, unless it was named in the options, or is at a gateway of the
    user's own: its keys are not the vendor's business. There a `new` picture is a ConfigurationError, and one of an
    earlier turn is left out.
    """
    model = target.model
    if model.images:
        return target, ()
    known = catalogue(read_config_file().models)
    if options.model or at_own_gateway(model, known):
        if new:
            aliases = listed(alias for alias, other in known.items() if other.images)
            raise ConfigurationError("model.no_pictures", model=model.alias, aliases=aliases)
        return target, ()
    chosen: Target = settings.target(IMAGE_ALIAS, **given(options, *PARAMETERS))
    key = "note.picture.model" if new else "note.picture.stays"
    return chosen, (say(key, sighted=chosen.model.alias, model=model.alias),)


def at_own_gateway(model: Model, known: dict[str, Model]) -> bool:
    """Tell whether a model's address is on no host of the catalogue: its keys are not the vendor's business."""
    hosts = {_host(other) for other in known.values() if other.alias != SANDBOX_ALIAS}
    return _host(model) not in hosts


def _host(model: Model) -> str | None:
    return urlsplit(model.url).hostname
