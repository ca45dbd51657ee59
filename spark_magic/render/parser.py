"""The two Markdown parsers: one for pages, one that sees blocks only."""

import functools
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from spark_magic.render.code import block_html, fence_html
from spark_magic.render.emphasis import CjkStateInline
from spark_magic.render.limits import MAX_NESTING, check_tokens, may_parse, spend_step
from spark_magic.render.links import tame_links
from spark_magic.render.maths import block_formula, inline_formula
from spark_magic.render.tex import formula, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.rules_core import StateCore

_ENDS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_DOLLARS = {"$": "$", "$$": "$$", r"\(": "$", r"\[": "$$"}


@functools.cache
def page_parser() -> MarkdownIt:
    """Markdown to HTML. Built once: it keeps no state between texts."""
    markdown = _block_rules(MarkdownIt("js-default", {"maxNesting": MAX_NESTING, "html": False}))
    markdown.inline.ruler.before("escape", "formula", inline_formula)
    markdown.core.ruler.at("inline", _parse_inline)
    markdown.core.ruler.push("links", tame_links)
    for kind, html in _RENDERERS.items():
        markdown.add_render_rule(kind, _rule(html))
    markdown.add_render_rule("fence", _fence)
    return _compiled(markdown)


@functools.cache
def block_parser() -> MarkdownIt:
    """Markdown to block tokens, without a look inside paragraphs.

    Link definitions count as paragraphs here: as definitions they would leave no token, and one whose title
    is still open changes from the one to the other.
    """
    markdown = _block_rules(MarkdownIt("js-default", {"maxNesting": MAX_NESTING, "html": False}))
    markdown.block.ruler.disable("reference")
    markdown.core.ruler.enableOnly(["normalize", "block"])
    return _compiled(markdown)


def _block_rules(markdown: MarkdownIt) -> MarkdownIt:
    interrupts = ["paragraph", "reference", "blockquote", "list"]
    markdown.block.ruler.before("fence", "formula_block", block_formula, {"alt": interrupts})
    markdown.block.ruler.before("table", "budget", spend_step, {"alt": interrupts})
    return markdown


def _compiled(markdown: MarkdownIt) -> MarkdownIt:
    """Have the rules sorted now: done at the first use, another thread might see half of them."""
    for ruler in (markdown.core.ruler, markdown.block.ruler, markdown.inline.ruler, markdown.inline.ruler2):
        ruler.getRules("")
    return markdown


def _parse_inline(state: "StateCore") -> None:
    """Core rule: parse paragraphs with our own state, and leave those alone that would take too long."""
    check_tokens(state.tokens)
    for token in state.tokens:
        if token.type != "inline":
            continue
        if not may_parse(state.env, token.content):
            token.children = [Token("text", "", 0, content=token.content)]
            continue
        paragraph = CjkStateInline(token.content, state.md, state.env, [])
        state.md.inline.tokenize(paragraph)
        for finish in state.md.inline.ruler2.getRules(""):
            finish(paragraph)
        token.children = paragraph.tokens


def _formula(token: Token) -> str:
    html = formula(token.content, _DOLLARS[token.markup])
    return f"<code>{escapeHtml(_source(token))}</code>" if html is None else f"<span>{html}</span>"


def _formula_block(token: Token) -> str:
    html = formula(token.content, "$$")
    if html is None:
        return block_html(_source(token))
    return f"<div><span>{html}</span>{literal(token.info)}</div>\n" if token.info else f"<div>{html}</div>\n"


def _fence(_self: object, tokens: "Sequence[Token]", index: int, *rest: Any) -> str:
    return fence_html(tokens[index], env=rest[-1])


def _source(token: Token) -> str:
    return token.markup + token.content + _ENDS[token.markup] + token.info


_RENDERERS: "dict[str, Callable[[Token], str]]" = {
    "text": lambda token: literal(token.content),
    "code_block": lambda token: block_html(token.content),
    "formula": _formula,
    "formula_block": _formula_block,
}


def _rule(html: "Callable[[Token], str]") -> "Callable[..., str]":
    """markdown-it's form of a renderer that needs the token alone."""

    def render(_renderer: object, tokens: "Sequence[Token]", index: int, *_rest: Any) -> str:
        return html(tokens[index])

    return render
