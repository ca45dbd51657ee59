"""The proof that nothing of a hostile answer reaches the page, at any moment while it streams."""

import re
from itertools import pairwise, product

import pytest
from hostile import CORPUS, ENTRIES, SHORT
from hypothesis import given, settings
from hypothesis import strategies as st
from strict_page import Page, check_clean

from spark_magic.display import blocks
from spark_magic.display.terminal import TerminalView
from spark_magic.events import Delta
from spark_magic.render import sanitizer, tex, to_html, to_plain

INSIDE = [
    *("> ", "- ", "1. ", "# ", "**", "[", "![", "[x][", "`", "x\n", "$", "$$\n", "\\(", "\\[", "<"),
    *("| a |\n|---|\n| ", "```\n", "```html\n", "> - > ", "[^1]: ", "[a]: ", "x&", "[!["),
]
GLUE = [
    "",
    " ",
    "\n",
    "\n\n",
    "\n- ",
    "\n> ",
    "`",
    "$",
    "\\",
    "\n```\n",
    "|",
    "](",
    "*",
    "[",
    "&",
    "<",
    "\x1b",
    "\ud83d",
]
GROUPS = {group: [text for _, text in entries] for group, entries in CORPUS.items() if group != "long"}
in_groups = pytest.mark.parametrize("texts", GROUPS.values(), ids=GROUPS)
MARKS = "$\\()[]{}*_`|~<>&#;!: \n\t-=1.ax中：\"'/"


FORBIDDEN = re.compile(
    r"<(?:script|style|img|svg|math|i?frame|form|input|object|embed|link|meta|base)\b"
    r"|<[^>]*\s(?:on\w+|src|srcset|id|name|srcdoc|(?:form)?action|data-[\w-]+|ping)\s*="
    r"|(?:href|style)=[^>]*(?:javascript|position|url\()",
    re.IGNORECASE,
)


def lengths(text):
    """Where to cut a growing text: everywhere, or of a long one in steps and everywhere near its ends."""
    size = len(text)
    if size <= 300:
        return range(size + 1)
    return sorted({*range(12), *range(0, size, size // 12), *range(size - 30, size + 1)})


def mixtures():
    """Pieces of hostile texts, glued together in any order and put into each other."""
    whole = st.sampled_from(SHORT)
    cut = st.builds(lambda text, start, size: text[start : start + size], whole, st.integers(0, 20), st.integers(1, 30))
    inside = st.builds(str.__add__, st.sampled_from(INSIDE), whole)
    return st.lists(st.one_of(whole, cut, inside, st.sampled_from(GLUE)), max_size=10).map("".join)


def chunks():
    """Hostile texts as they come: cut anywhere, within an entity, a fence or an escape sequence."""
    return st.tuples(mixtures(), st.lists(st.integers(0, 400), max_size=12)).map(cut_at)


def cut_at(text_and_places):
    text, places = text_and_places
    ends = [0, *sorted(places), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


class Block:
    """A widget that only holds what would be sent."""

    def __init__(self, value, **_):
        self.value, self.style = value, None


class Box:
    """A widget that only holds others."""

    def __init__(self, children, **_):
        self.children = tuple(children)


class Live:
    """In the place of ipywidgets: a live view that sends nothing."""

    HTMLMath, VBox = Block, Box


@pytest.fixture(scope="module")
def stream():
    """Return what streams pieces through the live view's blocks, which are cut wherever they may be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "widgets", Live)
        patch.setattr(blocks, "_LEAST", 1)
        patch.setattr(blocks, "_MOST", 40)
        patch.setattr(blocks, "_LEAST_OF_FENCE", 1)

        def streamed(pieces):
            made, seen = blocks.BlockStream(None), set()
            for piece in pieces:
                made.append(piece)
                made.flush()
                values = {block.value for block in made.box.children}
                yield from values - seen
                seen |= values

        yield streamed


@pytest.mark.parametrize("text", ENTRIES.values(), ids=ENTRIES)
def test_every_prefix_of_a_hostile_answer_is_safe(text):
    """A static output is replaced by a longer one while the answer streams, so each beginning has to be safe."""
    for length in lengths(text):
        Page(to_html(text[:length]))


@pytest.mark.parametrize("text", ENTRIES.values(), ids=ENTRIES)
def test_every_block_of_a_hostile_answer_is_safe_while_it_grows(text, stream):
    """The live view puts each block into the page on its own."""
    for value in stream([text[start:end] for start, end in pairwise([0, *lengths(text)])]):
        Page(value)


@pytest.mark.parametrize("text", ENTRIES.values(), ids=ENTRIES)
def test_every_prefix_of_a_hostile_answer_is_clean_as_plain_text(text):
    for length in lengths(text):
        check_clean(to_plain(text[:length]))


@in_groups
def test_hostile_text_is_safe_inside_other_blocks(texts):
    for text, before in product(texts, INSIDE):
        Page(to_html(before + text))


@given(mixtures())
@settings(max_examples=300, deadline=None)
def test_any_mixture_of_hostile_texts_is_safe(text):
    Page(to_html(text))
    check_clean(to_plain(text))


@given(pieces=chunks())
@settings(max_examples=150, deadline=None)
def test_any_mixture_cut_anywhere_is_safe_block_by_block(pieces, stream):
    for value in stream(pieces):
        Page(value)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_safe(text):
    Page(to_html(text))


@given(st.text(alphabet=MARKS, max_size=200))
@settings(max_examples=400, deadline=None)
def test_any_text_of_marks_is_safe(text):
    """No mixture of marks starts a formula that was not checked, or breaks the nesting of elements."""
    Page(to_html(text))


@in_groups
def test_the_second_barrier_holds_alone(texts):
    """The sanitizer is given the hostile HTML itself, as if Markdown had let it through."""
    for page in (sanitizer.sanitized(to_plain(text)) for text in texts if "<" in text):
        assert not FORBIDDEN.search(page)


@in_groups
def test_the_first_barrier_holds_alone(texts, monkeypatch):
    """Markdown's own page is as safe, but for the attributes of links, which the second one adds."""
    from spark_magic.render import page

    monkeypatch.setattr(page, "sanitized", lambda markup: markup)
    for markup in (to_html(before + text) for text in texts for before in ("", "> - ")):
        assert set(re.findall(r"<([a-z0-9]+)", markup)) <= {*sanitizer._TAGS}
        assert set(re.findall(r'<[a-z0-9]+ ([a-z-]+)="', markup)) <= {"href", "start", "style", "class"}
        assert not re.search(r'<a href="(?!https?://|mailto:)', markup, re.IGNORECASE)


# Plain text


@given(chunks())
@settings(max_examples=200, deadline=None)
def test_a_terminal_gets_nothing_to_obey_wherever_the_stream_was_cut(pieces):
    """An escape sequence may come in two pieces: each is cleaned, and what is left is text."""
    written = "".join(map(to_plain, pieces))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written)


@in_groups
def test_the_terminal_prints_single_characters_clean(texts, capsys):
    from spark_magic.display.facts import Facts

    view = TerminalView(Facts("sandbox"))
    for char in "".join(texts):
        view.take(Delta(char))
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b]8;;https://evil.example\x07x", "]8;;https://evil.example" + "x"),
        ("safe\rrm -rf /", "safe\nrm -rf /"),
        ("safe\x08\x08\x08\x08evil", "safeevil"),
        ("a\u202e\u2067b\u2069\u202c", "ab"),
        ("1\u200f - \u200e2\u061c", "1 - 2"),
        ("a\u200d\u200c\u200d\ufe0fb", "a\u200db"),
        ("a\ufff0\U000e0fffb", "ab"),
    ],
)
def test_what_would_be_obeyed_or_hide_is_dropped(text, plain):
    assert to_plain(text) == plain


@pytest.mark.parametrize("text", ["مرحبا بالعالم، ٣ كتب (أ)", "שלום עולם 123", "می‌خواهم", "क्‍ष", "❤️‍🔥 1️⃣ 👩‍💻"])
def test_text_that_needs_its_joiners_or_runs_to_the_left_stays(text):
    assert to_plain(text) == text
    assert Page(to_html(text)).text.strip() == text


def test_an_entity_does_not_bring_back_what_was_dropped():
    page = Page(to_html("a&#8238;b &#8203;c&zwj;&zwj;d ![&#x202e;e](https://a.example) `&#8238;`"))
    assert page.text.strip() == "ab c\u200dd 🖼 e (a.example) &#8238;"


# Formulas


def test_words_as_they_are_do_not_hide_a_command():
    r"""After `\verb\a\` a typesetter reads on at the next backslash, in the middle of what we take for `\\`."""
    assert Page(to_html(r"$\verb\a\\href{javascript:pwned=1}{x}$")).formulas == []


@pytest.mark.parametrize("text", ["x$$ $<b>$$", "a$$ $b$$ c", "$$ $x$$", "$$x$ $$"])
def test_a_dollar_at_a_formulas_edge_makes_it_none(text):
    """It would stand beside the formula's own, and nobody could tell which ends are meant."""
    page = Page(to_html(text))
    assert page.formulas == []


def test_columns_are_not_repeated_without_end():
    assert not tex.is_allowed(r"\begin{array}{*{999999999}{c}}x\end{array}")
    assert tex.is_allowed(r"\begin{array}{*{12}{c}}x\end{array}")


def test_many_signs_share_one_element():
    """A megabyte of `$1` must not become thirty."""
    text = "$1 " * 5_000
    assert len(to_html(text)) < 2 * len(text)
    assert Page(to_html(text)).formulas == []
