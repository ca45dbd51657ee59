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

# Several answers: as many beside each other as have room to be read, the others below.
_GRID: Final = "grid-template-columns:repeat(auto-fit,minmax(min(100%,20em),1fr));column-gap:1.5em;row-gap:1em"
COLUMNS: Final = f"display:grid;align-items:start;{_GRID}"
COLUMN: Final = "min-width:0;overflow-wrap:break-word;border-top:1px solid var(--jp-border-color2,#e0e0e0)"

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
    # The ordinary button of the background looks like the other one.
    ".spark-magic .spark-magic-background-stop.jupyter-button{width:auto;height:auto;padding:0 .9em;line-height:1.7;"
    "border-radius:3px;border:1px solid var(--jp-border-color1,#bdbdbd);background:var(--jp-layout-color1,transparent);"
    "color:var(--jp-ui-font-color1,inherit);font-size:85%;box-shadow:none}",
    # Where anywidget is not installed beside JupyterLab, its place must not show an error: no Stop button, that is all.
    ".spark-magic-head .jupyter-widgets-error-widget{display:none}",
    # The section is opened by a `details` beside it, whose state an update of the text does not touch.
    f".spark-magic .spark-magic-reasoning{{display:none;{REASONING}}}",
    f".spark-magic-reasoning .spark-magic-block{{{_COLOUR};font-size:inherit}}",
    ".spark-magic-fold:has(details[open])+.spark-magic-reasoning{display:block}",
)
_COLUMNS: Final = (
    f".spark-magic .spark-magic-columns.spark-magic-columns{{{COLUMNS}}}",
    f".spark-magic .spark-magic-column.spark-magic-column{{{COLUMN};{INSIDE.replace(';', '!important;')}!important}}",
)
_COLUMNS_IN_LAB: Final = (
    # JupyterLab leaves so much room beside an output: once, not in each column.
    ".jp-OutputArea .spark-magic .spark-magic-columns{padding-right:20px}",
    ".jp-OutputArea .spark-magic .spark-magic-column .spark-magic-block,"
    ".jp-OutputArea .spark-magic .spark-magic-column.spark-magic-block{padding-right:0}",
)
LIVE_COLUMNS_STYLE: Final = f"<style>{''.join((*_LIVE, *_COLUMNS, *_COLUMNS_IN_LAB))}</style>"
LIVE_STYLE: Final = f"<style>{''.join(_LIVE)}</style>"
