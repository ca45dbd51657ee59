"""A strict reader of the HTML that `render` makes: what is not on its own short list fails the test."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest

TAGS = {
    *("a", "blockquote", "br", "code", "div", "em", "hr", "li", "ol", "p", "pre", "s", "span", "strong", "ul"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
}
VOID = {"br", "hr"}
STYLE = re.compile(
    r"(?:text-align:(?:left|right|center)"
    r"|(?:color:var\(--jp-mirror-editor-[a-z0-9-]+\);?)?(?:font-weight:bold;?)?(?:font-style:italic;?)?)\Z"
)
LINK = re.compile(
    r"(?:https?://(?P<host>\[[^\]]*\]|[^/?#@:\s\\<>\"]+)(?::\d*)?(?:[/?#][!-~]*)?|mailto:(?:[^@?]+@(?P<mail>[^?]+)|[^?]*))\Z",
    re.IGNORECASE,
)
NAMES_A_HOST = re.compile(r"[a-z0-9]\.[a-z]{2}", re.IGNORECASE)
IGNORED = "mathjax_ignore tex2jax_ignore"
STARTS_FORMULA = re.compile(r"\$|\\[(\[]|\\(?:begin|ref|eqref)\b")
FORMULA = re.compile(r"(\$\$?)(?!\$)(?P<tex>.*?[^\\]|(?:.*?[^\\])?(?:\\.)+)\1\Z", re.DOTALL)
DANGER = re.compile(
    r"\\(?:href|url|style|class|cssId|data|require|html\w*|includegraphics|[gex]?def|let|(?:re)?newcommand"
    r"|(?:re)?newenvironment|DeclareMathOperator|unicode|special|input|include|mmlToken|toggle|bbox|enclose"
    r"|csname|global|label|(?:eq)?refe?q?|char|U|mathtoolsset|setOptions|definecolor|Newextarrow|action)(?![A-Za-z])"
    r"|\*\{\d{3}"
)
# What a terminal obeys or nobody sees; tab, newline and (one at a time) joiners and selectors are what is left of it.
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]|[\u200c\u200d\ufe00-\ufe0e\u180b-\u180d\u180f][\u200c\u200d\ufe00-\ufe0f\u180b-\u180d\u180f]"
)
VISIBLE = {"\u200c", "\u200d", "\n", "\t"}


def check_clean(text):
    """Nothing in a text is obeyed by a terminal, changes its direction, or hides."""
    assert not OBEYED.search(text), ascii(text)
    for char in set(text) - VISIBLE:
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}, ascii(char)
        assert unicodedata.bidirectional(char) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class Page(HTMLParser):
    """One page, or one block of it: links, formulas, text and code that were found."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.formulas, self.text, self.code = [], [], [], "", ""
        self.string, self.link, self.words = "", None, ""
        self.feed(page)
        self.close()
        self.end_string()
        assert self.open == [], f"not closed: {self.open}"
        check_clean(self.text)

    def handle_starttag(self, tag, attrs):
        self.end_string()
        assert tag in TAGS, tag
        assert len(dict(attrs)) == len(attrs), attrs
        self.check_attributes(tag, dict(attrs))
        assert tag != "a" or all(outer != "a" for outer, _ in self.open), "a link in a link"
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class")))

    def check_attributes(self, tag, attrs):
        if tag == "a":
            self.check_link(attrs)
        elif tag == "ol":
            assert re.fullmatch(r"\d*", attrs.pop("start", ""))
            assert not attrs
        elif tag == "span":
            assert attrs in ({}, {"class": IGNORED}) or STYLE.match(attrs["style"]), attrs
            assert set(attrs) <= {"class", "style"}
        else:
            assert not attrs or (tag in {"td", "th"} and set(attrs) == {"style"} and STYLE.match(attrs["style"]))

    def check_link(self, attrs):
        """A link opens elsewhere and tells nobody where from; one whose address no browser reads has none."""
        assert (attrs.pop("target"), attrs.pop("rel")) == ("_blank", "noopener noreferrer")
        assert set(attrs) <= {"href"}
        self.link, self.words = LINK.match(attrs.get("href", "https://none")), ""
        assert self.link, attrs
        self.links += attrs.values()

    def handle_endtag(self, tag):
        self.end_string()
        assert self.open.pop()[0] == tag
        if tag == "a":
            self.check_words()

    def check_words(self):
        """A link's text may name another host, but the true one stands beside it."""
        host = self.link["host"] or self.link["mail"]
        if host and host != "none" and NAMES_A_HOST.search(self.words):
            assert host.lower() in self.words.lower(), (self.words, host)

    def handle_data(self, data):
        self.string += data

    def end_string(self):
        """Look at a text between two tags as a typesetter does, which never looks across a tag."""
        string, self.string = self.string, ""
        self.text += string
        self.words += string
        if any(tag in {"code", "pre"} or kind == IGNORED for tag, kind in self.open):
            self.code += string
        elif STARTS_FORMULA.search(string):
            formula = FORMULA.match(string)
            assert formula, f"a formula nobody checked: {string!r}"
            check_tex(formula["tex"])
            self.formulas.append(string)

    def handle_comment(self, data):
        pytest.fail(f"comment {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def check_tex(tex):
    r"""Nothing in a formula links, loads, styles or defines; and no `\verb`, behind which nobody can tell."""
    assert "\\verb" not in tex.replace(r"\\", ""), tex
    assert not DANGER.search(tex.replace(r"\\", "")), tex
