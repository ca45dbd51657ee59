"""What `%%spark?` and `--help` say: one entry for each option."""

from typing import Final

HELP: Final[dict[str, tuple[str, str]]] = {
    "help.spark": (
        "%%spark [options]            the lines below are the question\n"
        "%spark [options] question    the same in one line; quotes and apostrophes need no care\n\n"
        "Ask iFLYTEK Spark. The answer streams in, and the kernel remembers the turn.\n"
        "The value is the Answer: a str with .reasoning, .usage, .model, .sid, .seconds and .code_blocks.",
        "%%spark [选项]          下面各行就是问题\n"
        "%spark [选项] 问题      单行提问；引号无需处理\n\n"
        "向讯飞星火提问。回答会流式显示，内核会记住这一轮对话。\n"
        "返回值是 Answer：带有 .reasoning、.usage、.model、.sid、.seconds、.code_blocks 的 str。",
    ),
    "help.config": (
        "%spark_config              show what is set and where each value came from\n"
        "%spark_config [options]    set what the options say\n"
        "%spark_config login        ask for the credentials, hidden, and keep them\n"
        "%spark_config logout       remove the credentials that login kept",
        "%spark_config              显示各项设置及其来源\n"
        "%spark_config [选项]       按选项设置\n"
        "%spark_config login        以隐藏方式输入凭证并保存\n"
        "%spark_config logout       删除 login 保存的凭证",
    ),
    "help.reset": (
        "%spark_reset [NAME] [options]\n\n"
        "Forget a conversation and say how many turns it had; the system prompt stays.",
        "%spark_reset [名称] [选项]\n\n忘记一个对话并说明有多少轮；系统提示保留。",
    ),
    "help.options": ("options", "选项"),
    "help.help": ("show this", "显示本说明"),
    "help.model": (
        "alias of the model: lite, pro, max, ultra, x1, x2 …; sandbox needs no account",
        "模型别名：lite、pro、max、ultra、x1、x2 等；sandbox 不需要账号",
    ),
    "help.system": ("system prompt, in quotes; an empty one for none", "系统提示，加引号；空引号表示不用"),
    "help.temperature": ("0 to 1 (x1, x2: 2); higher is more varied", "0 到 1（x1、x2 到 2）；越高越多样"),
    "help.top_k": ("1 to 6: how many candidates each word is drawn from", "1 到 6：每个词从多少候选中选取"),
    "help.max_tokens": ("longest answer, in tokens", "回答的最大 token 数"),
    "help.thinking": ("x1, x2: whether to think first", "x1、x2：是否先思考"),
    "help.search": ("whether it may search the web (the server's default: yes)", "是否可以联网搜索（服务器默认可以）"),
    "help.search_mode": (
        "search in summaries, or in whole pages (more tokens)",
        "搜索摘要，或搜索全文（消耗更多 token）",
    ),
    "help.references": ("name the pages a search has found, as links", "以链接列出搜索到的网页"),
    "help.name": ("another conversation, by a name of your own", "另一个对话，名称自取"),
    "help.no_history": ("ask outside the conversation", "不使用也不记入对话"),
    "help.output": ("put the answer into this variable", "把回答存入这个变量"),
    "help.dry_run": ("show the request, send nothing", "只显示请求，不发送"),
    "help.lang": ("language of messages; auto: as the system", "消息语言；auto：跟随系统"),
    "help.open_timeout": ("seconds to connect, TLS and handshake included", "建立连接的秒数，含 TLS 与握手"),
    "help.send_timeout": ("seconds to send the question", "发送问题的秒数"),
    "help.first_timeout": ("seconds until the answer begins", "等待回答开始的秒数"),
    "help.idle_timeout": ("seconds between two pieces of it", "两段回答之间的秒数"),
    "help.total_timeout": ("seconds for the whole call", "整个调用的秒数"),
    "help.retries": ("how often a failure before the first words is asked again", "在收到内容之前失败时重试的次数"),
    "help.list_models": ("show all models", "列出全部模型"),
    "help.check": (
        "one tiny request per model: which ones this account may use (a few tokens each, 273 more for pictures)",
        "向每个模型发一个极小的请求，看账号可用哪些（每个几 token，看图模型另加 273）",
    ),
    "help.reset_config": (
        "set everything back to IPython's configuration and the defaults",
        "全部恢复为 IPython 配置和默认值",
    ),
    "help.reset_system": ("forget the system prompt, too", "同时清除系统提示"),
}
