"""How an answer looks: the final form carries what it needs inline, the live one is made to look like it.

The final form is plain blocks in a `.spark-magic`; the live one is widgets, which have a font, margins and boxes of
their own. Nothing may move when the one takes the other's place.
"""

from typing import Final

_COLOUR: Final = "color:var(--jp-ui-font-color2,#757575)"
_RULE: Final = "border-left:2px solid var(--jp-border-color1,#bdbdbd);padding-left:.8em"

QUIET: Final = f"{_COLOUR};font-size:85%"
MARK: Final = "color:var(--jp-warn-color0,#b26a00);font-size:85%"
HEAD: Final = "line-height:2.2"  # of the one line above the answer; room for a button in it
NOTE: Final = f"{QUIET};line-height:1.5;margin-top:.3em"
SUMMARY: Final = f"{QUIET};cursor:pointer;line-height:1.8;margin-bottom:.4em"
REASONING: Final = f"{QUIET};{_RULE};margin-bottom:.8em"

NO_FORMULAS: Final = "mathjax_ignore tex2jax_ignore"  # classes of what no frontend may typeset

# A formula can be moved and coloured: it must not write over our own line, while a wide table can be scrolled.
INSIDE: Final = "contain:paint;overflow-x:auto;overflow-y:hidden"

# JupyterLab leaves no room between code and what follows, and puts words in tables to the right. The class stands
# twice in order to weigh as much as JupyterLab's own rules; of two equals the later one counts.
_PAGE: Final = (
    ".spark-magic.spark-magic pre{margin:0 0 1em}"
    ".spark-magic.spark-magic td,.spark-magic.spark-magic th{text-align:left}"
)
FINAL_STYLE: Final = f"<style>{_PAGE}</style>"

_FONT: Final = (
    "font-size:var(--jp-content-font-size1,inherit);font-family:var(--jp-content-font-family,inherit);"
    "line-height:var(--jp-content-line-height,inherit)"
)
_LIVE: Final = (
    _PAGE,
    # Blocks, not boxes, so that margins between two widgets collapse as they do between two paragraphs.
    ".spark-magic.widget-vbox,.spark-magic .widget-vbox,.spark-magic .spark-magic-block{display:block}",
    # A formula stays in its block, like INSIDE, but margins still collapse; the widgets' own layout says `visible`.
    ".spark-magic .spark-magic-block{overflow-y:clip!important}",
    f".spark-magic.widget-vbox{{{INSIDE.replace(';', '!important;')}!important}}",
    f".spark-magic.jupyter-widgets,.spark-magic .jupyter-widgets{{{_FONT}}}",
    ".spark-magic .widget-html-content{line-height:inherit}",
    # JupyterLab treats the first heading, the last block and the tables of an output apart; here it is in the middle.
    ".spark-magic-block+.spark-magic-block>div>:is(h1,h2,h3,h4,h5,h6):first-child"
    "{margin-top:var(--jp-content-heading-margin-top)}",
    ".spark-magic .spark-magic-block>div{margin-bottom:0}",
    ".spark-magic .spark-magic-block table{margin-left:0;margin-right:0}",
    # A long code block is split between two lines: no gap there.
    ".spark-magic-block:has(>div>pre:last-child)+.spark-magic-block>div>pre:first-child{margin-top:-1em}",
    ".spark-magic .spark-magic-head{align-items:center;gap:.8em}",
    # Where anywidget is not installed beside JupyterLab, its place must not show an error: no Stop button, that is all.
    ".spark-magic-head .jupyter-widgets-error-widget{display:none}",
    # The section is opened by a `details` beside it, whose state an update of the text does not touch.
    f".spark-magic .spark-magic-reasoning{{display:none;{REASONING}}}",
    f".spark-magic-reasoning .spark-magic-block{{{_COLOUR};font-size:inherit}}",
    ".spark-magic-fold:has(details[open])+.spark-magic-reasoning{display:block}",
)
LIVE_STYLE: Final = f"<style>{''.join(_LIVE)}</style>"
