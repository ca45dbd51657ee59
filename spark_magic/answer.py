"""The answer: a string that knows how it came about."""

from typing import Self

from .events import Reference, Usage
from .render import fences


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

    `reasoning` is what a thinking model wrote before it, `references` are the search results it rests on, unchecked
    (`index`, `url`, `title`), `usage` the tokens (None where the server sent none),
    `model` the alias asked, `sid` the vendor's session id, `seconds` from sending to the last frame, `turn` the
    number in the conversation (0: outside it).
    """

    __slots__ = ("model", "reasoning", "references", "seconds", "sid", "turn", "usage")
    reasoning: str
    references: tuple[Reference, ...]
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
        references: tuple[Reference, ...] = (),
        usage: Usage | None = None,
        model: str = "",
        sid: str = "",
        seconds: float = 0.0,
        turn: int = 0,
    ) -> Self:
        """Make one from its text and its facts."""
        answer = super().__new__(cls, text)
        answer.reasoning, answer.references, answer.usage, answer.model = reasoning, references, usage, model
        answer.sid, answer.seconds, answer.turn = sid, seconds, turn
        return answer

    @property
    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The fenced code blocks in order, without fences and indent; an open last one included."""
        return tuple(CodeBlock(code, language) for language, code in fences(str(self)))
