"""Whether a request's picture is one the vendor documents. Pure. Sources: the protocol page, sections 3 and 5."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..errors import PictureRefused
from ..models import Model
from ..picture import LEAST_PIXELS, MOST_BYTES, MOST_PIXELS, MOST_SIDE, Picture, measured

TOKENS: Final = 273  # of one picture, whatever its size
_TYPES: Final = ("text", "image")


def is_picture(item: Any) -> bool:
    """Tell whether a message says that it carries a picture."""
    return isinstance(item, dict) and item.get("content_type") == "image"


def read(item: dict[str, Any]) -> Picture:
    """Return a message's picture, whatever its size; ValueError for one that is no base64 of a PNG or JPEG."""
    try:
        return measured(b64decode(item["content"], validate=True))
    except PictureRefused as problem:
        raise ValueError(problem.key) from None


def complaints(texts: Sequence[dict[str, Any]], models: tuple[Model, ...], where: str) -> Iterator[str]:
    """Find what is wrong with the messages' types and with the picture itself, at an address of these models."""
    first = 1 if texts[0]["role"] == "system" else 0
    for index, item in enumerate(texts):
        if item.get("content_type", "text") not in _TYPES:
            yield f"'{where}[{index}].content_type' must be one of text, image"
        if is_picture(item) and not any(model.images for model in models):
            yield f"'{where}[{index}].content_type' must be text: no model here sees pictures"
        elif is_picture(item):
            yield from _picture_complaints(item, f"{where}[{index}]", leads=index == first)


def _picture_complaints(item: dict[str, Any], where: str, *, leads: bool) -> Iterator[str]:
    if not leads or item["role"] != "user":
        yield f"'{where}.content_type' must be text: the one picture is the user's first message"
    try:
        picture = read(item)
    except ValueError:
        yield f"'{where}.content' must be base64 of a jpg, jpeg or png file"
    else:
        if len(picture.data) > MOST_BYTES:
            yield f"'{where}.content' must be a file of {MOST_BYTES} bytes or less"


def beyond_limits(picture: Picture) -> tuple[int, str] | None:
    """Return the vendor's code and words for a picture of the wrong size, None for one of a right size."""
    sides = f"{picture.width}x{picture.height}"
    if max(picture.width, picture.height) > MOST_SIDE:
        return 10029, f"image {sides}: no side may be longer than {MOST_SIDE} pixels"
    if not LEAST_PIXELS <= picture.width * picture.height <= MOST_PIXELS:
        return 10041, f"image {sides}: resolution must be from 50x50 to 6000x6000"
    return None
