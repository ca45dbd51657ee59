"""What the sandbox says, in Chinese and English."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language."""

    answer: str
    picture: str
    system: str
    no_system: str
    reasoning: str
    titles: tuple[str, ...]


ENGLISH: Final = Wording(
    answer="""\
## Scripted answer

This text comes from the **local sandbox**. No model ran, nothing left this machine, and the words were written in \
advance: do not take them for an answer to your question.

What arrived here:

- Messages received: {messages}, and this is turn {turn} of the conversation.
- First question: “{first}”
- Current question: “{current}”
{picture}- {system}

| Checked | Result |
|---|---|
| signature and clock | accepted |
| app id, domain, schema | accepted |

```python
print("streamed by the sandbox")
```
""",
    picture="- A picture of {picture.width} x {picture.height} pixels ({picture.kind})\n",
    system="System prompt: “{text}”",
    no_system="There is no system prompt.",
    reasoning=(
        "This is scripted reasoning: no model is thinking. First I would read the question again. "
        "Then I would look at the messages before it. After that I can write down the scripted answer."
    ),
    titles=(
        "Sandbox reference one (scripted)",
        "Sandbox reference two (scripted)",
        "Sandbox reference three (scripted)",
    ),
)

CHINESE: Final = Wording(
    answer="""\
## 预设回答

这段文字来自**本地沙盒**（sandbox）。没有运行任何模型，数据没有离开这台电脑；内容是事先写好的脚本，请不要把它当作对问题的真实回答。

沙盒收到了：

- 消息共 {messages} 条，这是对话的第 {turn} 轮。
- 第一个问题：“{first}”
- 当前的问题：“{current}”
{picture}- {system}

| 检查项目 | 结果 |
|---|---|
| 签名与时钟 | 通过 |
| 应用编号、领域与请求格式 | 通过 |

下面的代码块只是为了让排版看得见：

```python
# 这段代码同样是预设的，没有任何含义
for 序号 in range(3):
    print("来自沙盒的流式输出", 序号)
```

要得到真正的回答，请配置账号并换用其他模型。
""",
    picture="- 一张 {picture.width} x {picture.height} 像素的图片（{picture.kind}）\n",
    system="系统提示词：“{text}”",
    no_system="没有系统提示词。",
    reasoning=(
        "这是预设的思考过程，没有模型在思考。首先，再读一遍问题。"
        "然后，看一看前面的几条消息。最后，就可以写下预设的回答了。"
    ),
    titles=("沙盒参考资料一（预设）", "沙盒参考资料二（预设）", "沙盒参考资料三（预设）"),
)


def section(number: int) -> str:
    """Return one section of the long document: heading, paragraphs, a list, and code in every third one."""
    code = _CODE.format(number=number) if number % 3 == 0 else ""
    return _SECTION.format(number=number, double=number * 2, square=number * number) + code


_SECTION: Final = """\
## Section {number} · 第 {number} 节

This scripted paragraph has **bold** words, *emphasis*, some `inline_code` and a sum: {number} + {number} = {double}. \
It is long enough to wrap on most screens, as paragraphs of a real answer do.

沙盒写的这一段是预设的：没有运行任何模型。它的长度和真实回答里的段落差不多，用来检验流式显示是否平稳。

- first point of section {number}
- 第二点：{number} 的平方是 {square}
- third point, with a [link](https://example.com/section/{number})

"""

_CODE: Final = """\
```python
def section_{number}(values: list[int]) -> int:
    total = 0
    for value in values:
        total += value * {number}
    return total
```

"""
