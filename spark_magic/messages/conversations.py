"""Conversations by name: showing, saving, loading, going back, examples for the model to go by."""

from typing import Final

CONVERSATIONS: Final[dict[str, tuple[str, str]]] = {
    "help.history": (
        "%spark_history [options]    show the conversation's turns with their tokens\n\n"
        "Of the actions below, one at a time. Loading, undoing and forking ask nothing and cost nothing.",
        "%spark_history [选项]    显示对话的各轮及其 token\n\n"
        "以下操作一次只能用一个。载入、撤销和复制都不会提问，也不产生费用。",
    ),
    "help.list": ("all conversations with their turns and tokens", "列出全部对话及其轮数和 token"),
    "help.history_json": ("print the turns as JSON", "以 JSON 打印各轮"),
    "help.markdown": ("show the whole conversation as a text", "以文稿形式显示整个对话"),
    "help.export": (
        "write it to a file that only you can read: Markdown if it ends in .md, else JSON Lines, which --load takes",
        "写入仅本人可读的文件：以 .md 结尾则为 Markdown，否则为 JSON Lines（可用 --load 载入）",
    ),
    "help.force": (
        "let --export replace any file, not just an earlier export",
        "允许 --export 覆盖任何文件，而不仅是先前导出的文件",
    ),
    "help.load": (
        "have the turns of such a file in place of this conversation's; a damaged one changes nothing",
        "用这样的文件中的各轮替换当前对话；文件损坏时不作任何改动",
    ),
    "help.undo": ("forget the last turn, or the last N", "忘记最后一轮，或最后 N 轮"),
    "help.fork": ("copy all turns into a new conversation", "把所有轮次复制到一个新对话"),
    "help.examples": (
        'file of few-shot pairs, sent before the turns: YAML or JSON, a list of {{question, answer}}; "" for none',
        '少样本示例文件，在各轮之前发送：YAML 或 JSON，由 {{question, answer}} 组成的列表；"" 表示不用',
    ),
    "help.autosave": (
        "save conversations after each turn; a restarted kernel has them again",
        "每轮之后保存对话；内核重启后恢复",
    ),
    "help.reset_name": (
        "the conversation to forget; default: the one without a name",
        "要忘记的对话；默认为未命名的对话",
    ),
    "help.reset_all": ("forget all conversations", "忘记所有对话"),
    "help.words": ("words", "参数"),
    "label.cell": ("cell", "单元格"),
    "label.question": ("question", "问题"),
    "label.answer": ("answer", "回答"),
    "label.model": ("model", "模型"),
    "label.turn_tokens": ("tokens", "token"),
    "label.turns": ("turns", "轮数"),
    "label.conversation": ("conversation", "对话"),
    "label.larger_than": ("larger than {size} kB", "超过 {size} kB"),
    "label.total": ("total", "合计"),
    "label.in_conversation": ("in {name}", "对话 {name}"),
    "label.with_picture": ("[picture]", "[图片]"),
    "shown.history.empty": (
        "There are no turns in {name} yet: what you ask with %%spark will stand here.",
        "{name} 中还没有任何一轮：用 %%spark 提问后会显示在这里。",
    ),
    "shown.history.none": (
        "There is no conversation yet: what you ask with %%spark begins one.",
        "还没有任何对话：用 %%spark 提问即可开始。",
    ),
    "shown.exported.one": ("Written to {path}: {count} turn.", "已写入 {path}：{count} 轮。"),
    "shown.exported": ("Written to {path}: {count} turns.", "已写入 {path}：{count} 轮。"),
    "shown.loaded.one": (
        "Loaded into {name}: {count} turn from {path}, in place of {before}.",
        "已载入 {name}：来自 {path} 的 {count} 轮，替换原有的 {before} 轮。",
    ),
    "shown.loaded": (
        "Loaded into {name}: {count} turns from {path}, in place of {before}.",
        "已载入 {name}：来自 {path} 的 {count} 轮，替换原有的 {before} 轮。",
    ),
    "shown.undone": ("Forgotten: {question}", "已忘记：{question}"),
    "shown.undone.none": ("There was no turn to forget in {name}.", "{name} 中没有可忘记的轮次。"),
    "shown.forked.one": (
        "Copied: {count} turn of {name}. Go on there with %%spark --name {new}.",
        "已复制 {name} 的 {count} 轮。请用 %%spark --name {new} 继续。",
    ),
    "shown.forked": (
        "Copied: {count} turns of {name}. Go on there with %%spark --name {new}.",
        "已复制 {name} 的 {count} 轮。请用 %%spark --name {new} 继续。",
    ),
    "reset.all": (
        "Forgotten, with the number of turns: {names}.",
        "已忘记（括号内为轮数）：{names}。",
    ),
    "note.restored.one": (
        "{count} turn of {name} restored from {path}.",
        "已从 {path} 恢复 {name} 的 {count} 轮对话。",
    ),
    "note.restored": ("{count} turns of {name} restored from {path}.", "已从 {path} 恢复 {name} 的 {count} 轮对话。"),
    "note.autosave.damaged": (
        "The saved turns of {name} cannot be read, and it starts empty. The file is kept as {path}. ({problem})",
        "无法读取 {name} 已保存的对话，现从空白开始。原文件保留为 {path}。（{problem}）",
    ),
    "note.autosave.earlier": (
        "There were other saved turns of {name}: they are kept as {path}, and %spark_history --load takes them.",
        "{name} 另有已保存的对话：已保留为 {path}，可用 %spark_history --load 载入。",
    ),
    "note.autosave.failed": (
        "{name} could not be saved; the kernel still has all of its turns. ({problem})",
        "{name} 未能保存；内核中仍保留全部轮次。（{problem}）",
    ),
    "usage.stray.history": (
        "{magic} takes options only; there is something else on the line.",
        "{magic} 只接受选项；这一行还有别的内容。",
    ),
    "usage.actions": ("{options}: one at a time.", "{options} 一次只能用一个。"),
    "usage.force": ("--force goes with --export.", "--force 需与 --export 一起使用。"),
    "usage.reset_which": ("A name or --all: not both.", "名称和 --all 不能同时使用。"),
    "usage.at_least_one": ("{value!r} is less than 1", "{value!r} 小于 1"),
    "usage.no_conversation": (
        "There is no conversation of that name: %spark_history --list shows all.",
        "没有这个名称的对话：%spark_history --list 可列出全部。",
    ),
    "usage.near_conversation": (
        "There is no conversation of that name. Did you mean {nearest!r}?",
        "没有这个名称的对话。是不是 {nearest!r}？",
    ),
    "usage.fork": (
        "{name!r} has turns of its own: choose another name, or forget them with %spark_reset {name}.",
        "{name!r} 已有对话内容：请换一个名称，或先用 %spark_reset {name} 清除。",
    ),
    "file.not_ours": (
        "{path} is there already, and is no exported conversation.",
        "{path} 已存在，且不是导出的对话。",
    ),
    "file.not_ours.hint": (
        "Nothing was written. Choose another name, or replace it with --force.",
        "没有写入任何内容。请换一个名称，或用 --force 覆盖。",
    ),
    "history.header": (
        "{source}, line {line}: this is no saved conversation.",
        "{source} 第 {line} 行：这不是保存的对话。",
    ),
    "history.version": (
        "{source}, line {line}: it is of another version than {version}, the one that is known here.",
        "{source} 第 {line} 行：版本与此处支持的 {version} 不同。",
    ),
    "history.line": ("{source}, line {line}: {detail}", "{source} 第 {line} 行：{detail}"),
    "history.cell_twice": (
        "{source}, line {line}: a turn of the same cell stands in line {other} already.",
        "{source} 第 {line} 行：同一单元格的轮次已出现在第 {other} 行。",
    ),
    "history.count": (
        "{source}, line {line}: the file ends with {found} turns, its first line promises {count}.",
        "{source} 第 {line} 行：文件到此只有 {found} 轮，而首行写明 {count} 轮。",
    ),
    "history.picture": (
        "{source}, line {line}: the picture is no JPEG or PNG that the service takes, in base64.",
        "{source} 第 {line} 行：图片不是 base64 格式的 JPEG 或 PNG，或超出服务的限制。",
    ),
    "history.too_large": (
        "{source}: a saved conversation may have {limit} MB.",
        "{source}：保存的对话最多 {limit} MB。",
    ),
    "history.unreadable": ("{source} cannot be read: {detail}", "无法读取 {source}：{detail}"),
    "history.hint": (
        "No turn was changed. A file for --load is written by `%spark_history --export FILE`, not ending in .md.",
        "对话没有任何改动。--load 所用的文件由 `%spark_history --export 文件` 写出，且不以 .md 结尾。",
    ),
    "examples.unreadable": ("The examples in {source} cannot be read: {detail}", "无法读取示例文件 {source}：{detail}"),
    "examples.line": ("The examples in {source}, line {line}: {detail}", "示例文件 {source} 第 {line} 行：{detail}"),
    "examples.no_list": (
        "The examples in {source} are no list with something in it.",
        "示例文件 {source} 不是非空的列表。",
    ),
    "examples.no_pair": (
        "The examples in {source}, item {item}: it is no pair of question and answer.",
        "示例文件 {source} 第 {item} 项：不是一问一答。",
    ),
    "examples.no_text": (
        "The examples in {source}, item {item}: the {part} is empty, or neither text nor a number.",
        "示例文件 {source} 第 {item} 项：{part} 为空，或既不是文本也不是数字。",
    ),
    "examples.hint": (
        'Nothing was sent. Items look like `- {{question: Nice film!, answer: 1}}`; --examples "" goes without.',
        '没有发送任何内容。文件各项形如 `- {{question: 好看！, answer: 1}}`；--examples "" 表示不用示例。',
    ),
}
