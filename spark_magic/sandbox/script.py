"""The scripted answers: what is said, cut into deltas. Pure and deterministic."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from . import pictures, wording
from .directives import without
from .schema import Question

_SIZES: Final = (3, 1, 7, 2, 12, 5, 1, 4, 9, 6, 2, 8, 11, 10)  # characters per delta, as irregular as seen
_QUOTED: Final = 40  # characters of a message that are quoted
_CJK: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff]+")
_PER_MESSAGE: Final = 2  # tokens that mark where a message begins and ends
_CHINESE_PER_TOKEN, _WORDS_PER_TOKEN = 1.5, 0.8  # the vendor's own rule of thumb


def chunks(text: str) -> Iterator[str]:
    """Cut `text` into irregular pieces of 1 to 12 characters."""
    sizes, start = itertools.cycle(_SIZES), 0
    while start < len(text):
        size = next(sizes)
        yield text[start : start + size]
        start += size


def content(question: Question) -> list[str]:
    """Return the answer's deltas: what `say`, `line` or `count` ask for, else the scripted answer."""
    wanted = question.directives
    if wanted.count is not None:
        return _long(wanted.count)
    said = wanted.line if wanted.say is None else wanted.say
    if said is None:
        return list(chunks(answer(question)))
    # At least two, as in every capture: the first frame and the last.
    pieces = list(chunks(said))
    return pieces + [""] * (2 - len(pieces))


def _long(count: int) -> list[str]:
    """Return exactly `count` deltas of a Markdown document without an end."""
    pieces = itertools.chain.from_iterable(chunks(wording.section(number)) for number in itertools.count(1))
    return list(itertools.islice(pieces, count))


def reasoning(question: Question) -> list[str]:
    """Return the deltas of the reasoning: as many as `think` asks for, else what a model that has it says."""
    thought = _words(question).reasoning
    if question.directives.think is not None:
        return list(itertools.islice(itertools.cycle(chunks(thought)), question.directives.think))
    return list(chunks(thought)) if question.reasoning else []


def answer(question: Question) -> str:
    """Return the scripted answer: that it is one, and what it received."""
    words = _words(question)
    users = [text for role, text in question.messages if role == "user"]
    system = [text for role, text in question.messages if role == "system"]
    picture = question.picture
    return words.answer.format(
        messages=len(question.messages) + (picture is not None),
        picture="" if picture is None else words.picture.format(picture=picture),
        turn=len(users),
        first=_quoted(users[0]),
        current=_quoted(users[-1]),
        system=words.system.format(text=_quoted(system[0])) if system else words.no_system,
    )


def sources(question: Question) -> list[dict[str, Any]]:
    """Return the search references."""
    titles = enumerate(_words(question).titles, start=1)
    return [{"index": i, "url": f"https://example.com/sandbox/{i}", "title": title} for i, title in titles]


def usage(question: Question, thoughts: Iterable[str], contents: Iterable[str]) -> dict[str, int]:
    """Return the tokens of question and answer, estimated by the vendor's rule of thumb."""
    newest = tokens(question.newest)
    prompt = sum(tokens(text) + _PER_MESSAGE for _, text in question.messages)
    prompt += 0 if question.picture is None else pictures.TOKENS
    completion = tokens("".join(thoughts)) + tokens("".join(contents))
    return {
        "question_tokens": newest,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def tokens(text: str) -> int:
    """Estimate: one token is 1.5 Chinese characters or 0.8 English words."""
    chinese, english = len(_CJK.findall(text)), len(_WORD.findall(text))
    return math.ceil(chinese / _CHINESE_PER_TOKEN + english / _WORDS_PER_TOKEN)


def _words(question: Question) -> wording.Wording:
    newest = question.newest
    return wording.CHINESE if _CJK.search(newest) else wording.ENGLISH


def _quoted(message: str) -> str:
    """Return a message's beginning on one line, without the directives if there is anything else."""
    text = " ".join((without(message) or message).split())
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
