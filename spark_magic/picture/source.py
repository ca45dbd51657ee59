"""Whatever a user calls a picture -> one that the service takes."""

import os
import stat
from pathlib import Path
from typing import Any

from ..errors import PictureRefused
from .drawn import figure_of, from_figure, from_image, is_image
from .file import MOST_BYTES, Picture, checked, measured


def picture_of(value: Any) -> Picture:
    """Return the picture `value` is: a path, a file's bytes, a PIL image, a figure or what is in one, IPython's Image.

    Only images and figures are changed to fit the service's limits: a file is sent as it is, or not at all.
    PictureRefused for what is no picture, or none that may be sent.
    """
    if isinstance(value, str | os.PathLike):
        return checked(measured(_content(Path(value))))
    if isinstance(value, bytes | bytearray | memoryview):
        return checked(measured(bytes(value)))
    if is_image(value):
        return from_image(value)
    if (figure := figure_of(value)) is not None:
        return from_figure(figure)
    data = getattr(value, "data", None)  # of IPython.display.Image, and of others that hold a file
    if isinstance(data, bytes | bytearray):
        return checked(measured(bytes(data)))
    raise PictureRefused("picture.kind", kind=type(value).__name__)


def _content(path: Path) -> bytes:
    """Read a file, if it is one and not too large."""
    shown = str(path)
    try:
        path = path.expanduser()
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for, a device never ends
            raise PictureRefused("picture.no_file", path=shown)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise PictureRefused("picture.missing", path=shown) from None
    except (OSError, ValueError, RuntimeError) as problem:  # a zero in the name; a home nobody knows
        detail = getattr(problem, "strerror", None) or str(problem)
        raise PictureRefused("picture.unreadable", path=shown, detail=detail) from None
    if len(data) > MOST_BYTES:
        raise PictureRefused("picture.bytes", size=max(about.st_size, len(data)), most=MOST_BYTES)
    return data
