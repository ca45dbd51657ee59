"""Variables and cells in a question."""

from typing import Final

VARIABLES: Final[dict[str, tuple[str, str]]] = {
    "variable.unknown": (
        "There is no variable {name}, which {{{{ {expression} }}}} needs.",
        "没有变量 {name}，而 {{{{ {expression} }}}} 需要它。",
    ),
    "variable.unknown.hint": (
        "Nothing was sent. Define it first; if the braces belong to the text, send it as it is with --raw.",
        "没有发送任何内容。请先定义它；如果双花括号本来就是文本的一部分，请加 --raw 原样发送。",
    ),
    "variable.mistyped": (
        "There is no variable {name}, which {{{{ {expression} }}}} needs. Did you mean {nearest}?",
        "没有变量 {name}，而 {{{{ {expression} }}}} 需要它。是不是 {nearest}？",
    ),
    "variable.mistyped.hint": (
        "Nothing was sent. If the braces belong to the text, send it as it is with --raw.",
        "没有发送任何内容。如果双花括号本来就是文本的一部分，请加 --raw 原样发送。",
    ),
    "variable.failed": (
        "{{{{ {expression} }}}} failed: {detail}",
        "{{{{ {expression} }}}} 求值失败：{detail}",
    ),
    "variable.failed.hint": (
        "Nothing was sent. Try the expression in a cell of its own; if the braces belong to the text, send it as it is"
        " with --raw.",
        "没有发送任何内容。请先在单独的单元格里试一下这个表达式；如果双花括号本来就是文本，请加 --raw 原样发送。",
    ),
    "variable.too_long": (
        "{{{{ {expression} }}}} has {size:,} characters; no model takes more than {most:,}.",
        "{{{{ {expression} }}}} 有 {size:,} 个字符；任何模型都不接受超过 {most:,} 个字符。",
    ),
    "variable.too_long.hint": (
        "Nothing was sent. Put a part of it in: {{{{ text[:10000] }}}}.",
        "没有发送任何内容。请只放入一部分，例如 {{{{ text[:10000] }}}}。",
    ),
    "label.put_in.text": ("{expression} ({size:,} characters)", "{expression}（{size:,} 个字符）"),
    "label.put_in.text.one": ("{expression} (1 character)", "{expression}（1 个字符）"),
    "label.put_in.table.one": ("{expression} (table, 1 row)", "{expression}（表格，1 行）"),
    "label.put_in.text.part": (
        "{expression} ({size:,} of {whole:,} characters)",
        "{expression}（{whole:,} 个字符中的 {size:,} 个）",
    ),
    "label.put_in.table": ("{expression} (table, {size:,} rows)", "{expression}（表格，{size:,} 行）"),
    "label.put_in.table.part": (
        "{expression} (table, {size:,} of {whole:,} rows)",
        "{expression}（表格，{whole:,} 行中的 {size:,} 行）",
    ),
    "label.and_more": ("{count} more", "另外 {count} 个"),
    "note.put_in": ("Put in: {items}", "已放入：{items}"),
    "note.left_as_is": (
        "Left as it is, since it is no expression that can be put in: {items}",
        "不是可以放入的表达式，保持原样：{items}",
    ),
    "note.cells": ("In front of the question: the last {count} cells.", "问题之前附上了最近的 {count} 个单元格。"),
    "note.cells.one": ("In front of the question: the last cell.", "问题之前附上了最近的一个单元格。"),
    "note.cells.none": (
        "There is no earlier cell to put in front of the question.",
        "没有可以附在问题之前的单元格。",
    ),
    "note.credentials_withheld": (
        "Credentials stood in what was put in: **** is sent in their place.",
        "放入的内容中含有凭证：已替换为 **** 再发送。",
    ),
    "help.raw": ("send the text as it is: {{{{ }}}} is no variable", "原样发送文本：{{{{ }}}} 不作为变量"),
    "help.cells": (
        "put the last N cells with their outputs in front of the question",
        "把最近 N 个单元格及其输出放在问题之前",
    ),
}
