"""One picture's file: what it is, how large, whether the service takes it. Sources: the protocol page, section 3."""

import math
import struct
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, Literal

from ..errors import PictureRefused
from ..events import Message

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_SIDE: Final = 12800  # pixels
LEAST_PIXELS: Final = 50 * 50
MOST_PIXELS: Final = 6000 * 6000

Kind = Literal["PNG", "JPEG"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_RASTER: Final = (  # (where, what stands there, its name)
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphe", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"jP  ", "JPEG 2000"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (0, b"\0\0\1\0", "ICO"),
)
_END: Final[dict[Kind, bytes]] = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}
_LOOKED_AT: Final = 1024  # bytes; comments may stand before an SVG's first tag
_SIDE: Final = 50  # pixels of the smallest square the service takes


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture the service takes: its file, the file's format, and width and height in pixels.

    `drawn` is the size it was scaled down from, if it was.
    """

    data: bytes = field(repr=False)
    kind: Kind
    width: int
    height: int
    drawn: tuple[int, int] | None = None

    @property
    def message(self) -> Message:
        """The picture as an item of a conversation."""
        return Message("user", b64encode(self.data).decode("ascii"), "image")


def measured(data: bytes) -> Picture:
    """Return the picture a file's bytes are, whatever its size; PictureRefused for no PNG or JPEG, or half of one."""
    kind = _kind(data)
    width, height = _size(data)
    if width < 1 or height < 1 or _END[kind] not in data:
        raise PictureRefused("picture.broken", kind=kind)
    return Picture(data, kind, width, height)


def checked(picture: Picture) -> Picture:
    """Return it, when it is within the service's limits; else PictureRefused."""
    size = len(picture.data)
    sides: dict[str, Any] = {"width": picture.width, "height": picture.height}
    if size > MOST_BYTES:
        raise PictureRefused("picture.bytes", size=size, most=MOST_BYTES)
    if max(picture.width, picture.height) > MOST_SIDE:
        raise PictureRefused("picture.side", **sides, most=MOST_SIDE)
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS:
        raise PictureRefused("picture.pixels", **sides, pixels=pixels, most=MOST_PIXELS)
    if pixels < LEAST_PIXELS:
        raise PictureRefused("picture.small", **sides, least=LEAST_PIXELS)
    return picture


def fits(width: float, height: float) -> float:
    """Return the factor that brings these sides within the limits; 1 where they are."""
    return min(1.0, MOST_SIDE / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))


def picture_in(message: Message) -> Picture:
    """Return the picture a message carries; PictureRefused and ValueError (base64) for one that is not ours."""
    return measured(b64decode(message.content, validate=True))


def blank_picture() -> Picture:
    """Return the smallest picture the service takes: a white square."""
    rows = (b"\0" + b"\xff" * _SIDE) * _SIDE  # each row: no filter, then its pixels
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)  # eight bits, grey
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return measured(_PNG + b"".join(chunks))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _kind(data: bytes) -> Kind:
    """Tell PNG from JPEG by the first bytes; PictureRefused says what it is instead, if anybody can tell."""
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(_JPEG):
        return "JPEG"
    if not data:
        raise PictureRefused("picture.empty")
    for place, mark, name in _RASTER:
        if data[place:].startswith(mark):
            raise PictureRefused("picture.format", kind=name)
    head = data[:_LOOKED_AT].lower()
    if head.startswith(b"%pdf"):
        raise PictureRefused("picture.drawing", kind="PDF")
    if b"<svg" in head:
        raise PictureRefused("picture.drawing", kind="SVG")
    raise PictureRefused("picture.page" if b"<html" in head or b"<!doctype" in head else "picture.unknown")


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height without decoding the picture; zeros where its header cannot be read."""
    import imagesize  # type: ignore[import-untyped]  # noqa: PLC0415  # has no types; pictures are rare

    if data.startswith(_PNG) and data[12:16] != b"IHDR":
        return 0, 0
    try:
        width, height = imagesize.get(BytesIO(data))
    except (ValueError, TypeError, struct.error):  # older versions; newer ones give -1
        return 0, 0
    return int(width), int(height)
