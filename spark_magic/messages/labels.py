"""Short words on the screen: status lines, buttons, table heads, notices."""

from typing import Final

LABELS: Final[dict[str, tuple[str, str]]] = {
    "label.connecting": ("connecting", "正在连接"),
    "label.thinking": ("thinking", "思考中"),
    "label.answering": ("answering", "回答中"),
    "label.stop": ("Stop", "停止"),
    "label.stopped": ("stopped", "已停止"),
    "label.failed": ("incomplete", "未完成"),
    "label.reasoning": ("Reasoning", "思考过程"),
    "label.tokens": ("{prompt} + {completion} tokens", "{prompt} + {completion} token"),
    "label.seconds": ("{seconds:.1f} s", "{seconds:.1f} 秒"),
    "label.you": ("User", "用户"),
    "label.not_remembered": ("not remembered", "不计入对话"),
    "label.role": ("role", "角色"),
    "label.content": ("content", "内容"),
    "label.setting": ("setting", "设置"),
    "label.value": ("value", "值"),
    "label.source": ("from", "来源"),
    "label.default": ("default", "默认"),
    "label.server_default": ("the server's", "服务器默认"),
    "label.server_defaults": ("server defaults", "服务器默认参数"),
    "label.catalogue": ("catalogue", "模型目录"),
    "label.missing": ("missing", "缺少"),
    "label.context": ("context (tokens)", "上下文（token）"),
    "label.longest": ("longest answer", "最长回答"),
    "label.abilities": ("abilities", "能力"),
    "label.result": ("result", "结果"),
    "label.hint": ("what to do", "怎么办"),
    "ability.system_role": ("system prompt", "系统提示"),
    "ability.reasoning": ("reasoning", "思考"),
    "ability.web_search": ("web search", "联网搜索"),
    "ability.references": ("references", "引用来源"),
    "ability.retired": ("retired", "已下线"),
    "note.system_in_question": (
        "{model} has no system role: the system prompt goes in front of the first question.",
        "{model} 没有 system 角色：系统提示放在第一个问题之前。",
    ),
    "note.left_out": (
        "The {count} oldest turns no longer fit into the model's context and are not sent.",
        "最早的 {count} 轮对话已超出模型上下文，不再发送。",
    ),
    "note.replaces": (
        "Asked again: replaces turn {number}; later turns stay.",
        "重新提问：替换第 {number} 轮，后面的轮次保留。",
    ),
    "note.max_tokens": (
        "max_tokens is above the documented {limit:,}; it is sent as it is.",
        "max_tokens 超过文档中的 {limit:,}；仍按原值发送。",
    ),
    "note.retired": ("The vendor has retired {model}.", "厂商已下线 {model}。"),
    "dry_run.title": (
        "Not sent: {model}, {url}, {sent}, about {tokens} tokens",
        "未发送：{model}，{url}，{sent}，约 {tokens} 个 token",
    ),
    "reset.done": ("Forgotten: {count} turns.", "已忘记 {count} 轮对话。"),
    "reset.system_stays": (
        "The system prompt stays; `%spark_reset --system` forgets it, too.",
        "系统提示保留；`%spark_reset --system` 可一并清除。",
    ),
    "login.done": ("Credentials kept in {place}.", "凭证已保存到 {place}。"),
    "logout.done": ("Credentials removed from {places}.", "已从 {places} 删除凭证。"),
    "logout.nothing": ("There were no saved credentials.", "没有已保存的凭证。"),
    "load.taken": (
        "%%spark belongs to {owner} already and stays there: use %%xinghuo, or set c.SparkMagics.take_over = True.",
        "%%spark 已被 {owner} 占用并保持不变：请使用 %%xinghuo，或设置 c.SparkMagics.take_over = True。",
    ),
    "usage.empty": (
        "The prompt is empty: write the question below %%spark, or after %spark.",
        "提示为空：请把问题写在 %%spark 下面，或 %spark 后面。",
    ),
    "usage.quote": ("A quote on the magic line is not closed.", "魔法命令行中有未闭合的引号。"),
    "usage.name": ("{name!r} is no variable name", "{name!r} 不是变量名"),
    "usage.seconds": ("{value!r} is no number of seconds above 0", "{value!r} 不是大于 0 的秒数"),
    "usage.secret": (
        "Keys do not belong on a magic line: IPython keeps every line in its history. Run `%spark_config login`, or set"
        " SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET before the kernel starts. Then replace the key you typed"
        " in the console, and clear this cell.",
        "密钥不要写在魔法命令行里：IPython 会把每一行存入历史。请运行 `%spark_config login`，或在启动内核前设置"
        " SPARK_APP_ID、SPARK_API_KEY、SPARK_API_SECRET。然后在控制台更换刚才输入的密钥，并清空这个单元格。",
    ),
}
