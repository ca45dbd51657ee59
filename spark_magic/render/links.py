"""Links to the web and mail only; pictures as links one sees before anything is fetched."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from spark_magic.render.plain import to_plain
from spark_magic.render.sanitizer import sanitized

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

# Checked after markdown-it decoded entities and percent-encoded the rest. A host is what a browser takes for one;
# a user name before it ("https://bank.com@evil.com") only deceives. Behind a mail address nothing more: some mail
# programs attach the file that `?attach=` names.
_ALLOWED = re.compile(
    r"(?:https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:[/?#][\x21-\x7e]*)?|mailto:[\x21-\x3e\x40-\x7e]+)\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[\w-]+\.)+[^\W\d]{2,}")
_HOST = re.compile(r"(?:https?://|mailto:[^@]*@)(\[[^\]]*\]|[^/?#:]+)", re.IGNORECASE)


def is_allowed(url: str) -> bool:
    """Tell whether `url` is an absolute http or https URL, or a mail address."""
    return _ALLOWED.match(url) is not None


def link(title: str, url: str) -> str:
    """Safe HTML of one link and its host; the title alone where `url` leads nowhere allowed. See `to_link`."""
    words = " ".join(to_plain(title).split())
    try:
        address = normalizeLink("".join(to_plain(url).split()))
    except ValueError:
        address = ""  # no host at all: `http://[`
    host = _HOST.match(address)
    if host is None or not is_allowed(address):
        return escapeHtml(words)
    shown = f"{words} ({host[1]})" if words else host[1]
    return sanitized(f'<a href="{escapeHtml(address)}">{escapeHtml(shown)}</a>')


def tame_links(state: "StateCore") -> None:
    """Core rule: other links become their text, pictures become links or text."""
    for token in state.tokens:
        if token.children:
            _clean(token.children)
            token.children = list(_tamed(token.children))


def _clean(children: Iterable[Token]) -> None:
    """Clean the text once more: an entity stood for a character that is dropped, `&#8238;` say."""
    for child in children:
        if child.type in {"text", "text_special"}:
            child.content = to_plain(child.content)
        _clean(child.children or ())


def _tamed(children: list[Token]) -> Iterator[Token]:
    urls: list[str] = []  # of the links that are open, "" for one that is not kept
    inside: list[Token] = []  # of the last one
    for child in children:
        if child.type == "image":
            picture = list(_picture(child, linked=any(urls)))
            inside += picture
            yield from picture
        elif child.type == "link_open":
            url = str(child.attrs.get("href", ""))
            urls.append(url if is_allowed(url) else "")
            inside = []
            child.attrs = {"href": url}
            if urls[-1]:
                yield child
        elif child.type == "link_close":
            if url := urls.pop():
                yield from _true_host(inside, url)
                yield child
        else:
            inside.append(child)
            yield child


def _true_host(inside: Iterable[Token], url: str) -> Iterator[Token]:
    """Name the host of a link whose text looks like the address of another one, or may do so once typeset."""
    host = _HOST.match(url)
    named = {name.lower() for name in _NAME.findall(_letters(inside))}
    typeset = any(token.type == "formula" for token in inside)
    if host and (typeset or named - {host[1].lower()}):
        yield Token("text", "", 0, content=f" ({host[1]})")


def _letters(tokens: Iterable[Token]) -> str:
    """Text as an eye reads it: wide and ornamented letters are letters, a dot of any kind is one, strokes are none."""
    text = unicodedata.normalize("NFKD", "".join(token.content for token in tokens))
    return "".join(char for char in text if not unicodedata.combining(char))


def _picture(image: Token, *, linked: bool) -> Iterator[Token]:
    """Text that names a picture and its host, as a link unless it stands in one or leads nowhere allowed."""
    url = str(image.attrs.get("src", ""))
    host = _HOST.match(url)
    words = ["\N{FRAME WITH PICTURE}", _words(image.children or [])]
    if host and is_allowed(url):
        words.append(f"({host.group(1)})")
    text = Token("text", "", 0, content=" ".join(filter(None, words)))
    if linked or not is_allowed(url):
        yield text
        return
    yield Token("link_open", "a", 1, attrs={"href": url})
    yield text
    yield Token("link_close", "a", -1)


def _words(children: list[Token]) -> str:
    """Plain text of a picture's description."""
    return "".join(" " if child.type.endswith("break") else child.content for child in children)
