"""Code blocks, coloured inline with the notebook theme's CSS variables."""

import functools
import re
import time
from collections.abc import Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from spark_magic.render.limits import CostError, may_colour, spend_colouring

if TYPE_CHECKING:  # the first words of a kernel's first answer need not wait for Pygments
    from pygments.lexer import Lexer  # type: ignore[import-untyped]  # no stubs
    from pygments.token import _TokenType  # type: ignore[import-untyped]  # no stubs

MAX_COLOURED = 20_000
"""Characters of a block; a longer one stays plain, since it would be coloured anew at every update."""

MAX_LINE = 1_000
"""Characters of a line; Pygments 2.21 needs 10 s for 20,000 zeros in OCaml."""

_BLANKS = re.compile(r"\s{200}")  # 20,000 blank lines take 10 s in MATLAB

MAX_SECONDS = 0.2
"""Processor time for colouring one block. Pygments 2.21 needs 23 s for 20,000 blank lines of C."""

# Looking up any other name would import every plug-in of Pygments, and each of its 500 lexers is one more set
# of regular expressions that hostile code could make slow.
_LANGUAGES = frozenset(
    """bash c c# c++ clojure cmake cpp cs csharp css cuda dart diff docker dockerfile elixir erlang f#
    fortran fsharp go golang graphql groovy haskell hs html ini ipython java javascript js json jsx
    julia kotlin latex less lisp lua make makefile matlab nginx objc objective-c ocaml perl php
    plpgsql postgresql powershell properties proto protobuf ps1 py py3 pycon pytb python python3 r rb rs ruby
    rust rst sas scala scheme scss sh shell sql swift tcl terraform tex toml ts tsx typescript vb.net
    verilog vhdl vue xml yaml yml zig zsh""".split()  # noqa: SIM905 - words read better than quotes
)


# What lexers raise on text they did not expect: it costs the colours, not the answer. (Pascal: EndOfText.)
_LEXER_BUGS = (LookupError, ValueError, TypeError, AttributeError, RuntimeError)


def fence_html(token: Token, env: MutableMapping[str, Any]) -> str:
    """HTML of a fenced block, coloured while the page's budget lasts."""
    code = _without_half_typed_end(token)
    if not may_colour(env):
        return block_html(code)
    started = time.thread_time()
    html = block_html(code, (token.info.split() or [""])[0].lower())
    spend_colouring(env, time.thread_time() - started)
    return html


def block_html(code: str, language: str = "") -> str:
    """HTML of a code block, coloured when the language is known and the block not too long."""
    coloured = language in _LANGUAGES and _is_ordinary(code)
    return f"<pre><code>{_coloured(code, language) if coloured else escapeHtml(code)}</code></pre>\n"


def _is_ordinary(code: str) -> bool:
    """Tell code from the shapes on which lexers take seconds for a single step."""
    lines = code.split("\n") if len(code) <= MAX_COLOURED else []
    return 0 < max(map(len, lines), default=0) <= MAX_LINE and not _BLANKS.search(code)


def is_open(fence: Token) -> bool:
    """Tell whether a fence's end is missing: its lines are the opening and the content."""
    lines = fence.content.count("\n") + (not fence.content.endswith("\n") and fence.content != "")
    return fence.map is not None and fence.map[1] - fence.map[0] == 1 + lines


def _without_half_typed_end(fence: Token) -> str:
    """Content of a fence, less a last line that is about to become its end."""
    head, newline, last = fence.content.rpartition("\n")
    mark = re.escape(fence.markup[0])
    if is_open(fence) and len(last) < len(fence.markup) + 3 and re.fullmatch(rf" {{0,3}}{mark}+", last):
        return head + newline
    return fence.content


@functools.lru_cache(maxsize=16)
def _coloured(code: str, language: str) -> str:
    """HTML of coloured code, or of plain code when colouring it takes too long."""
    try:
        runs = list(_runs(_pieces(code, _lexer(language))))
    except (CostError, *_LEXER_BUGS):
        return str(escapeHtml(code))
    return "".join(
        f'<span style="{style}">{escapeHtml(text)}</span>' if style else escapeHtml(text) for style, text in runs
    )


def _pieces(code: str, lexer: "Lexer") -> Iterator[tuple[str, str]]:
    """Style and text of each token. Raises CostError when the lexer is too slow on this code."""
    deadline = time.thread_time() + MAX_SECONDS
    for count, (kind, text) in enumerate(lexer.get_tokens(code)):
        if count % 16 == 0 and time.thread_time() > deadline:  # asking takes 1 µs, a token 4 to 8
            raise CostError
        yield _style(kind), text


@functools.cache
def _lexer(language: str) -> "Lexer":
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # noqa: PLC0415  # see above

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _runs(pieces: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours of one style as one piece; blanks go with any."""
    style, texts = "", list[str]()
    for other, text in pieces:
        if other != style and not text.isspace():
            if texts:
                yield style, "".join(texts)
            style, texts = other, []
        texts.append(text)
    if texts:
        yield style, "".join(texts)


@functools.cache
def _known_styles() -> "dict[_TokenType, Any]":
    from jupyterlab_pygments import JupyterStyle  # type: ignore[import-untyped]  # noqa: PLC0415  # see above

    return dict(JupyterStyle)


@functools.cache
def _style(kind: "_TokenType") -> str:
    """CSS of a kind of token; frontends without the variables take the colour of the text around."""
    from pygments.token import Punctuation  # noqa: PLC0415  # see above

    while kind not in _known_styles():  # lexers make kinds of their own, such as String.Name in PostgreSQL
        kind = kind.parent
    if kind in Punctuation:  # a span for each bracket makes the HTML 6.4 times the code instead of 4.2
        return ""
    found = _known_styles()[kind]
    rules = [
        f"color:{found['color']}" if found["color"] else "",
        "font-weight:bold" if found["bold"] else "",
        "font-style:italic" if found["italic"] else "",
    ]
    return ";".join(filter(None, rules))
