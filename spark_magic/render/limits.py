"""How much work one text may cost: markdown-it is quadratic on a few kinds of hostile text.

Measured with markdown-it-py 4.3 before these limits, 100 kB each: `![` repeated took 16 s, a paragraph of
lazy lines under fifty `>` took 17 s, `[a` on every line 6 s; 1 MB of `$1` took 7 s. With them the worst found
takes 0.8 s.
"""

from collections.abc import Iterable, MutableMapping
from typing import Any

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

MAX_NESTING = 40
"""Levels of block quotes, lists and inline markup. A list takes two per depth."""

MAX_LINES = 6_000
"""Lines of one text; the longest answer a model may give has about 4,000."""

MAX_TOKENS = 60_000
"""Block tokens in one text: a table of some 20,000 cells."""

_MAX_STEPS_PER_LINE = 8  # prose takes 2, lists nested ten deep 4; a step costs 5 to 10 µs
_MAX_SCANNED = 300_000  # characters
_MAX_WEIGHT = 4_000_000  # in units of 0.1 µs at worst
_MARK_WEIGHT = 300
_SIGN_WEIGHT = 80
_MAX_COLOURING = 1.0  # seconds of processor time; 100 kB of Python take 0.6

_STEPS, _SCANNED, _WEIGHT, _COLOURING = "spark_steps", "spark_scanned", "spark_weight", "spark_colouring"


class CostError(Exception):
    """The text is too costly to be parsed as Markdown."""


def new_budget(text: str) -> dict[str, Any]:
    """Environment of one parse, with the work it may do. Raises CostError for too many lines."""
    lines = text.count("\n")
    if lines > MAX_LINES:
        raise CostError
    return {
        _STEPS: 5_000 + _MAX_STEPS_PER_LINE * lines,
        _SCANNED: _MAX_SCANNED,
        _WEIGHT: _MAX_WEIGHT,
        _COLOURING: _MAX_COLOURING,
    }


def spend_step(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:  # noqa: FBT001 - a rule's form
    """Block rule that matches nothing and counts how often lines are looked at. Raises CostError."""
    state.env[_STEPS] -= 1
    if state.env[_STEPS] < 0:
        raise CostError
    return False


def may_scan(env: MutableMapping[str, Any]) -> bool:
    """Tell whether there is budget left to look for the end of a formula."""
    return bool(env[_SCANNED] > 0)


def spend_scan(env: MutableMapping[str, Any], characters: int) -> None:
    """Note that `characters` were searched for the end of a formula in vain."""
    env[_SCANNED] -= characters


def may_parse(env: MutableMapping[str, Any], paragraph: str) -> bool:
    """Tell whether a paragraph's links and marks can be afforded, and spend what they cost.

    Unmatched brackets cost the square of their number, marks of emphasis are linear but dear, and at every other
    sign all rules are tried.
    """
    marks = sum(map(paragraph.count, "*_~"))
    signs = sum(map(paragraph.count, "\n$%&+-:<=>@[\\]^`{}!"))
    weight = paragraph.count("[") ** 2 + _MARK_WEIGHT * marks + _SIGN_WEIGHT * signs
    affordable: bool = weight <= env[_WEIGHT]
    if affordable:
        env[_WEIGHT] -= weight
    return affordable


def may_colour(env: MutableMapping[str, Any]) -> bool:
    """Tell whether there is time left to colour code."""
    return bool(env[_COLOURING] > 0)


def spend_colouring(env: MutableMapping[str, Any], seconds: float) -> None:
    """Note the processor time that colouring a block took."""
    env[_COLOURING] -= seconds


def check_tokens(tokens: Iterable[Token]) -> None:
    """Raise CostError for too many blocks, or for nesting so deep that the parser dropped what is inside."""
    containers = {"blockquote_open", "list_item_open"}
    for count, token in enumerate(tokens):
        if count > MAX_TOKENS or (token.level >= MAX_NESTING - 1 and token.type in containers):
            raise CostError
