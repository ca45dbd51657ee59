"""The vendor's codes: what each means and what to do. Sources: the protocol page, section 5."""

from typing import Final

_AGAIN = (
    "It passes by itself: run the cell again in a moment.",
    "稍后会自行恢复：请过一会儿重新运行。",
)
_REPORT = (
    "If it stays so, report the sid to the vendor.",
    "如果一直如此，请把 sid 提供给厂商。",
)
_REWORD = (
    "Reword the question; earlier turns (`%spark_reset`) or the system prompt can be the cause, too.",
    "请修改问题；之前的对话（`%spark_reset`）或系统提示也可能是原因。",
)
_PICTURE = ("Make the picture smaller or larger.", "请缩放图片。")

_CODES: Final[dict[int, tuple[str, str, tuple[str, str]]]] = {
    10000: ("The server could not upgrade the connection.", "服务器升级 WebSocket 失败。", _AGAIN),
    10001: ("The server could not read the request.", "服务器读取请求失败。", _AGAIN),
    10002: ("The server could not send its answer.", "服务器发送回答失败。", _AGAIN),
    10003: (
        "The server does not understand the request.",
        "服务器不理解请求格式。",
        (
            "Most often the domain does not exist: choose the model by its alias with --model.",
            "多半是 domain 不存在：请用 --model 按别名选择模型。",
        ),
    ),
    10004: (
        "A part of the request breaks the vendor's schema.",
        "请求的某一部分不符合厂商的格式。",
        (
            "The server's message names the part; correct that option.",
            "服务器的消息指出了是哪一部分；请修正相应选项。",
        ),
    ),
    10005: (
        "A parameter has a value the server does not take.",
        "某个参数的取值不被接受。",
        (
            "Check temperature, top_k and max_tokens with %spark_config.",
            "请用 %spark_config 检查 temperature、top_k、max_tokens。",
        ),
    ),
    10006: (
        "This user is already connected elsewhere.",
        "该用户已在别处连接。",
        ("Wait for the other request to end, then ask again.", "请等另一个请求结束后再问。"),
    ),
    10007: (
        "The previous question of this user is still being answered.",
        "该用户的上一个问题还在处理中。",
        ("Wait for it to end, then ask again.", "请等它结束后再问。"),
    ),
    10008: ("The service is short of capacity.", "服务容量不足。", _AGAIN),
    10009: ("The service cannot reach its engine.", "服务无法连接引擎。", _AGAIN),
    10010: ("The service lost data from its engine.", "服务接收引擎数据出错。", _AGAIN),
    10011: ("The service could not pass the question to its engine.", "服务向引擎发送数据出错。", _AGAIN),
    10012: ("The engine failed.", "引擎内部错误。", _AGAIN),
    10013: ("The question was refused by moderation.", "问题未通过内容审核。", _REWORD),
    10014: (
        "The answer was withdrawn by moderation.",
        "回答未通过内容审核，已撤回。",
        ("Ask in other words; nothing of this turn is remembered.", "请换个说法；这一轮不会被记住。"),
    ),
    10015: (
        "This APPID is on the vendor's blacklist.",
        "该 APPID 已被列入黑名单。",
        ("Ask the vendor's support.", "请联系厂商客服。"),
    ),
    10016: (
        "This APPID has no licence for the model, or no tokens left.",
        "该 APPID 没有此模型的授权，或 token 已用完。",
        (
            "Open or top up this model in the console, or find one you may use with `%spark_config --check`.",
            "请在控制台开通或充值该模型，或用 `%spark_config --check` 查看可用模型。",
        ),
    ),
    10017: ("The service could not clear its history.", "服务清除历史失败。", _AGAIN),
    10018: ("The connection was idle for too long.", "连接空闲太久。", _AGAIN),
    10019: (
        "The conversation is near what moderation allows.",
        "对话有违规倾向。",
        (
            "Change the subject, or start again with `%spark_reset`.",
            "请换个话题，或用 `%spark_reset` 重新开始。",
        ),
    ),
    10021: ("The question did not pass moderation.", "问题审核未通过。", _REWORD),
    10022: (
        "The picture did not pass moderation.",
        "图片审核未通过。",
        ("Use another picture.", "请换一张图片。"),
    ),
    10029: ("A side of the picture is longer than 12800 pixels.", "图片边长超过 12800 像素。", _PICTURE),
    10041: (
        "The picture is outside 50x50 to 6000x6000 pixels.",
        "图片分辨率不在 50x50 到 6000x6000 之间。",
        _PICTURE,
    ),
    10110: ("The service is busy.", "服务忙。", _AGAIN),
    10163: (
        "The engine does not take one of the parameters.",
        "引擎参数校验失败。",
        (
            "Check temperature, top_k and max_tokens with %spark_config.",
            "请用 %spark_config 检查 temperature、top_k、max_tokens。",
        ),
    ),
    10222: ("The engine's network failed.", "引擎网络异常。", _AGAIN),
    10223: ("No engine is free.", "没有可用的引擎节点。", _AGAIN),
    10404: (
        "URL and domain do not belong together, or the service is not open to this app.",
        "地址与 domain 不匹配，或该应用没有开通此服务。",
        (
            "Choose the model by its alias with --model; if it is, open the service in the console.",
            "请用 --model 按别名选择模型；如果已是别名，请在控制台开通服务。",
        ),
    ),
    10907: (
        "The conversation has more tokens than the model takes.",
        "对话的 token 数超过模型上限。",
        (
            "Shorten the question, forget the conversation with `%spark_reset`, or use --no-history.",
            "请缩短问题、用 `%spark_reset` 清空对话，或使用 --no-history。",
        ),
    ),
    11200: (
        "No licence for this model, or its tokens are used up. Your keys are fine.",
        "没有此模型的授权，或额度已用完。密钥本身没有问题。",
        (
            "Every model has its own quota: claim or buy it for THIS model in the console and check that it is"
            " bound to this APPID. `%spark_config --check` shows which models you may use.",
            "每个模型的额度是分开的：请在控制台为这个模型领取或购买，并确认绑定到该 APPID。"
            "`%spark_config --check` 显示哪些模型可用。",
        ),
    ),
    11201: (
        "Today's limit is reached.",
        "今日流量已达上限。",
        ("Go on tomorrow, or raise the limit in the console.", "请明天再试，或在控制台提高上限。"),
    ),
    11202: (
        "Too many requests in one second.",
        "每秒请求数超限。",
        ("Wait a second, then run the cell again.", "请等一秒后重新运行。"),
    ),
    11203: (
        "Too many requests at the same time.",
        "并发请求数超限。",
        ("Wait for the others to end, then run the cell again.", "请等其他请求结束后重新运行。"),
    ),
    11210: (
        "Too many requests.",
        "请求过于频繁。",
        ("Wait a little, then run the cell again.", "请稍等后重新运行。"),
    ),
    10139: ("The gateway takes the request for malformed.", "网关认为请求格式错误。", _REPORT),
    10160: ("The gateway takes the request for malformed.", "网关认为请求格式错误。", _REPORT),
    10161: ("The gateway could not decode the request's base64.", "网关解码 base64 失败。", _REPORT),
    10200: ("The gateway waited too long for the request.", "网关读取请求超时。", _AGAIN),
    10303: ("The gateway could not parse the request.", "网关解析请求失败。", _REPORT),
    10313: (
        "The APPID is empty or does not belong to the APIKey.",
        "APPID 为空或与 APIKey 不匹配。",
        (
            "Copy all three values again from the same app in the console: `%spark_config login`.",
            "请从控制台同一个应用重新复制三个值：`%spark_config login`。",
        ),
    ),
    10317: ("The gateway does not take this version of the protocol.", "网关不接受该协议版本。", _REPORT),
    10500: ("The gateway failed.", "网关内部错误。", _AGAIN),
    10600: ("The gateway failed.", "网关内部错误。", _AGAIN),
    10700: ("The engine took too long.", "引擎超时。", _AGAIN),
}

SERVICE: Final[dict[str, tuple[str, str]]] = {
    **{f"service.{code}": (english, chinese) for code, (english, chinese, _) in _CODES.items()},
    **{f"service.{code}.hint": hint for code, (_, _, hint) in _CODES.items()},
    "service.unknown": ("The service reports an error that is in no table.", "服务返回了未收录的错误。"),
    "service.unknown.hint": (
        "Look it up at https://www.xfyun.cn/document/error-code?code={code}, or report the sid to the vendor.",
        "请在 https://www.xfyun.cn/document/error-code?code={code} 查询，或把 sid 提供给厂商。",
    ),
}
