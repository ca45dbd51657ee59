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
}
