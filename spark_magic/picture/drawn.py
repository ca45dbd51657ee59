"""PIL images and figures: they are drawn for the question, so they are made to fit. The only file that knows PIL."""

import struct
import sys
import zlib
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

from ..errors import PictureRefused
from .file import MOST_BYTES, Picture, checked, fits, measured

_MOST_DRAWN: Final = 4_000_000  # bytes: 4 MB, however one counts them
_QUALITY: Final = 90  # of JPEG, in per cent: text in a screenshot stays sharp
_SMALLER: Final = 0.7  # each side, where even a JPEG is too large a file
_ROUNDS: Final = 3  # what sticks out of a figure is known only when it is drawn
_CROPPED: Final = 1.25  # a figure may lose so much of its size when its empty edges are cut off
_MARGIN: Final = 0.98  # a figure's size is rounded, and more than once
_ALPHA: Final = 3  # the place of the opacity in a colour
_LIGHTEST: Final = 255
_DEEP: Final = ("I", "F")  # modes with more than eight bits; those of 16 begin with "I;16"
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError)  # what PIL raises


class _Full(Exception):
    """The file has grown too large."""


class _Sheet(BytesIO):
    """A file that may have so many bytes: nobody compresses twenty megabytes to throw them away."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > _MOST_DRAWN:
            raise _Full
        return super().write(data)


def is_image(value: Any) -> bool:
    """Tell whether it is a PIL image."""
    pil = sys.modules.get("PIL.Image")  # where nobody has imported it, nothing is of it
    return pil is not None and isinstance(value, pil.Image)


def figure_of(value: Any) -> Any:
    """Return the figure that `value` is, or is in (axes, a bar, a grid of plots); None where there is none."""
    if isinstance(value, type):
        return None
    for candidate in (getattr(value, "figure", None), value):
        if callable(getattr(candidate, "savefig", None)):
            return candidate
    return None


def from_image(image: Any) -> Picture:
    """Return a PIL image as a picture: upright, on white, as PNG, or as JPEG where that is too large a file.

    It is scaled down as far as the limits ask for. PictureRefused for one that cannot be read, or is too small.
    """
    from PIL import ImageOps  # noqa: PLC0415  # it is there: the image is its own

    try:
        upright = ImageOps.exif_transpose(image)
        picture = _encoded(_within(_plain(upright)))
    except _BROKEN as problem:
        raise PictureRefused("picture.undrawn", detail=f"{type(problem).__name__}: {problem}") from None
    scaled = (picture.width, picture.height) != upright.size
    return checked(replace(picture, drawn=upright.size) if scaled else picture)


def from_figure(figure: Any) -> Picture:
    """Return a figure as a notebook shows it, in its own resolution, or the finest one that the limits allow.

    PictureRefused for one that is too small. What fails inside of a figure is its owner's and passes.
    """
    sides = _sides(figure)
    factor = min(1.0, fits(*sides) * _CROPPED) if sides else 1.0  # what is drawn at all has to fit into memory
    for _ in range(_ROUNDS):
        picture = measured(_saved_figure(figure, factor if sides else None))
        further = fits(picture.width, picture.height)
        if further == 1.0 or not sides:
            break
        factor *= further * _MARGIN
    if factor < 1.0:
        picture = replace(picture, drawn=(round(picture.width / factor), round(picture.height / factor)))
    return checked(picture) if len(picture.data) <= MOST_BYTES else _as_image(picture)


def _as_image(picture: Picture) -> Picture:
    """Return a drawn figure whose file is too large in fewer bytes: a photograph in a plot, say."""
    from PIL import Image  # noqa: PLC0415  # matplotlib does not go without it

    smaller = from_image(Image.open(BytesIO(picture.data)))
    return replace(smaller, drawn=picture.drawn or smaller.drawn)


def _sides(figure: Any) -> tuple[float, float] | None:
    """Return a figure's width and height in pixels, without what sticks out; None where it does not tell."""
    try:
        width, height = figure.get_size_inches()
        dpi = float(figure.get_dpi())
    except AttributeError:
        return None
    return float(width) * dpi, float(height) * dpi


def _saved_figure(figure: Any, factor: float | None) -> bytes:
    """Return a figure as a PNG file, all of it, on white where its own ground is transparent."""
    sheet = BytesIO()
    options: dict[str, Any] = {} if factor is None else {"dpi": figure.get_dpi() * factor}
    if factor is not None and figure.get_facecolor()[_ALPHA] < 1:
        options["facecolor"] = "white"
    figure.savefig(sheet, format="png", bbox_inches="tight", **options)
    return sheet.getvalue()


def _plain(image: Any) -> Any:
    """Return an image in eight bits of grey or of red, green and blue, what is transparent in it on white."""
    from PIL import Image  # noqa: PLC0415  # as above

    if image.mode in _DEEP or image.mode.startswith("I;16"):
        return _shallow(image)
    if "a" in image.mode.lower().replace("lab", "") or "transparency" in image.info:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return page.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _shallow(image: Any) -> Any:
    """Return an image of more than eight bits in eight: as it is where it has no more, else stretched over them."""
    deep = image if image.mode == "F" else image.convert("I").convert("F")
    low, high = deep.getextrema()
    if image.mode != "F" and low >= 0 and high <= _LIGHTEST:
        return deep.convert("L")
    scale = _LIGHTEST / (high - low) if high > low else 0.0
    return deep.point(lambda value: value * scale - low * scale).convert("L")


def _within(image: Any) -> Any:
    """Return an image within the limits of sides and pixels."""
    factor = fits(*image.size) if min(image.size) else 1.0
    return image if factor == 1.0 else _scaled(image, factor)


def _scaled(image: Any, factor: float) -> Any:
    from PIL import Image  # noqa: PLC0415  # as above

    sides = tuple(max(1, int(side * factor)) for side in image.size)
    return image.resize(sides, Image.Resampling.LANCZOS)


def _encoded(image: Any) -> Picture:
    """Return an image as a file: a PNG, else a JPEG, else a smaller JPEG."""
    data = _saved(image, "PNG")
    while data is None:
        data = _saved(image, "JPEG", quality=_QUALITY)
        if data is None:
            image = _scaled(image, _SMALLER)
    return measured(data)


def _saved(image: Any, kind: str, **options: Any) -> bytes | None:
    """Return an image as a file of that kind, without what cameras write into one; None where it is too large."""
    sheet = _Sheet()
    try:
        image.save(sheet, kind, exif=b"", icc_profile=None, **options)
    except _Full:
        return None
    return sheet.getvalue()
