"""What can go wrong on our side of the wire: what happened, and under `.hint` what to do."""

from typing import Final

from .network import NETWORK

FAILURES: Final[dict[str, tuple[str, str]]] = NETWORK | {
    "credentials.missing": (
        "No credentials: {missing} not found.",
        "没有找到凭证：缺少 {missing}。",
    ),
    "credentials.missing.hint": (
        "Run `%spark_config login`, or set {variables} before the kernel starts. The three values are on your"
        " app's page in the console at https://console.xfyun.cn. `--model sandbox` needs none.",
        "运行 `%spark_config login`，或在启动内核前设置环境变量 {variables}。三个值在控制台"
        " https://console.xfyun.cn 的应用页面上。`--model sandbox` 不需要凭证。",
    ),
    "credentials.malformed": (
        "{name} from {source} has characters that no key has.",
        "来自 {source} 的 {name} 含有密钥中不会出现的字符。",
    ),
    "credentials.malformed.hint": (
        "Copy it again from the console: ASCII letters and digits, no quotes and no line breaks.",
        "请从控制台重新复制：只有 ASCII 字母和数字，没有引号和换行。",
    ),
    "model.unknown": ("There is no model {name!r}.", "没有名为 {name!r} 的模型。"),
    "model.unknown.hint": (
        "`%spark_config --list-models` shows them all: {aliases}.",
        "`%spark_config --list-models` 列出全部模型：{aliases}。",
    ),
    "model.mistyped": ("There is no model {name!r}.", "没有名为 {name!r} 的模型。"),
    "model.mistyped.hint": (
        "Did you mean {nearest}? `%spark_config --list-models` shows them all: {aliases}.",
        "是不是 {nearest}？`%spark_config --list-models` 列出全部模型：{aliases}。",
    ),
    "model.mismatch": (
        "The domain {domain!r} is not served at {url}.",
        "地址 {url} 不提供 domain {domain!r}。",
    ),
    "model.mismatch.hint": (
        "The pair that belongs together: {pair}. Set SPARK_URL and SPARK_DOMAIN to match, or choose a model by"
        " its alias with --model.",
        "正确的组合：{pair}。请让 SPARK_URL 与 SPARK_DOMAIN 一致，或用 --model 按别名选择模型。",
    ),
    "model.ambiguous": (
        "The domain {domain!r} belongs to several addresses.",
        "domain {domain!r} 对应多个地址。",
    ),
    "model.ambiguous.hint": (
        "Set SPARK_URL as well, or choose by alias with --model: {aliases}.",
        "请同时设置 SPARK_URL，或用 --model 按别名选择：{aliases}。",
    ),
    "host.refused": (
        "Keys go to *.xf-yun.com and to this machine only, not to {host!r}.",
        "密钥只会发往 *.xf-yun.com 和本机，不会发往 {host!r}。",
    ),
    "host.refused.hint": (
        "If you trust this host, add it to SPARK_ALLOWED_HOSTS or to allowed_hosts in {file}.",
        "如果你信任该主机，请把它加入 SPARK_ALLOWED_HOSTS 或 {file} 中的 allowed_hosts。",
    ),
    "url.insecure": (
        "{url} is not encrypted: ws:// is accepted for this machine alone.",
        "{url} 未加密：ws:// 只用于本机地址。",
    ),
    "url.insecure.hint": ("Write wss:// instead.", "请改用 wss://。"),
    "url.invalid": ("{url!r} is no WebSocket address.", "{url!r} 不是 WebSocket 地址。"),
    "url.invalid.hint": (
        "It looks like wss://spark-api.xf-yun.com/v4.0/chat: no user name, no query, no spaces.",
        "应形如 wss://spark-api.xf-yun.com/v4.0/chat：没有用户名、查询参数和空格。",
    ),
    "file.exposed": (
        "Others on this machine can read or change {path}.",
        "本机其他用户可以读取或修改 {path}。",
    ),
    "file.exposed.hint": ("Close it: chmod {mode} {path}", "请收紧权限：chmod {mode} {path}"),
    "file.symlink": ("{path} is a link, not a file.", "{path} 是链接而不是文件。"),
    "file.symlink.hint": (
        "Put the file itself there: a link can be turned to another file behind your back.",
        "请把文件本身放在那里：链接可能被悄悄指向别的文件。",
    ),
    "file.unreadable": ("{path} cannot be read: {detail}", "无法读取 {path}：{detail}"),
    "file.unreadable.hint": (
        "Correct the file, or move it away to go on without it.",
        "请修正该文件，或把它移走后继续。",
    ),
    "file.unwritable": ("{path} cannot be written: {detail}", "无法写入 {path}：{detail}"),
    "file.unwritable.hint": (
        "Check the folder's owner and the disk's free space.",
        "请检查文件夹的所有者和磁盘剩余空间。",
    ),
    "keyring.locked": ("The keyring does not let its entry go.", "密钥环不允许删除该条目。"),
    "keyring.locked.hint": (
        "The credentials are still there. Unlock the keyring, or remove the entry spark_magic in its own program.",
        "凭证仍在其中。请解锁密钥环，或在系统的密钥环程序中删除 spark_magic 条目。",
    ),
    "deadline.open": (
        "{host} did not connect within {seconds:g} s.",
        "{host} 在 {seconds:g} 秒内没有连接成功。",
    ),
    "deadline.send": (
        "The question could not be sent within {seconds:g} s.",
        "在 {seconds:g} 秒内没能发出问题。",
    ),
    "deadline.first": (
        "No answer began within {seconds:g} s.",
        "{seconds:g} 秒内没有开始回答。",
    ),
    "deadline.idle": (
        "The answer stopped: nothing more for {seconds:g} s.",
        "回答中断：{seconds:g} 秒内没有新内容。",
    ),
    "deadline.total": (
        "The answer was not complete after {seconds:g} s.",
        "{seconds:g} 秒后回答仍未完成。",
    ),
    "deadline.hint": (
        "Ask again; if you expect it to take longer, raise the limit with %spark_config --{option} SECONDS.",
        "请重试；如果需要更久，可用 %spark_config --{option} 秒数 提高上限。",
    ),
    "answer.too_large": (
        "The server sent more than {limit} bytes.",
        "服务器发送了超过 {limit} 字节。",
    ),
    "answer.too_large.hint": (
        "The connection was closed. Ask for less at once, or raise max_bytes with %config SparkMagics.max_bytes.",
        "连接已关闭。请一次少问一些，或用 %config SparkMagics.max_bytes 提高上限。",
    ),
    "conversation.busy": (
        "This conversation is still answering another question.",
        "这个对话还在回答另一个问题。",
    ),
    "conversation.busy.hint": (
        "Nothing was sent. Wait for it to end (.wait(), where it is in the background), ask in another conversation"
        " with --name NAME, or outside of any with --no-history.",
        "没有发送任何内容。请等它结束（在后台回答时用 .wait()），用 --name NAME 在另一个对话中提问，"
        "或用 --no-history 在对话之外提问。",
    ),
    "connection.lost": (
        "The connection ended before the answer was complete.",
        "回答尚未完成，连接就断开了。",
    ),
    "connection.lost.hint": (
        "What came so far is shown but not remembered. Run the cell again.",
        "已收到的部分会显示，但不会被记住。请重新运行该单元格。",
    ),
    "protocol.invalid": (
        "The server sent something that is no Spark answer: {detail}",
        "服务器返回的内容不是星火的回答：{detail}",
    ),
    "protocol.invalid.hint": (
        "Check that URL and domain are Spark's; if they are, run the cell again and report the sid.",
        "请确认地址和 domain 属于星火；如果无误，请重新运行，并反馈 sid。",
    ),
    "handshake.unsigned": (
        "401: the server saw no signature.",
        "401：服务器没有看到签名。",
    ),
    "handshake.unsigned.hint": (
        "A proxy on the way may cut the address's query off; try without it (no_proxy=.xf-yun.com).",
        "途中的代理可能去掉了地址中的参数；请尝试不经代理（no_proxy=.xf-yun.com）。",
    ),
    "handshake.key": ("401: the server does not know this APIKey.", "401：服务器不认识这个 APIKey。"),
    "handshake.key.hint": (
        "APIKey and APISecret are easily swapped: the console lists APPID, APISecret, APIKey in that order. {sources}",
        "APIKey 和 APISecret 容易填反：控制台的顺序是 APPID、APISecret、APIKey。{sources}",
    ),
    "handshake.secret": (
        "401: the signature does not match: the APISecret is not the one of this APIKey.",
        "401：签名不匹配：APISecret 与 APIKey 不是一对。",
    ),
    "handshake.secret.hint": (
        "Copy both again from the same app in the console. {sources}",
        "请从控制台同一个应用重新复制两者。{sources}",
    ),
    "handshake.clock": (
        "403: this computer's clock is {minutes:.0f} min {direction} the server's; five are allowed.",
        "403：本机时钟比服务器{direction} {minutes:.0f} 分钟；最多允许相差五分钟。",
    ),
    "handshake.clock.ahead": ("ahead of", "快"),
    "handshake.clock.behind": ("behind", "慢"),
    "handshake.clock.hint": (
        "Set the clock (switch on automatic time), then run the cell again.",
        "请校准系统时间（打开自动设置时间），然后重新运行。",
    ),
    "handshake.date": (
        "403: the server did not accept the request's date.",
        "403：服务器没有接受请求中的时间。",
    ),
    "handshake.date.hint": (
        "This computer's clock is probably off by more than five minutes: set it and run the cell again.",
        "本机时钟可能相差五分钟以上：请校准后重新运行。",
    ),
    "handshake.forbidden": (
        "403: the server refused this app: {detail}",
        "403：服务器拒绝了这个应用：{detail}",
    ),
    "handshake.forbidden.hint": (
        "Check in the console that the app has the Spark service and that no IP allow-list shuts you out.",
        "请在控制台确认该应用已开通星火服务，并且没有 IP 白名单限制。",
    ),
    "handshake.redirect": (
        "{status}: the server wants to send the request elsewhere; that is refused.",
        "{status}：服务器要把请求转到别处；已拒绝。",
    ),
    "handshake.redirect.hint": (
        "A network log-in page may be in the way: open a browser and sign in. Keys are sent to the given host alone.",
        "可能需要先登录网络：请打开浏览器登录。密钥只会发往指定的主机。",
    ),
    "handshake.too_large": (
        "The server's reply to the connection has more than {limit} bytes.",
        "服务器对连接的回复超过 {limit} 字节。",
    ),
    "handshake.too_large.hint": (
        "No Spark server does that: check the address with %spark_config, and whether a proxy is in the way.",
        "星火服务器不会这样：请用 %spark_config 检查地址，并确认途中是否有代理。",
    ),
    "handshake.other": (
        "{host} answered {status} instead of opening the connection. {detail}",
        "{host} 返回 {status}，没有建立连接。{detail}",
    ),
    "handshake.other.hint": (
        "If it stays so, check the address with %spark_config; a 5xx usually passes by itself.",
        "如果一直如此，请用 %spark_config 检查地址；5xx 通常会自行恢复。",
    ),
    "websocket.shadowed": (
        "The module `websocket` at {path} is not the one of websocket-client.",
        "位于 {path} 的 `websocket` 模块不是 websocket-client。",
    ),
    "websocket.shadowed.hint": (
        "Run `pip uninstall websocket` and `pip install --force-reinstall websocket-client`, rename a file"
        " websocket.py of your own, then restart the kernel.",
        "运行 `pip uninstall websocket` 和 `pip install --force-reinstall websocket-client`，"
        "如有自己的 websocket.py 请改名，然后重启内核。",
    ),
    "interrupted": (
        "Stopped. What came so far stays above; nothing is remembered.",
        "已停止。已收到的部分保留在上方；不会记入对话。",
    ),
    "interrupted.go_on": (
        "Stopped. What came so far stays above; nothing is remembered. `{line}` goes on with it.",
        "已停止。已收到的部分保留在上方；不会记入对话。`{line}` 可继续。",
    ),
    "interrupted.complete": (
        "The stop came after the answer was complete: nothing of it is lost.",
        "停止时回答已经完整，没有丢失任何内容。",
    ),
    "sandbox.failed": ("The sandbox could not start: {detail}", "沙盒无法启动：{detail}"),
    "sandbox.failed.hint": (
        "It needs a free port on 127.0.0.1; check whether a security tool forbids that.",
        "它需要 127.0.0.1 上的一个空闲端口；请检查安全软件是否禁止。",
    ),
}
