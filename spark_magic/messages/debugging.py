"""Asking again, going on with an answer, and explaining errors; what begins with `sent.` goes to the model."""

from typing import Final

DEBUGGING: Final[dict[str, tuple[str, str]]] = {
    "help.continue": (
        "go on with the last answer where it was cut or stopped; no question is needed",
        "从上一个回答被截断或停止的地方继续；无需写问题",
    ),
    "help.retry": (
        "%spark_retry [options]\n\n"
        "Ask the last question again, as it was sent (variables are not read again) and with the same options, but\n"
        "for those given here. The answer takes the last one's place; should it fail, the old one stays.",
        "%spark_retry [选项]\n\n"
        "原样重新提出上一个问题（不会重新读取变量），选项与当时相同，这里给出的选项除外。\n"
        "新回答取代上一个回答；如果失败，原回答保留。",
    ),
    "help.explain": (
        "%spark_explain [options] [question]\n\n"
        "Send the last error's traceback and the cell it came from, and show what the model says about it.\n"
        "Values of variables, of the environment and credentials stay here; --dry-run shows what would be sent.",
        "%spark_explain [选项] [问题]\n\n"
        "发送上一个错误的回溯和出错的单元格，并显示模型的解释。\n"
        "变量的值、环境变量和凭证不会发送；--dry-run 可查看将要发送的内容。",
    ),
    "help.fix": (
        "put the corrected cell below, not run",
        "把改正后的单元格放在下面，不运行",
    ),
    "usage.stray.retry": (
        "{magic} takes options only: it asks the last question once more. A new one goes after %spark.",
        "{magic} 只接受选项：它会重新提出上一个问题。新问题请写在 %spark 后面。",
    ),
    "usage.stray.explain": (
        "{magic} takes options, then the question.",
        "{magic} 先写选项，再写问题。",
    ),
    "usage.nothing_asked": (
        "Nothing has been asked in this conversation yet. Ask with %%spark first; another conversation is `-n NAME`.",
        "这个对话还没有提过问题。请先用 %%spark 提问；其他对话用 `-n 名称`。",
    ),
    "usage.nothing_to_continue": (
        "No words of the last answer have come: there is nothing to go on with. `%spark_retry` asks again.",
        "上一个回答没有收到任何文字，无法继续。`%spark_retry` 可重新提问。",
    ),
    "usage.withdrawn": (
        "Moderation has objected to the last answer: it cannot be continued. Ask in other words.",
        "上一个回答未通过内容审核，无法继续。请换一种说法提问。",
    ),
    "usage.no_error": (
        "There is no error to explain: no cell has failed yet in this kernel. Run the failing cell first.",
        "没有可解释的错误：这个内核中还没有单元格出错。请先运行出错的单元格。",
    ),
    "usage.own_error": (
        "The last error explains itself, and nothing was sent. It said: {message}",
        "上一个错误自带说明，没有发送任何内容。它是：{message}",
    ),
    "usage.stopped": (
        "The last cell did not fail: you stopped it. There is nothing to explain, and nothing was sent.",
        "上一个单元格没有出错：是您停止了它。无需解释，没有发送任何内容。",
    ),
    "note.goes_on": (
        "Goes on with the answer of turn {number}.",
        "继续第 {number} 轮的回答。",
    ),
    "note.goes_on.complete": (
        "The answer of turn {number} was complete; it goes on all the same.",
        "第 {number} 轮的回答已经完整；仍按要求继续。",
    ),
    "note.goes_on.partial": (
        "Goes on with the last answer.",
        "继续上一个回答。",
    ),
    "note.withheld": (
        "Not sent, but replaced by a name: {count} values from your environment, credentials or keys.",
        "未发送而以名称代替：{count} 个来自环境变量、凭证或密钥的值。",
    ),
    "note.withheld.one": (
        "Not sent, but replaced by a name: {count} value from your environment, credentials or keys.",
        "未发送而以名称代替：{count} 个来自环境变量、凭证或密钥的值。",
    ),
    "note.no_cell": (
        "The failing cell is not known any more; the traceback alone is sent.",
        "找不到出错的单元格；只发送回溯。",
    ),
    "note.no_fix": (
        "The answer has no code block: there is no cell to put below.",
        "回答中没有代码块：没有可放在下面的单元格。",
    ),
    "shown.fixed": (
        "The corrected cell is below; it was not run.",
        "改正后的单元格在下面，尚未运行。",
    ),
    "label.cut": ("cut at max_tokens", "达到 max_tokens，被截断"),
    "label.cut.go_on": ("cut at max_tokens; `{line}` goes on", "达到 max_tokens，被截断；`{line}` 可继续"),
    "usage.late_option": (
        "{option} stands behind the question and would be sent with it: options come first.",
        "{option} 写在问题之后，会随问题一起发送：选项请写在前面。",
    ),
    "sent.go_on": (
        "Your answer was cut off. Go on exactly where it stopped: no introduction, and repeat nothing.",
        "你的回答被中断了。请紧接着中断处继续写，不要加开场白，也不要重复已写的内容。",
    ),
    "sent.explain": (
        "A cell of my Jupyter notebook failed. Explain in a few sentences why, and how to mend it.",
        "我的 Jupyter 笔记本中有一个单元格出错。请用几句话说明原因以及如何修正。",
    ),
    "sent.fix": (
        "A cell of my Jupyter notebook failed. Say in one or two sentences why, then give the whole corrected cell in"
        " one fenced code block. Change no more than is needed, and keep names in square brackets such as [HOME] as"
        " they are.",
        "我的 Jupyter 笔记本中有一个单元格出错。请用一两句话说明原因，然后在一个围栏代码块中给出改正后的完整单元格。"
        "只改必要之处，并原样保留方括号中的名称，例如 [HOME]。",
    ),
    "sent.cell": ("The cell:", "单元格："),
    "sent.error": ("The error:", "错误信息："),
    "sent.withheld": (
        "Names in square brackets stand for values that I keep to myself.",
        "方括号中的名称代表我不公开的值。",
    ),
    "sent.frames": ("[{count} calls left out]", "[省略 {count} 层调用]"),
    "sent.characters": ("[{count} characters left out]", "[省略 {count} 个字符]"),
}
