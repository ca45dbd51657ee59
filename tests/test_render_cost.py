"""Hostile text costs bounded work: to render, to stream in blocks, and in what is sent."""

import time

import pytest

from spark_magic.display import blocks, pace
from spark_magic.render import finished_length, open_fence, to_html

MANY = 20_000
SIGNS = {sign: sign * MANY for sign in [*"[]()*_`<>&!$|~#\\^-+=", "\\(", "\\[", "![", "[](", "$1", "*a", "**a "]}
SHAPES = {
    **SIGNS,
    "quotes": "\n".join(">" * (depth % 60 + 1) + " a" for depth in range(2_000)),
    "lists": "\n".join("  " * (depth % 300) + "- a" for depth in range(2_000)),
    "numbers": "1. " * 5_000,
    "emphasis": "*a " * 5_000 + " a*" * 5_000,
    "columns": "|a" * 1_000 + "|\n" + "|-" * 1_000 + "|\n" + ("|b" * 1_000 + "|\n") * 10,
    "rows": "|a|b|c|d|\n|-|-|-|-|\n" + "|x|y|z|w|\n" * 5_000,
    "a megabyte of words": "word " * 200_000,
    "a megabyte of Chinese": "中" * 350_000,
    "a megabyte of prices": "$1" * 500_000,
    "a megabyte of code": "```python\n" + "x" * 1_000_000,
    "a megabyte of address": "[a](https://a.b/" + "x" * 1_000_000 + ")",
    "newlines": "\n" * 100_000,
    "fences": "```\n" * 10_000,
    "coloured fences": "```python\nx = 1\n```\n" * 1_900,
    "definitions": "".join(f"[a{number}]: https://a.b/{number}\n" for number in range(MANY)),
    "definitions used": "".join(f"[a{number}]: https://a.b\n[a{number}]\n" for number in range(2_900)),
    "titles": "[a]: x '\n" * 5_900,
    "addresses": "<https://a.b/c>" * 5_000,
    "tags": "<a " * MANY,
    "comments": "<!--" * MANY,
    "entities": "&amp;" * MANY,
    "formulas": "$x$ " * 10_000,
    "one formula": "$" + "x" * 100_000 + "$",
    "braces": "$" + "{" * MANY + "}" * MANY + "$",
    "items": "- a\n" * 5_900,
    "lazy lines": ">" * 40 + "a\n" + "b\n" * 5_000,
    "marks on letters": "a" + "\u0301" * 100_000,
    "joiners": "\u200d" * 100_000,
    "escapes": "\x1b[31m" * MANY,
    "carriage returns": "\r" * 100_000,
    "blanks": "\t" * 100_000,
    "one long line of code": "```x\n" + "y" * 100_000,
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_one_rendering_takes_about_a_second_at_most(text):
    """0.6 s at worst on the machine this was written on; the rest is for slow ones."""
    for work in (to_html, finished_length, open_fence):
        started = time.thread_time()
        work(text)
        assert time.thread_time() - started < 5


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_page_is_not_much_longer_than_its_text(text):
    """It is kept in the notebook's file, and sent again as it grows. A link has 50 characters around it."""
    assert len(to_html(text)) < 20 * len(text) + 1_000


class Streamed:
    """Text that came at 4,000 characters a second of a clock of its own, flushed whenever the pace says so."""

    def __init__(self, text, monkeypatch):
        self.now, self.read, self.sent, self.flushes = 0.0, [], 0, 0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(blocks, "body_html", lambda piece, *_, **__: self.read.append(len(piece)) or "")
        self.play(text, pace.Pace(), blocks.BlockStream(None))

    def play(self, text, due, stream):
        for start in range(0, len(text), 40):
            self.now += 0.01
            stream.append(text[start : start + 40])
            if due.due():
                messages, size = stream.flush()
                due.spent(messages, size)
                self.flushes, self.sent = self.flushes + 1, self.sent + size
        self.blocks = len(stream.box.children)


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_stream_is_rendered_at_the_pace_of_the_line_whatever_it_holds(text, monkeypatch):
    """Counted, not timed: what is rendered follows the seconds that pass, not the square of the text."""
    from test_render_hostile import Live

    monkeypatch.setattr(blocks, "widgets", Live)
    text = text[:40_000]
    done = Streamed(text, monkeypatch)
    assert sum(done.read) < 35_000 * done.now + 2 * len(text)  # the last update waits for nothing
    assert done.flushes < 10 * done.now + 5
    assert done.blocks < 3 + len(text) / 1_000


def test_a_long_line_of_code_makes_no_empty_blocks(monkeypatch):
    """It cannot be cut; cutting behind its opening line would leave an empty block at every update."""
    from test_render_hostile import Live

    monkeypatch.setattr(blocks, "widgets", Live)
    stream = blocks.BlockStream(None)
    stream.append("```x\n")
    for _ in range(50):
        stream.append("y" * 200)
        stream.flush()
    assert len(stream.box.children) == 1
    assert stream.box.children[0].value.count("y") == 10_000
