"""The form of an answer: how it is asked for, and what is said of one that does not have it."""

from typing import Final

RESULTS: Final[dict[str, tuple[str, str]]] = {
    # to the model, behind the question
    "format.text": (
        "Answer in plain text, without Markdown.",
        "请用纯文本回答，不要使用 Markdown。",
    ),
    "format.json": (
        "Answer with JSON alone: no explanation before or after it.",
        "请只回答 JSON，前后不要有任何说明。",
    ),
    "format.schema": ("It must be valid against this JSON schema:", "它必须符合以下 JSON Schema："),
    "format.code": (
        "Put the code into fenced code blocks, in Python unless another language is asked for.",
        "请把代码放在围栏代码块中；没有指定语言时使用 Python。",
    ),
    "format.html": (
        "Answer with HTML source alone: no explanation before or after it.",
        "请只回答 HTML 源代码，前后不要有任何说明。",
    ),
    "format.repair": (
        "This answer is not valid:\n{problems}\n\nAnswer once more with the whole JSON, corrected, and nothing else.",
        "这个回答无效：\n{problems}\n\n请重新给出完整的、改正后的 JSON，不要有其他内容。",
    ),
    # what is wrong with JSON
    "format.no_json": ("no JSON ({detail})", "不是 JSON（{detail}）"),
    "format.deep": ("nested more than {most} levels deep", "嵌套超过 {most} 层"),
    "format.constant": ("{name} is no number in JSON", "{name} 不是 JSON 中的数字"),
    "format.twice": ("the key {name!r} stands twice in one object", "键 {name!r} 在同一个对象中出现了两次"),
    # on the screen
    "label.invalid": ("not valid", "不符合要求"),
    "note.asked_once_more": (
        "Not valid at {path}: {problem}. Asked once more.",
        "{path} 处不符合要求：{problem}。已重新提问一次。",
    ),
    "note.both_billed": (
        "Not valid at {path}: {problem}. Asked once more; both are billed, the first with {prompt} + {completion}"
        " tokens.",
        "{path} 处不符合要求：{problem}。已重新提问一次；两次都计费，第一次为 {prompt} + {completion} token。",
    ),
    "note.no_code": (
        "There is no code block in the answer: no cell was filled.",
        "回答中没有代码块：没有填入单元格。",
    ),
    "help.format": (
        "how it answers (markdown); json: parsed; code: becomes the next cell, not run; html: as source",
        "回答的形式（markdown）；json：解析为对象；code：填入下一个单元格，不运行；html：显示源代码",
    ),
    "help.schema": (
        "what the JSON must be like: a pydantic model or a dict of yours, or a .json file; implies -f json",
        "JSON 的结构：自己的 pydantic 模型或字典变量，或 .json 文件；隐含 -f json",
    ),
    "usage.code_later": (
        "-f code fills the next cell when this one ends: it does not go with --background.",
        "-f code 在本单元格结束时填入下一个单元格，不能与 --background 一起使用。",
    ),
    "usage.schema": ("--schema goes with -f json only.", "--schema 只能与 -f json 一起使用。"),
    # failures
    "answer.invalid": (
        "The answer is not valid at {path}: {problem}.",
        "回答在 {path} 处不符合要求：{problem}。",
    ),
    "answer.invalid.hint": (
        "It was asked for twice, and nothing is remembered. Say in the question what belongs there, make the schema"
        " simpler, or try another model.",
        "已提问两次，这一轮不会被记住。请在问题中写明该处应是什么，或简化结构，或换一个模型。",
    ),
    "schema.unknown": ("There is no variable {name}.", "没有变量 {name}。"),
    "schema.unknown.hint": (
        "Nothing was sent. Define it in a cell before, or name a file that ends with .json.",
        "没有发送任何内容。请先在单元格中定义它，或给出以 .json 结尾的文件。",
    ),
    "schema.kind": (
        "{name} is no schema but of type {kind}.",
        "{name} 不是 JSON Schema，而是 {kind} 类型。",
    ),
    "schema.kind.hint": (
        "Nothing was sent. It takes a model of pydantic 2 (the class), a dict that is a JSON schema, or a .json file.",
        "没有发送任何内容。可用 pydantic 2 的模型（类）、内容为 JSON Schema 的字典，或 .json 文件。",
    ),
    "schema.unreadable": (
        "The schema {name} cannot be read: {detail}.",
        "无法读取 JSON Schema {name}：{detail}。",
    ),
    "schema.unreadable.hint": (
        "Nothing was sent. A relative path starts at the kernel's folder: `%pwd` shows it.",
        "没有发送任何内容。相对路径从内核所在文件夹算起：`%pwd` 可查看。",
    ),
    "schema.broken": (
        "{name} is no valid JSON schema: {detail}",
        "{name} 不是有效的 JSON Schema：{detail}",
    ),
    "schema.broken.hint": (
        "Nothing was sent. Correct the schema and ask again.",
        "没有发送任何内容。请改正后再提问。",
    ),
}
