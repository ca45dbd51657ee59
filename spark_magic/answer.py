"""The answer: a string that knows how it came about."""

import re
from typing import Final, Self

from .events import Usage

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`\n]*)$")


class CodeBlock(str):
    """One fenced block of an answer: its text, and its `language` as the fence names it (maybe "")."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> Self:
        """Make one."""
        block = super().__new__(cls, text)
        block.language = language
        return block


class Answer(str):
    """The model's answer, usable wherever text is: f-strings, `print`, `len`.

    `reasoning` is what a thinking model wrote before it, `usage` the tokens (None where the server sent none),
    `model` the alias asked, `sid` the vendor's session id, `seconds` from sending to the last frame, `turn` the
    number in the conversation (0: outside it).
    """

    __slots__ = ("model", "reasoning", "seconds", "sid", "turn", "usage")
    reasoning: str
    usage: Usage | None
    model: str
    sid: str
    seconds: float
    turn: int

    def __new__(  # noqa: PLR0913  # the facts of one answer, all by name
        cls,
        text: str = "",
        *,
        reasoning: str = "",
        usage: Usage | None = None,
        model: str = "",
        sid: str = "",
        seconds: float = 0.0,
        turn: int = 0,
    ) -> Self:
        """Make one from its text and its facts."""
        answer = super().__new__(cls, text)
        answer.reasoning, answer.usage, answer.model = reasoning, usage, model
        answer.sid, answer.seconds, answer.turn = sid, seconds, turn
        return answer

    @property
    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The fenced code blocks in order, without their fences; an open last one included."""
        blocks: list[CodeBlock] = []
        fence, language, lines = "", "", list[str]()
        for line in self.splitlines():
            found = _FENCE.match(line)
            if not fence and found:
                fence, language, lines = found[1], (found[2].split() or [""])[0], []
            elif fence and found and found[1].startswith(fence) and not found[2]:
                blocks.append(CodeBlock("\n".join(lines), language))
                fence = ""
            else:
                lines.append(line)
        if fence:
            blocks.append(CodeBlock("\n".join(lines), language))
        return tuple(blocks)
