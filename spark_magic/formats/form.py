"""The form an answer is to have: how it is asked for, and what it is checked by."""

from dataclasses import dataclass
from typing import Any, Final

from ..messages import say
from .json_text import found_json
from .schema import Schema

MARKDOWN: Final = "markdown"
FORMATS: Final = (MARKDOWN, "text", "json", "code", "html")


@dataclass(frozen=True, slots=True)
class Form:
    """One of the formats; of `json` maybe with a schema."""

    format: str = MARKDOWN
    schema: Schema | None = None

    def asked_for(self, question: str) -> str:
        """Return the question with the sentence behind it that asks for this form."""
        if self.format == MARKDOWN:
            return question
        wish = say(f"format.{self.format}")
        if self.schema is not None:
            wish = f"{wish} {say('format.schema')}\n{self.schema.text}"
        return f"{question}\n\n{wish}"

    def data_of(self, text: str) -> Any:
        """Return the object an answer of the format `json` stands for; Invalid when there is none."""
        data = found_json(text)
        return data if self.schema is None else self.schema.check(data)


PLAIN_FORM: Final = Form()  # what is asked for without any option
