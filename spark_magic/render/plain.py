"""Text without the characters that a terminal obeys or an eye misses."""

import re

_LINE_BREAKS = re.compile(r"\r\n|[\r\n\u2028\u2029]")

# C0 but tab and newline, DEL and C1: escape sequences (OSC 8, OSC 52, CSI) start with one of them.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Marks and overrides of the bidirectional algorithm: text that reads in another order than it runs.
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Format characters (category Cf) nobody sees, and what Unicode keeps free for more of them. Not here: the joiners
# and selectors below, and the visible ones among Cf (Arabic number signs). Fillers and the 240 further selectors
# are marks and letters by name, and can carry a hidden text of any length.
_INVISIBLE = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Persian, Indic scripts, Mongolian and emoji need these, one at a place (a selector and a joiner in "heart on
# fire"). A row of them is what a hidden text would be written in.
_JOINERS = r"[\u200c\u200d\ufe00-\ufe0f\u180b-\u180d\u180f]"
_SURROGATES = r"\ud800-\udfff"

_DROPPED = re.compile(f"[{_CONTROLS}{_BIDI}{_INVISIBLE}]")
_ROW = re.compile(rf"({_JOINERS})((?<=\ufe0f)\u200d)?{_JOINERS}*")
_BROKEN = re.compile(f"[{_SURROGATES}]")


def to_plain(text: str) -> str:
    """`text` without control characters, bidi controls and invisible format characters.

    Line breaks (CR LF, CR, U+2028, U+2029) become newlines, lone surrogates U+FFFD; of a row of joiners and
    variation selectors the first stays. Cleaning the chunks of a stream and joining them gives the cleaned
    whole, except that a CR LF cut in two counts as two newlines, and a row cut in two as two rows.
    """
    if text.isascii() and text.isprintable():
        return text
    return _ROW.sub(r"\1\2", _BROKEN.sub("\ufffd", _DROPPED.sub("", _LINE_BREAKS.sub("\n", text))))


def line_start(text: str, line: int) -> int:
    """Position in uncleaned `text` where the `line`-th line (from 0) of the cleaned text starts."""
    position = 0
    for count, match in enumerate(_LINE_BREAKS.finditer(text), start=1):
        if count > line:
            break
        position = match.end()
    return position
