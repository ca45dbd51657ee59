"""The answer: a string that knows how it came about."""

from typing import Any, Self

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
    number in the conversation (0: outside it), `cut` whether `max_tokens` ended it and not the model,
    `form` the format it was asked for in, `data` the object it stands for where that was `json` (None otherwise),
    `cached` whether it is that of an identical question asked before: its usage is 0 then.
    """

    __slots__ = ("cached", "cut", "data", "form", "model", "reasoning", "references", "seconds", "sid", "turn", "usage")
    reasoning: str
    references: tuple[Reference, ...]
    usage: Usage | None
    model: str
    sid: str
    seconds: float
    turn: int
    cut: bool
    form: str
    data: Any
    cached: bool

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
        cut: bool = False,
        form: str = "markdown",
        data: Any = None,
        cached: bool = False,
    ) -> Self:
        """Make one from its text and its facts."""
        answer = super().__new__(cls, text)
        answer.reasoning, answer.references, answer.usage, answer.model = reasoning, references, usage, model
        answer.sid, answer.seconds, answer.turn, answer.cut = sid, seconds, turn, cut
        answer.form, answer.data, answer.cached = form, data, cached
        return answer

    @property
    def value(self) -> Any:
        """What a variable gets of it: the object of one asked for as `json`, else the answer itself."""
        return self.data if self.form == "json" else self

    @property
    def done(self) -> bool:
        """True: a variable may hold an answer that is still being written, which says False."""
        return True

    def wait(self, timeout: float | None = None) -> Self:  # noqa: ARG002  # what the one being written takes
        """Return itself at once, as the one being written does when it is complete."""
        return self

    def stop(self) -> None:
        """Do nothing: it is complete."""

    @property
    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The fenced code blocks in order, without fences and indent; an open last one included."""
        return tuple(CodeBlock(code, language) for language, code in fences(str(self)))
