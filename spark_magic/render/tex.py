"""TeX on its way to the frontend's typesetter: where a formula ends, and which ones are not let through."""

import re

from markdown_it.common.utils import escapeHtml

# Commands of MathJax 2 to 4 and KaTeX that link, load, style, set attributes, name any character or define others.
# And `\verb`, which reads to a sign of its own choice: after `\verb\a\` the next backslash begins a command.
_FORBIDDEN = frozenset(
    r"""href url style class cssId data require includegraphics bbox enclose toggle action texttip mathtip
    def gdef edef xdef let futurelet global long expandafter csname catcode newcommand renewcommand
    providecommand newenvironment renewenvironment DeclareMathOperator
    DeclarePairedDelimiter DeclarePairedDelimiters DeclarePairedDelimiterX DeclarePairedDelimiterXPP
    newtagform renewtagform usetagform Newextarrow newcounter setOptions special input include mmlToken
    unicode char U label ref eqref refeq mathtoolsset definecolor verb""".split()  # noqa: SIM905 - words read better than quotes
)
_FORBIDDEN_PREFIXES = ("html", "new", "renew", "provide", "Declare")  # \htmlStyle; \newcolumntype: later formulas, too
_HARMLESS = frozenset(["newline"])
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")  # innocent, but a second one of its name is an error in the user's own
_FLOOD = re.compile(r"\*\s*\{\s*[0-9]{3}")  # `*{999999999}{c}`: so many columns stop the browser
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)

_ENDS = {
    end: re.compile(re.escape(end) + r"|\\.|[{}]", re.DOTALL) for end in ("$", "$$", r"\)", r"\]")
}  # an end is no end behind a backslash or inside braces: how MathJax and KaTeX look for it
_EDGE_DOLLAR = re.compile(r"\A\$|(?<!\\)(?:\\\\)*\$\Z")  # beside ours it would be read as one of them
_HANGING_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")

LITERAL_OPEN = '<span class="mathjax_ignore tex2jax_ignore">'
_LITERAL = re.compile(r"\$|\\+")
_MANY = 50  # signs in one text, from which on they share one element: a megabyte of "$1" would become thirty


def find_end(text: str, start: int, stop: int, end: str) -> int:
    """Position of the `end` of a formula whose TeX starts at `start`, or -1; minds braces as MathJax does."""
    depth = 0
    for match in _ENDS[end].finditer(text, start, stop):
        found = match.group()
        if found == "{":
            depth += 1
        elif found == "}":
            depth = max(0, depth - 1)
        elif found == end and not depth:
            return match.start()
    return -1


def is_allowed(tex: str) -> bool:
    """Tell whether no command in `tex` can link, load, style or define, and no column is repeated without end."""
    commands = _COMMAND.findall(tex)
    return not _FLOOD.search(tex) and not any(_is_forbidden(name) for name in commands)


def _is_forbidden(name: str) -> bool:
    return name in _FORBIDDEN or (name.startswith(_FORBIDDEN_PREFIXES) and name not in _HARMLESS)


def formula(tex: str, dollars: str) -> str | None:
    """HTML text of a formula between `dollars`, or None when it must not reach the typesetter."""
    tex = _LABEL.sub("", tex).strip()
    if _HANGING_BACKSLASH.search(tex):
        tex += " "  # "\ " at the end lost its blank, and the backslash would take the dollar
    if not tex or _EDGE_DOLLAR.search(tex) or not is_allowed(tex) or find_end(tex, 0, len(tex), dollars) >= 0:
        return None
    return f"{dollars}{escapeHtml(tex)}{dollars}"


def literal(text: str) -> str:
    r"""HTML of prose in which no `$`, `\(`, `\[` or `\begin` can start a formula.

    Typesetters do not look for formulas across elements, so each of these signs gets one of its own, or many the
    one of their whole text.
    """
    escaped: str = escapeHtml(text)
    signs = text.count("$") + text.count("\\")
    if signs > _MANY:
        return f"{LITERAL_OPEN}{escaped}</span>"
    if not signs:
        return escaped
    return _LITERAL.sub(rf"{LITERAL_OPEN}\g<0></span>", escaped)
