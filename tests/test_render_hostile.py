"""What a hostile answer may try, and the proof that none of it reaches the page."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.render import sanitizer, to_html, to_plain

TAGS = {
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "span",
    "strong",
    "table",
    "tbody",
    "thead",
} | {*("a", "br", "code", "div", "em", "hr", "li", "ol", "p", "s", "td", "th", "tr", "ul")}
VOID = {"br", "hr"}
STYLE = re.compile(
    r"(?:text-align:(?:left|right|center)"
    r"|(?:color:var\(--jp-mirror-editor-[a-z0-9-]+\);?)?(?:font-weight:bold;?)?(?:font-style:italic;?)?)\Z"
)
LINK = re.compile(r"(?:https?://[^/?#@\s\\<>\"]+(?:[/?#][!-~]*)?|mailto:[!-~]+)\Z", re.IGNORECASE)
IGNORED = "mathjax_ignore tex2jax_ignore"
STARTS_FORMULA = re.compile(r"\$|\\[(\[]|\\(?:begin|ref|eqref)\b")
FORMULA = re.compile(r"(\$\$?)(?!\$)(?P<tex>.*?[^\\]|(?:.*?[^\\])?(?:\\.)+)\1\Z", re.DOTALL)
DANGER = re.compile(
    r"\\(?:href|url|style|class|cssId|data|require|html\w*|includegraphics|[gex]?def|let|(?:re)?newcommand"
    r"|(?:re)?newenvironment|DeclareMathOperator|unicode|special|input|include|mmlToken|toggle|bbox|enclose)"
    r"(?![A-Za-z])"
)


class Page(HTMLParser):
    """A strict reader: every element, attribute and text of a page is on the allow-list or the test fails."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.formulas, self.text, self.code = [], [], [], "", ""
        self.string = ""
        self.feed(page)
        self.close()
        self.end_string()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.end_string()
        assert tag in TAGS, tag
        self.check_attributes(tag, dict(attrs))
        assert tag != "a" or all(outer != "a" for outer, _ in self.open), "a link in a link"
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class")))

    def check_attributes(self, tag, attrs):
        if tag == "a":
            assert set(attrs) == {"href", "target", "rel"}
            assert LINK.match(attrs["href"]), attrs["href"]
            assert (attrs["target"], attrs["rel"]) == ("_blank", "noopener noreferrer")
            self.links.append(attrs["href"])
        elif tag == "ol":
            assert re.fullmatch(r"\d*", attrs.pop("start", "")) and not attrs  # noqa: PT018 - one promise
        elif tag == "span":
            assert attrs in ({}, {"class": IGNORED}) or STYLE.match(attrs["style"]), attrs
            assert set(attrs) <= {"class", "style"}
        else:
            assert not attrs or (tag in {"td", "th"} and set(attrs) == {"style"} and STYLE.match(attrs["style"]))

    def handle_endtag(self, tag):
        self.end_string()
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.string += data

    def end_string(self):
        """Look at a text between two tags as a typesetter does, which never looks across a tag."""
        string, self.string = self.string, ""
        self.text += string
        if any(tag in {"code", "pre"} or kind == IGNORED for tag, kind in self.open):
            self.code += string
        elif STARTS_FORMULA.search(string):
            formula = FORMULA.match(string)
            assert formula, f"a formula nobody checked: {string!r}"
            assert not DANGER.search(formula["tex"].replace(r"\\", "")), string
            self.formulas.append(string)

    def handle_comment(self, data):
        pytest.fail(f"comment {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.y/a.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)//",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href=javascript:alert(1)>x</math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html,x></object><embed src=x>",
    "<form action=javascript:alert(1)><input type=submit></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<style>*{background:url(//x.y/a)}</style>",
    "<link rel=stylesheet href=//x.y/a.css>",
    "<meta http-equiv=refresh content='0;url=//x.y'>",
    "<base href=//x.y/>",
    "<body onload=alert(1)>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%'>x</div>",
    "<div style=background:url(javascript:alert(1))>x",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<a href=javascript:alert(1)>x</a>",
    "<a id=jp-main-dock-panel class=jp-mod-active name=x>x</a>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!-- --><img src=x onerror=alert(1)><!-- -->",
    "<!--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!DOCTYPE html><script>alert(1)",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "</p></div></body><script>alert(1)</script>",
    "<div\n\nonclick=alert(1)",
    "<a href='",
    "<textarea><img title='</textarea><img src onerror=alert(1)>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](<java script:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](%6Aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](\u00adjavascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/x)",
    "[x](/lab/api/kernels)",
    "[x](../files/a)",
    "[x](#jp-main)",
    "[x](https:evil)",
    "[x](http:\\\\evil.example)",
    "[x](https:///evil)",
    "[x](https://)",
    "[x](ftp://a.b)",
    "[x](blob:https://a.b/c)",
    "[x](view-source:javascript:alert(1))",
    "[x](feed:javascript:alert(1))",
    "[x](https://a.b 'onmouseover=alert(1)')",
    '[x](https://a.b/"onmouseover=alert(1)//)',
    "[x](<https://a.b/' onclick='alert(1)>)",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a][]\n\n[a]: <data:text/html,x> 'title\" onclick=\"alert(1)'",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    '<https://a.b/"><script>alert(1)</script>',
    "![x](https://evil.example/pixel.png)",
    '![x" onerror="alert(1)](x)',
    "![x](javascript:alert(1))",
    "![x](data:image/png;base64,AAAA)",
    "![<script>alert(1)</script>](https://a.b/c.png)",
    "![x][a]\n\n[a]: https://evil.example/p.gif",
    "[![![x](https://a.b/1)](https://a.b/2)](https://a.b/3)",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "![[x](javascript:alert(1))](https://a.b)",
    "[<img src=x onerror=alert(1)>](https://a.b)",
    "[`](javascript:alert(1))`](https://a.b)",
    "**<b onclick=alert(1)>**",
    "# <h1 onclick=alert(1)>",
    "> <script>\n> alert(1)\n> </script>",
    "- <script>\n  alert(1)\n  </script>",
    "|<script>|\n|--|\n|<img src=x onerror=alert(1)>|",
    '|a|\n|:-:" onclick=alert(1)|\n|b|',
    "```<script>alert(1)</script>\nx\n```",
    '```"onclick="alert(1)\nx\n```',
    "```html\n<script>alert(1)</script>\n</code></pre><img src=x onerror=alert(1)>\n```",
    "```python\n'</span></code></pre><script>alert(1)</script>'\n",
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\href{javascript:alert(1)}{x}$$",
    "\\(\\href{javascript:alert(1)}{x}\\)",
    "\\[\n\\href{javascript:alert(1)}{x}\n\\]",
    "$\\\\\\href{javascript:alert(1)}{x}$",
    "$\\style{position:fixed}{x}$ $\\class{jp-x}{x}$ $\\cssId{a}{x}$",
    "$\\def\\x{\\x\\x}\\x$ $\\newcommand{\\y}{\\y}$ $\\require{html}$",
    "$\\htmlData{a=b}{x}$ $\\includegraphics{https://evil.example/p}$",
    "$\\unicode[x;background:url(//x)]{65}$ $\\bbox[background:url(//x)]{y}$",
    "$</span><script>alert(1)</script>$",
    "$$\n</div><img src=x onerror=alert(1)>\n$$",
    "&#36;\\href{javascript:alert(1)}{x}&#36;",
    "\\$\\href{javascript:alert(1)}{x}\\$",
    "&#92;(\\href{javascript:alert(1)}{x}&#92;)",
    "\\\\(\\href{javascript:alert(1)}{x}\\\\)",
    "\\\\begin{equation}\\href{javascript:alert(1)}{x}\\\\end{equation}",
    "\\begin{align}\\href{javascript:alert(1)}{x}\\end{align}",
    "$a{$ \\href{javascript:alert(1)}{x} $}b$",
    "costs $5, \\href{javascript:alert(1)}{x} and $6",
    "\\($\\href{javascript:alert(1)}{x}$\\)",
    "$x\\$ \\href{javascript:alert(1)}{x} $",
    "[$x](https://a.b) \\href{javascript:alert(1)}{y} [z$](https://a.b)",
    "*$a* \\href{javascript:alert(1)}{y} *b$*",
    "![$\\href{javascript:alert(1)}{x}$](https://a.b)",
    "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",
    "\u202etpircs<\u202c <scr\u200bipt>alert(1)</scr\u200bipt>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\ud83d<script>\ude00alert(1)",
    "<a href=https://a.b\u2028onclick=alert(1)>",
]


def scrambled():
    """Pieces of hostile texts, glued together in any order."""
    whole = st.sampled_from(HOSTILE)
    cut = st.builds(lambda text, start, size: text[start : start + size], whole, st.integers(0, 20), st.integers(1, 30))
    glue = st.sampled_from(["", " ", "\n", "\n\n", "\n- ", "\n> ", "`", "$", "\\", "\n```\n", "|", "](", "*"])
    return st.lists(st.one_of(whole, cut, glue), max_size=12).map("".join)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_prefix_of_a_hostile_answer_is_safe(text):
    """An answer is shown while it streams, so each of its beginnings has to be safe as well."""
    for length in range(len(text) + 1):
        Page(to_html(text[:length]))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_safe_inside_other_blocks(text):
    for before in (
        "> ",
        "- ",
        "1. ",
        "# ",
        "**",
        "[",
        "| a |\n|---|\n| ",
        "```\n",
        "x\n",
        "$",
        "$$\n",
        "\\[",
    ):
        Page(to_html(before + text))


@given(scrambled())
@settings(max_examples=400, deadline=None)
def test_any_mixture_of_hostile_texts_is_safe(text):
    Page(to_html(text))


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_safe(text):
    Page(to_html(text))


@given(st.text(alphabet="$\\()[]{}*_`|~<>&#;!: \n\t-=1.ax中：\"'/", max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_text_of_marks_is_safe(text):
    """No mixture of marks starts a formula that was not checked, or breaks the nesting of elements."""
    Page(to_html(text))


@pytest.mark.parametrize("text", [text for text in HOSTILE if "<" in text])
def test_the_second_barrier_holds_alone(text):
    """The sanitizer is given the hostile HTML itself, as if Markdown had let it through."""
    page = sanitizer.sanitized(to_plain(text))
    assert not re.search(
        r"<(?:script|style|img|svg|math|iframe|form|input|object|embed|link|meta|base)\b", page, re.IGNORECASE
    )
    assert not re.search(r"<[^>]*\s(?:on\w+|src|srcset|id|name|srcdoc|action|formaction)\s*=", page, re.IGNORECASE)
    assert not re.search(r"(?:href|style)=[^>]*(?:javascript|position|url\()", page, re.IGNORECASE)


def test_pictures_are_links_and_load_nothing():
    page = Page(to_html("![a *cat*](https://cats.example/a.png?x=1)"))
    assert page.links == ["https://cats.example/a.png?x=1"]
    assert page.text.strip() == "🖼 a cat (cats.example)"


def test_a_picture_inside_a_link_is_its_text():
    page = Page(to_html("[![cat](https://cats.example/a.png)](https://dogs.example)"))
    assert page.links == ["https://dogs.example"]
    assert "🖼 cat (cats.example)" in page.text


@pytest.mark.parametrize("url", ["https://a.b/c?d=e&f=%20#g", "HTTP://a.b", "mailto:a@b.c"])
def test_links_to_web_and_mail_stay(url):
    assert Page(to_html(f"[x]({url})")).links == [html.unescape(url)]


@pytest.mark.parametrize("url", ["/a", "a.md", "//a.b", "ftp://a.b", "#a", "tel:1", "https:/a", "x:y"])
def test_other_links_are_their_text(url):
    page = Page(to_html(f"see [the *page*]({url}) now"))
    assert (page.links, page.text.strip()) == ([], "see the page now")
