"""What a text file is written in: UTF-8, what its first bytes say, or what Excel writes in China."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import BadTable
from .table import shown

_MARKS: Final = (  # the longer first: one begins like another
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_CHUNK: Final = 1 << 20  # bytes
_LONG: Final = re.compile("[\u0800-\ufffc\U00010000-\U0010ffff]")  # three or four bytes: Chinese, say


def encoding_of(path: Path) -> str:
    """Return the encoding all of a file can be read in: by its mark, else UTF-8, else GB18030.

    BadTable for a file that is none of these, has zeros in it (no text), or is UTF-8 with broken places: read as
    GB18030 it would be nonsense. OSError as `open` has it.
    """
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)
    if not marked and b"\0" in start:
        raise BadTable("table.binary", path=shown(path))
    if _reads(path, marked or "utf-8"):
        return marked or "utf-8"
    if marked or _is_broken_utf8(path) or not _reads(path, "gb18030"):
        raise BadTable("table.encoding", path=shown(path))
    return "gb18030"


def _reads(path: Path, encoding: str) -> bool:
    """Tell whether a file is text in that encoding, to its end."""
    try:
        for text in _decoded(path, encoding, "strict"):
            if "\0" in text:
                raise BadTable("table.binary", path=shown(path))
    except UnicodeDecodeError:
        return False
    return True


def _is_broken_utf8(path: Path) -> bool:
    """Tell whether there are more of UTF-8's longer characters than broken places; in GB18030 there hardly are any."""
    whole = broken = 0
    for text in _decoded(path, "utf-8", "replace"):
        whole += len(_LONG.findall(text))
        broken += text.count("\ufffd")
    return whole > broken


def _decoded(path: Path, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
