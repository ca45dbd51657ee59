"""How many tokens a text is: the vendor's rule of thumb, corrected by what the server counts."""

import math
import re
from typing import Final

from ..events import Message

_IDEOGRAPH: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_CHARACTERS_PER_TOKEN: Final = 1.5  # Chinese; this and the next by the vendor's page [W1]
_WORDS_PER_TOKEN: Final = 0.8
_OTHERS_PER_TOKEN: Final = 3.0  # ASCII punctuation; this and what follows are our own guesses, on the safe side
_BLANKS_PER_TOKEN: Final = 8.0  # in runs of them: indented code, empty lines; one blank goes with its word
_BLANKS: Final = re.compile(r"\s{2,}")
_LONGEST_WORD: Final = 8  # characters; what is longer (base64, addresses) counts as several words
_BOUNDS: Final = (0.5, 3.0)  # a correction beyond these is a server's slip, not a language
_PICTURE: Final = 273.0  # tokens; protocol page, section 1.3
_PRIOR: Final = 50.0  # tokens: in a short request the server's fixed extra is most of the count, and no factor


def estimate(text: str) -> float:
    """Return about how many tokens `text` is, before any correction."""
    ideographs = len(_IDEOGRAPH.findall(text))
    words = _WORD.findall(text)
    in_words = sum(map(len, words))
    blanks = sum(map(str.isspace, text))
    foreign = len(text) - len(text.encode("ascii", "ignore")) - ideographs  # Thai, emoji: about a token each
    others = len(text) - ideographs - in_words - blanks - foreign
    count = sum(math.ceil(len(word) / _LONGEST_WORD) for word in words)
    in_runs = sum(len(run) - 1 for run in _BLANKS.findall(text))
    return (
        ideographs / _CHARACTERS_PER_TOKEN
        + count / _WORDS_PER_TOKEN
        + others / _OTHERS_PER_TOKEN
        + in_runs / _BLANKS_PER_TOKEN
        + foreign
    )


def estimate_picture(picture: Message | None) -> float:
    """Return what a picture costs; the basic service's price for each, whatever its size."""
    return 0.0 if picture is None else _PICTURE


class TokenScale:
    """The factor between our estimate and the server's count: that of all requests so far, by their size."""

    def __init__(self) -> None:
        """Start without any correction."""
        self._estimated = self._counted = _PRIOR

    @property
    def factor(self) -> float:
        """The correction, within bounds."""
        low, high = _BOUNDS
        return min(high, max(low, self._counted / self._estimated))

    def tokens(self, estimated: float) -> int:
        """Return the corrected count, rounded up."""
        return math.ceil(estimated * self.factor)

    def learn(self, estimated: float, counted: int) -> None:
        """Take in what the server counted for a whole request of that estimate."""
        if estimated > 0 and counted > 0:
            low, high = _BOUNDS
            self._estimated += estimated
            self._counted += min(max(counted, low * estimated), high * estimated + _PRIOR)  # one slip must not stay
