"""An answer is laid out in the form it was asked for in, while it grows and in the end; none of it is ever live."""

import re
from html import unescape

import ipywidgets as widgets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.answer import Answer
from spark_magic.display.blocks import BlockStream
from spark_magic.display.body import body_html
from spark_magic.display.facts import Facts, Outcome
from spark_magic.display.live import LiveView
from spark_magic.display.static import answer_html, bundle
from spark_magic.display.terminal import TerminalView
from spark_magic.display.updating import UpdatingView
from spark_magic.events import Delta, Notice, Reasoning, StartedOver
from spark_magic.formats import FORMATS
from spark_magic.render import to_html, to_plain

HOSTILE = "<img src=x onerror=y>`````</pre></code><script>z</script>\n```\n<b>\x1b]52;c\x07 $\\href{javascript:x}{y}$"


class Handle:
    """What a frontend shows at the display's place."""

    children = ()
    shown = None

    def publish(self, data, *_, **__):
        self.shown = data
        return self

    def update(self, data, **_):
        self.shown = data


def text_of(page):
    """Return the text that a browser shows of preformatted blocks."""
    return unescape(re.sub(r"<[^>]*>", "", page.replace('typesetting">\n', '">')))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", [HOSTILE, f"```html\n{HOSTILE}", f'{{"a": "{HOSTILE}"}}', '["<img src=x onerror=y>"]'])
@pytest.mark.parametrize("complete", [True, False])
def test_nothing_in_it_is_live_whatever_the_format(name, text, complete):
    page = body_html(text, name, complete=complete)
    assert not re.search(r"<(img|script|b)\b", page)
    assert "\x1b" not in page


@settings(deadline=None)  # the first one loads Markdown
@given(st.text(alphabet="<>&`\"'{}[]: \n\r$\\a\x1b\u202e"), st.sampled_from(["text", "html", "json"]))
def test_as_it_stands_means_every_letter(text, name):
    page = body_html(text, name, complete=False)
    if name == "text" or not text.lstrip().startswith("```"):
        inside = re.fullmatch(r"<pre[^>]*>(?:\n|<code>)(.*?)(?:\n?</code>)?</pre>\n?", page, re.DOTALL)[1]
        assert unescape(re.sub(r"</?span[^>]*>", "", inside)).rstrip("\n") == to_plain(text).rstrip("\n")


def test_markdown_and_code_are_markdown():
    for name in ("markdown", "code"):
        assert body_html("**a**\n```py\nx\n```", name) == to_html("**a**\n```py\nx\n```")


def test_json_is_raw_while_it_grows_and_laid_out_when_it_is_complete():
    assert "\n  " not in body_html('so {"a": [1]}', "json", complete=False)
    done = body_html('so {"a": [1]}', "json")
    assert text_of(done).strip() == '{\n  "a": [\n    1\n  ]\n}'
    assert "color:var(" in done
    assert text_of(body_html("no json", "json")).strip() == "no json"


def test_source_in_a_fence_of_the_models_own_is_not_fenced_twice():
    assert text_of(body_html("```html\n<p>\n```", "html")).strip() == "<p>"


def test_no_fence_inside_ends_the_source():
    page = body_html("<p>\n```\n**out**\n````\n# out", "html")
    assert "<strong>" not in page
    assert "<h1>" not in page


def test_text_is_no_formula_and_wraps():
    page = body_html("$x$", "text")
    assert "mathjax_ignore" in page
    assert "pre-wrap" in page


@pytest.mark.parametrize("name", ["text", "json", "html", "markdown"])
def test_an_answer_keeps_its_form(name):
    answer = Answer('{"a": 1}', form=name)
    assert body_html(answer, name) in answer_html(answer)
    assert body_html(answer, name) in bundle(Facts("ultra", format=name), answer, Outcome.COMPLETE)["text/html"]


def test_an_invalid_answer_is_marked_and_raw():
    data = bundle(Facts("ultra", format="json"), Answer('{"a": [1]}', form="json"), Outcome.INVALID)
    assert data["text/plain"] == '{"a": [1]}\n[not valid]'
    assert "\n    1" not in data["text/html"]
    assert "[not valid]" in data["text/html"]


# growing


def stream(name):
    return BlockStream(widgets.Layout(), format=name)


def values(blocks):
    return [child.value for child in blocks.box.children]


@pytest.mark.parametrize("name", ["text", "html", "json"])
def test_a_long_text_is_cut_between_lines_and_stays_whole(name):
    blocks, lines = stream(name), [f"<line {number}>" for number in range(2000)]
    sizes = []
    for start in range(0, len(lines), 50):
        blocks.append("".join(f"{line}\n" for line in lines[start : start + 50]))
        blocks.flush()
        sizes.append(len(blocks.box.children[-1].value))
    assert 3 < len(values(blocks)) < 20
    assert max(sizes) < 60_000
    shown = "".join(text_of(value).replace("\n\n", "\n").lstrip("\n") for value in values(blocks))
    assert shown.split() == "".join(f"{line}\n" for line in lines).split()


def test_source_in_a_fence_stays_markdown_to_its_end():
    blocks = stream("html")
    for piece in ("``", "`html\n", "<p>\n" * 1000, "```\n", "and **words**\n\nmore"):
        blocks.append(piece)
        blocks.flush()
    assert "<strong>words</strong>" in "".join(values(blocks))
    assert "```" not in "".join(values(blocks))


@pytest.mark.parametrize("name", ["markdown", "text", "html"])
def test_starting_over_leaves_nothing_and_goes_on(name):
    blocks = stream(name)
    blocks.append("```\n" + "void\n" * 4000)
    for _ in range(3):
        blocks.flush()
    assert len(blocks.box.children) > 1
    blocks.clear()
    assert blocks.empty
    assert values(blocks) == [""]
    blocks.append("**new**")
    blocks.flush()
    [page] = values(blocks)
    assert ("<strong>" in page) is (name == "markdown")
    assert text_of(page).strip() == ("new" if name == "markdown" else "**new**")


@pytest.mark.filterwarnings("ignore:Deprecated in traitlets")  # ipywidgets 7's own
@pytest.mark.parametrize("kind", [LiveView, UpdatingView])
def test_a_view_that_starts_over_shows_nothing_of_what_was(kind, monkeypatch):
    handle = Handle()
    monkeypatch.setattr(f"{kind.__module__}.publish", handle.publish)
    monkeypatch.setattr("spark_magic.display.pace.Pace.due", lambda _: True)
    monkeypatch.setattr("spark_magic.display.updating._INTERVAL", 0.0)
    view = kind(Facts("ultra", format="json"))

    def screen():
        return str(handle.shown) + "".join(getattr(w, "value", "") for w in getattr(view, "root", Handle).children)

    view.take(Reasoning("void thought"))
    view.take(Delta("void text"))
    assert "void text" in screen()
    view.take(StartedOver())
    view.take(Delta("[1]"))
    assert "void" not in screen()
    assert "[1]" in unescape(screen())
    view.finish(Answer("[1]"), Outcome.COMPLETE)


def test_a_terminal_says_that_it_starts_over(capsys):
    view = TerminalView(Facts("ultra", format="json"))
    note = Notice("note.asked_once_more", {"path": "$.a", "problem": "p"})
    for event in (Delta("bad"), note, StartedOver(), Delta("[1]")):
        view.take(event)
    view.finish(Answer("[1]", turn=1), Outcome.COMPLETE)
    lines = capsys.readouterr().out.split("\n")
    assert lines[:3] == ["bad", "Not valid at $.a: p. Asked once more.", "[1]"]
