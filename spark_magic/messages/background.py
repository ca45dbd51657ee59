"""Answers in the background: what they say of themselves, and what waiting for them may come to."""

from typing import Final

BACKGROUND: Final[dict[str, tuple[str, str]]] = {
    "help.background": (
        "end the cell at once and answer in the background; .wait() on the cell's value returns the answer",
        "单元格立即结束，在后台回答；对返回值调用 .wait() 即可取得回答",
    ),
    "shown.pending": (
        "<{model} is answering in the background: {seconds:.0f} s, {count} characters so far;"
        " .wait() returns the answer, .stop() ends it>",
        "<{model} 正在后台回答：{seconds:.0f} 秒，已收到 {count} 个字符；.wait() 返回回答，.stop() 停止>",
    ),
    "shown.pending.complete": (
        "<{model} has answered in the background: {count} characters; .wait() returns the answer>",
        "<{model} 已在后台回答完毕：{count} 个字符；.wait() 返回回答>",
    ),
    "shown.pending.failed": (
        "<{model} did not answer in the background: {kind}; .wait() says why>",
        "<{model} 未能在后台完成回答：{kind}；.wait() 会说明原因>",
    ),
    "shown.wait_over": (
        "Stopped waiting. The answer goes on in the background; .stop() ends it.",
        "已停止等待。回答仍在后台继续；用 .stop() 可以停止。",
    ),
    "shown.background.bug": (
        "This is a mistake in spark_magic, not in the question: please report it with what .wait() shows.",
        "这是 spark_magic 的错误，与提问无关：请把 .wait() 显示的内容反馈给我们。",
    ),
    "answer.stopped": (
        "The answer was stopped before it was complete.",
        "回答在完成之前已被停止。",
    ),
    "answer.stopped.hint": (
        "Nothing of it is remembered; str() of it is what came so far. Run the cell again for a whole answer.",
        "它不会记入对话；str() 可取得已收到的部分。要得到完整回答，请重新运行该单元格。",
    ),
    "answer.running": (
        "The answer is not complete after {seconds:g} s of waiting.",
        "等待 {seconds:g} 秒后，回答仍未完成。",
    ),
    "answer.running.hint": (
        "It goes on in the background: wait for it again with .wait(), or end it with .stop().",
        "回答仍在后台继续：可再次调用 .wait() 等待，或用 .stop() 停止。",
    ),
}
