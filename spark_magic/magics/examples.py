"""`--examples`: a small file of questions with the answers one would like, for the model to go by."""

import json
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final

from ..conversation import Example
from ..errors import ConfigurationError
from ..messages import say
from .files import FileUnreadable, read_file

_MOST: Final = 64 * 1024  # bytes, some 20,000 tokens with each question; as YAML it takes a second to read
_DEEPEST: Final = 20  # levels
_PARTS: Final = ("question", "answer")


def examples_in(path: str) -> tuple[Example, ...]:
    """Return the pairs of a file, YAML or (`.json`) JSON, in their order; none for an empty path.

    Read at each question, so that a change of the file counts. Numbers become text as they are written.
    ConfigurationError, before anything is sent, naming the line or the item that is not right.
    """
    if not path:
        return ()
    try:
        text = read_file(path, _MOST).decode("utf-8-sig")
    except (FileUnreadable, UnicodeDecodeError) as problem:
        detail = str(problem)
    else:
        return _examples_of(text, str(path))
    raise ConfigurationError("examples.unreadable", source=path, detail=detail)


@lru_cache(maxsize=4)  # a text that has not changed is not read again
def _examples_of(text: str, path: str) -> tuple[Example, ...]:
    items = _json(text, path) if PurePath(path).suffix.lower() == ".json" else _yaml(text, path)
    return tuple(_pairs(items, path))


def _json(text: str, path: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as problem:
        line, detail = problem.lineno, problem.msg
    except RecursionError:
        line, detail = 1, "nested too deeply"
    raise ConfigurationError("examples.line", source=path, line=line, detail=detail)


def _yaml(text: str, path: str) -> Any:
    """Read YAML with the plainest of its loaders: every scalar is the text that stands there, nothing else is made."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types; few use it

    class Shallow(yaml.BaseLoader):  # type: ignore[misc]  # as above
        """A loader that goes no deeper than pairs are: the time it takes grows with the square of the depth."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > _DEEPEST:
                raise yaml.composer.ComposerError(None, None, "nested too deeply", self.peek_event().start_mark)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    try:
        return yaml.load(text, Shallow)  # noqa: S506  # lists, dicts and strings: less than the safe one makes
    except yaml.reader.ReaderError as problem:
        line, detail = text.count("\n", 0, problem.position) + 1, problem.reason
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, detail = mark.line + 1 if mark else 1, problem.problem or str(problem.context)
    except yaml.YAMLError as problem:
        line, detail = 1, type(problem).__name__
    raise ConfigurationError("examples.line", source=path, line=line, detail=detail)


def _pairs(items: Any, path: str) -> list[Example]:
    if not isinstance(items, list) or not items:
        raise ConfigurationError("examples.no_list", source=path)
    return [_pair(item, number, path) for number, item in enumerate(items, start=1)]


def _pair(item: Any, number: int, path: str) -> Example:
    """Return one pair; no value is repeated in a message, it may be anything."""
    if isinstance(item, dict) and set(item) == set(_PARTS):
        item = [item[part] for part in _PARTS]
    if not isinstance(item, list) or len(item) != len(_PARTS):
        raise ConfigurationError("examples.no_pair", source=path, item=number)
    for part, value in zip(_PARTS, item, strict=True):
        if not isinstance(value, str) or not value.strip() or not _is_text(value):
            raise ConfigurationError("examples.no_text", source=path, item=number, part=say(f"label.{part}"))
    question, answer = item
    return question, answer


def _is_text(value: str) -> bool:
    """Tell whether there is no half a character in it: JSON can write one, nothing can be sent with it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
