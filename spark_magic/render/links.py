"""Links to the web and mail only; pictures as links one sees before anything is fetched."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from markdown_it.token import Token

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

# Checked after markdown-it decoded entities and percent-encoded the rest.
# A host is what a browser takes for one; a user name before it ("https://bank.com@evil.com") only deceives.
_ALLOWED = re.compile(
    r"(?:https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?(?:[/?#][\x21-\x7e]*)?|mailto:[\x21-\x7e]+)\Z", re.IGNORECASE
)
_NAME = re.compile(r"(?:[\w-]+\.)+[^\W\d]{2,}")
_HOST = re.compile(r"https?://(?:[^/?#]*@)?([^/?#:]+)", re.IGNORECASE)


def is_allowed(url: str) -> bool:
    """Tell whether `url` is an absolute http or https URL, or a mail address."""
    return _ALLOWED.match(url) is not None


def tame_links(state: "StateCore") -> None:
    """Core rule: other links become their text, pictures become links or text."""
    for token in state.tokens:
        if token.children:
            token.children = list(_tamed(token.children))


def _tamed(children: list[Token]) -> Iterator[Token]:
    urls: list[str] = []  # of the links that are open, "" for one that is not kept
    words = ""
    for child in children:
        if child.type == "image":
            yield from _picture(child, linked=any(urls))
        elif child.type == "link_open":
            url = str(child.attrs.get("href", ""))
            urls.append(url if is_allowed(url) else "")
            words = ""
            child.attrs = {"href": url}
            if urls[-1]:
                yield child
        elif child.type == "link_close":
            if url := urls.pop():
                yield from _true_host(words, url)
                yield child
        else:
            words += child.content
            yield child


def _true_host(words: str, url: str) -> Iterator[Token]:
    """Name the host of a link whose text looks like the address of another one."""
    host = _HOST.match(url)
    named = {name.lower() for name in _NAME.findall(words)}
    if host and named and host[1].lower() not in named:
        yield Token("text", "", 0, content=f" ({host[1]})")


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
