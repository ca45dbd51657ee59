"""What `%spark_usage` says: tokens by turn, model and day, and the warning before a bill that surprises."""

from typing import Final

SPENDING: Final[dict[str, tuple[str, str]]] = {
    "help.usage": (
        "%spark_usage              what this kernel's questions have cost, in tokens\n"
        "%spark_usage [options]    the same by model, day, turn or conversation\n\n"
        "`%spark_config --warn-tokens N` says from which total on, and at each multiple, you are told.",
        "%spark_usage              本内核提问用了多少 token\n"
        "%spark_usage [选项]       按模型、日期、轮次或对话查看\n\n"
        "`%spark_config --warn-tokens N`：累计达到 N 及其每个倍数时提醒。",
    ),
    "help.by": ("one table only: by model, day, turn or conversation", "只看一张表：按模型、日期、轮次或对话"),
    "help.usage_json": ("print the records as JSON, one question each", "以 JSON 输出记录，每个问题一条"),
    "help.usage_reset": ("start counting again from 0", "从 0 重新计数"),
    "help.warn_tokens": (
        "tell me when this kernel has used so many tokens, and at each multiple; 0: never",
        "本内核用量达到这么多 token 及其每个倍数时提醒；0：不提醒",
    ),
    "usage.stray.usage": (
        "{magic} takes options only; there is something else on the line.",
        "{magic} 只接受选项；这一行还有别的内容。",
    ),
    "label.spent.model": ("model", "模型"),
    "label.spent.day": ("day", "日期"),
    "label.spent.conversation": ("conversation", "对话"),
    "label.spent.time": ("time", "时间"),
    "label.spent.turn": ("turn", "轮次"),
    "label.spent.cell": ("cell", "单元格"),
    "label.spent.questions": ("questions", "提问"),
    "label.spent.prompt": ("prompt", "输入"),
    "label.spent.completion": ("answer", "输出"),
    "label.spent.total": ("tokens", "token"),
    "label.spent.share": ("share", "占比"),
    "label.spent.all": ("all", "合计"),
    "label.spent.no_conversation": ("(none)", "（无）"),
    "label.spent.refused": ("refused", "被拒绝"),
    "shown.spent.by_model": ("Tokens by model", "各模型的 token"),
    "shown.spent.by_day": ("Tokens by day", "每天的 token"),
    "shown.spent.by_conversation": ("Tokens by conversation", "各对话的 token"),
    "shown.spent.by_turn.one": ("The last question", "最近一次提问"),
    "shown.spent.by_turn": ("The last {count} questions", "最近 {count} 次提问"),
    "shown.spent.estimated": (
        "~ the server did not tell (stopped or failed): estimated; the vendor bills what it has done.",
        "~ 服务器未给出用量（中途停止或失败），为估算值；实际按厂商已完成的部分计费。",
    ),
    "shown.spent.empty": (
        "Nothing used yet: no question of this kernel has reached a server.",
        "还没有用量：本内核尚无问题到达服务器。",
    ),
    "shown.spent.forgotten": (
        "Counting from 0 again; so far it was {total} tokens.",
        "已从 0 重新计数；此前为 {total} token。",
    ),
    "note.spent": (
        "This kernel has used {total} tokens (threshold {threshold:,}): %spark_usage shows where.",
        "本内核已用 {total} 个 token（提醒阈值 {threshold:,}）：用 %spark_usage 查看明细。",
    ),
}
