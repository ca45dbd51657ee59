"""Every sentence a user reads, English and Chinese, by key.

A failure's key `x` has a companion `x.hint` that says what to do next. Placeholders are `str.format`'s.
"""

import locale
import os
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from .background import BACKGROUND
from .batch import BATCH
from .comparing import COMPARING
from .conversations import CONVERSATIONS
from .debugging import DEBUGGING
from .failures import FAILURES
from .help import HELP
from .journal import JOURNAL
from .labels import LABELS
from .pictures import PICTURES
from .progress import PROGRESS
from .prompts import PROMPTS
from .results import RESULTS
from .service import SERVICE
from .spending import SPENDING
from .tables import TABLE_MESSAGES
from .variables import VARIABLES

__all__ = ["LANGUAGES", "TABLE", "Language", "has", "language", "listed", "say", "use_language"]

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
TABLES: Final = (
    *(COMPARING, FAILURES, SERVICE, PROMPTS, LABELS, HELP, RESULTS, PICTURES, SPENDING, BACKGROUND, DEBUGGING),
    *(VARIABLES, BATCH, CONVERSATIONS, JOURNAL, PROGRESS, TABLE_MESSAGES),
)
TABLE: Final[dict[str, tuple[str, str]]] = {key: texts for table in TABLES for key, texts in table.items()}

_chosen: list[Language] = []  # what the setting says; empty: the environment decides


def say(key: str, **values: object) -> str:
    """Return the sentence `key` in the user's language with `values` put in; KeyError for an unknown key."""
    return TABLE[key][LANGUAGES.index(language())].format(**values)


def listed(words: Iterable[str]) -> str:
    """Return words as a list within a sentence of the user's language."""
    return say("label.between").join(words)


def has(key: str) -> bool:
    """Tell whether there is a sentence of that key."""
    return key in TABLE


def use_language(name: str) -> None:
    """Speak `name` ("en" or "zh") from now on; an empty name leaves it to the environment again."""
    _chosen[:] = [entry for entry in LANGUAGES if entry == name]


def language() -> Language:
    """Return the language in use: the setting, else `SPARK_LANG`, else the locale's, else English."""
    if _chosen:
        return _chosen[0]
    return _matching(os.environ.get("SPARK_LANG", "")) or _matching(_locale_name()) or "en"


def _matching(name: str) -> Language | None:
    """Find the language a locale's name stands for: `zh_CN.UTF-8`, `Chinese (Simplified)_China`, `en-GB`."""
    start = name.strip().lower()[:2]
    return {"zh": "zh", "ch": "zh", "en": "en"}.get(start)  # type: ignore[return-value]  # the literals above


def _locale_name() -> str:
    """Name the locale the way POSIX does, by the environment first: a kernel often runs without setlocale."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(variable):
            return os.environ[variable]
    return locale.getlocale()[0] or ""
