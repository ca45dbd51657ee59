"""What is wrong with a question or its parameters, before anything is sent."""

from typing import Final

PROMPTS: Final[dict[str, tuple[str, str]]] = {
    "prompt.too_large": (
        "The question is about {tokens} tokens; {model} takes {limit}.",
        "问题约 {tokens} 个 token；{model} 最多接受 {limit} 个。",
    ),
    "prompt.too_large.hint": (
        "Nothing was sent. Shorten it, or choose a model with more room: `%spark_config --list-models` shows them.",
        "没有发送任何内容。请缩短问题，或选择容量更大的模型：`%spark_config --list-models` 可查看。",
    ),
    "prompt.not_text": (
        "The question has half a character (a lone surrogate) at position {position}.",
        "问题在第 {position} 个位置含有半个字符（孤立的代理项）。",
    ),
    "prompt.not_text.hint": (
        "Nothing was sent. It usually comes from text decoded with errors='surrogateescape': decode it again.",
        "没有发送任何内容。通常来自以 errors='surrogateescape' 解码的文本：请重新解码。",
    ),
    "parameter.temperature": (
        "temperature {value:g} is out of range: this model takes 0 to {most:g}.",
        "temperature {value:g} 超出范围：该模型接受 0 到 {most:g}。",
    ),
    "parameter.type": (
        "{name} is a number; {value!r} is none that can be sent.",
        "{name} 应为数字；{value!r} 无法发送。",
    ),
    "parameter.choice": (
        "{name} is one of {choices}, not {value!r}.",
        "{name} 只能是 {choices} 之一，不能是 {value!r}。",
    ),
    "parameter.top_k": ("top_k {value} is out of range: 1 to 6.", "top_k {value} 超出范围：1 到 6。"),
    "parameter.max_tokens": (
        "max_tokens {value} is out of range: 1 or more.",
        "max_tokens {value} 超出范围：至少为 1。",
    ),
    "parameter.hint": (
        "Nothing was sent. Set another value, or none to leave it to the model.",
        "没有发送任何内容。请换一个值，或不设置而使用模型的默认值。",
    ),
}
