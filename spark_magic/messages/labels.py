"""Short words on the screen: status lines, buttons, table heads, notices."""

from typing import Final

LABELS: Final[dict[str, tuple[str, str]]] = {
    "label.connecting": ("connecting", "正在连接"),
    "label.thinking": ("thinking", "思考中"),
    "label.answering": ("answering", "回答中"),
    "label.found": ("pages found: {count}", "已找到 {count} 个网页"),
    "label.sources": ("Sources", "来源"),
    "label.more_sources": ("… and {count} more", "……另有 {count} 个"),
    "label.stop": ("Stop", "停止"),
    "label.stopped": ("stopped", "已停止"),
    "label.failed": ("incomplete", "未完成"),
    "label.withdrawn": ("withdrawn by moderation", "已被内容审核撤回"),
    "label.flagged": ("warned by moderation", "内容审核警告"),
    "label.attempts": ("{count} attempts", "共尝试 {count} 次"),
    "label.retrying": (
        "{reason} Asking again in {seconds} s ({number} of {of}).",
        "{reason}{seconds} 秒后重试（第 {number} 次，共 {of} 次）。",
    ),
    "label.quoted": ("{sentence} ({words})", "{sentence}（{words}）"),
    "label.reasoning": ("Reasoning", "思考过程"),
    "label.tokens": ("{prompt} + {completion} tokens", "{prompt} + {completion} token"),
    "label.seconds": ("{seconds:.1f} s", "{seconds:.1f} 秒"),
    "label.elapsed": ("{seconds} s", "{seconds} 秒"),
    "label.not_remembered": ("not remembered", "不记入对话"),
    "label.role": ("role", "角色"),
    "label.content": ("content", "内容"),
    "label.between": (", ", "、"),
    "label.setting": ("setting", "设置"),
    "label.value": ("value", "值"),
    "label.source": ("from", "来源"),
    "label.default": ("default", "默认"),
    "label.server_default": ("the server's", "服务器默认"),
    "label.server_defaults": ("server defaults", "服务器默认参数"),
    "label.catalogue": ("catalogue", "模型目录"),
    "label.chosen": ("in use", "当前"),
    "label.configured": ("IPython configuration", "IPython 配置"),
    "label.locale": ("locale", "系统语言"),
    "label.missing": ("missing", "缺少"),
    "label.context": ("context (tokens)", "上下文（token）"),
    "label.longest": ("longest answer", "最长回答"),
    "label.abilities": ("abilities", "能力"),
    "label.result": ("result", "结果"),
    "label.usable": ("usable", "可用"),
    "label.yes": ("yes", "是"),
    "label.no": ("no", "否"),
    "ability.system_role": ("system prompt", "系统提示"),
    "ability.reasoning": ("reasoning", "思考"),
    "ability.web_search": ("web search", "联网搜索"),
    "ability.references": ("references", "引用来源"),
    "ability.retired": ("retired", "已下线"),
    "ability.sandbox": ("scripted, needs no account", "预设回答，不需要账号"),
    "note.system_in_question": (
        "{model} has no system role: the system prompt goes in front of the first question.",
        "{model} 没有 system 角色：系统提示放在第一个问题之前。",
    ),
    "note.left_out.one": (
        "The oldest turn no longer fits into the model's context and is not sent.",
        "最早的一轮对话已超出模型上下文，不再发送。",
    ),
    "note.left_out": (
        "The {count} oldest turns no longer fit into the model's context and are not sent.",
        "最早的 {count} 轮对话已超出模型上下文，不再发送。",
    ),
    "note.replaces": (
        "Asked again in place of turn {number}; later turns stay.",
        "在第 {number} 轮的位置重新提问，后面的轮次保留。",
    ),
    "note.max_tokens": (
        "max_tokens is above the documented {limit:,}; it is sent as it is.",
        "max_tokens 超过文档中的 {limit:,}；仍按原值发送。",
    ),
    "note.clock.ahead": (
        "This computer's clock is {minutes:.0f} min ahead of the server's: please set it. The server's time is used.",
        "本机时钟比服务器快 {minutes:.0f} 分钟：请校准。目前使用服务器时间。",
    ),
    "note.clock.behind": (
        "This computer's clock is {minutes:.0f} min behind the server's: please set it. The server's time is used.",
        "本机时钟比服务器慢 {minutes:.0f} 分钟：请校准。目前使用服务器时间。",
    ),
    "note.flagged": (
        "Moderation warns that the conversation is near what is allowed; this turn is not remembered. {detail}",
        "内容审核警告：对话有违规倾向；这一轮不会被记住。{detail}",
    ),
    "note.not_sent": (
        "{model} does not know {names}: not sent.",
        "{model} 不支持 {names}：未发送。",
    ),
    "note.no_references": (
        "{model} is not known to name its sources.",
        "没有资料说明 {model} 会给出引用来源。",
    ),
    "note.picture_left_out": (
        "{model} sees no pictures: this conversation's is not sent.",
        "{model} 不能看图：本对话中的图片未发送。",
    ),
    "note.retired": ("The vendor has retired {model}.", "厂商已下线 {model}。"),
    "dry_run.title": (
        "Not sent: {model}, {url}, {sent}, about {tokens} tokens",
        "未发送：{model}，{url}，{sent}，约 {tokens} 个 token",
    ),
    "reset.done.one": ("Forgotten: {count} turn.", "已忘记 {count} 轮对话。"),
    "reset.done": ("Forgotten: {count} turns.", "已忘记 {count} 轮对话。"),
    "reset.system_gone": ("The system prompt is forgotten, too.", "系统提示也已清除。"),
    "reset.system_stays": (
        "The system prompt stays; `%spark_reset --system` forgets it, too.",
        "系统提示保留；`%spark_reset --system` 可一并清除。",
    ),
    "login.done": ("Credentials kept in {place}.", "凭证已保存到 {place}。"),
    "login.others": (
        "Values in {places} are still there and come first.",
        "{places} 中仍有值，并且优先使用。",
    ),
    "login.empty": ("{label} is empty: nothing was changed.", "{label} 为空：未作任何更改。"),
    "login.cancelled": ("Cancelled: nothing was changed.", "已取消：未作任何更改。"),
    "login.no_prompt": (
        "Nobody can be asked here. Set SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET before the kernel starts.",
        "这里无法输入。请在启动内核前设置 SPARK_APP_ID、SPARK_API_KEY、SPARK_API_SECRET。",
    ),
    "logout.done": ("Credentials removed from {places}.", "已从 {places} 删除凭证。"),
    "logout.nothing": ("There were no saved credentials.", "没有已保存的凭证。"),
    "logout.others": (
        "Values in {places} are still there: they are not ours to remove.",
        "{places} 中仍有值，需要自行删除。",
    ),
    "load.taken": (
        "%%spark belongs to {owner} already and stays there: use %%xinghuo, or set c.SparkMagics.take_over = True in"
        " ipython_config.py (now: `%config SparkMagics.take_over = True` and `%reload_ext spark_magic`).",
        "%%spark 已被 {owner} 占用，保持不变：请使用 %%xinghuo，或在 ipython_config.py 中设置"
        " c.SparkMagics.take_over = True（立即生效：`%config SparkMagics.take_over = True`，再运行"
        " `%reload_ext spark_magic`）。",
    ),
    "usage.empty": (
        "The prompt is empty: write the question below %%spark, or after %spark.",
        "提示为空：请把问题写在 %%spark 下面，或 %spark 后面。",
    ),
    "usage.quote": ("A quote on the magic line is not closed.", "魔法命令行中有未闭合的引号。"),
    "usage.option": ("{option}: {problem}", "{option}：{problem}"),
    "usage.no_value": ("its value is missing", "缺少取值"),
    "usage.unknown": ("There is no option {option}.", "没有选项 {option}。"),
    "usage.mistyped": (
        "There is no option {option}. Did you mean {nearest}?",
        "没有选项 {option}。是不是 {nearest}？",
    ),
    "usage.allowed": ("{magic} takes: {options}", "{magic} 的选项：{options}"),
    "usage.stray.spark": (
        "The question does not go beside {magic} but into the lines below it; on one line it goes after %spark.",
        "问题不要写在 {magic} 同一行，请写在它下面的行里；单行提问请用 %spark。",
    ),
    "usage.stray.config": (
        "{magic} takes options, and the words login and logout; there is something else on the line.",
        "{magic} 只接受选项以及 login、logout；这一行还有别的内容。",
    ),
    "usage.stray.reset": (
        "{magic} takes options and the name of one conversation; there is something else on the line.",
        "{magic} 只接受选项和一个对话的名称；这一行还有别的内容。",
    ),
    "usage.dash": (
        "A question that begins with a dash goes behind `--`: %spark -- -1 is what?",
        "以短横线开头的问题请写在 `--` 之后：%spark -- -1 是什么？",
    ),
    "usage.name": ("{name!r} is no variable name", "{name!r} 不是变量名"),
    "usage.label": ("{name!r} is no name: one word, please", "{name!r} 不能作为名称：请用一个词"),
    "usage.number": ("{value!r} is no number", "{value!r} 不是数字"),
    "usage.whole_number": ("{value!r} is no whole number", "{value!r} 不是整数"),
    "usage.count": ("{value!r} is less than 0", "{value!r} 小于 0"),
    "usage.seconds": ("{value!r} is no number of seconds above 0", "{value!r} 不是大于 0 的秒数"),
    "usage.one_of": ("it takes one of {words}", "只接受 {words} 之一"),
    "usage.secret": (
        "Keys do not belong on a magic line: IPython keeps every line in its history. Run `%spark_config login`, or set"
        " SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET before the kernel starts. Then replace the key you typed"
        " in the console, and clear this cell.",
        "密钥不要写在魔法命令行里：IPython 会把每一行存入历史。请运行 `%spark_config login`，或在启动内核前设置"
        " SPARK_APP_ID、SPARK_API_KEY、SPARK_API_SECRET。然后在控制台更换刚才输入的密钥，并清空这个单元格。",
    ),
}
