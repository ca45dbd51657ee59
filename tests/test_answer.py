"""An answer is text first, and knows how it came about."""

import copy
import pickle

from spark_magic.answer import Answer
from spark_magic.events import Usage

MARKDOWN = "Look:\n\n```python\nprint(1)\n```\n\n~~~\nplain\n```\n~~~\n\n````md\n```\ninner\n```\n````\n\n```sh\nopen"


def test_it_is_a_string_everywhere_text_is_used():
    answer = Answer("你好", model="ultra")
    assert f"{answer}!" == "你好!"
    assert len(answer) == 2
    assert answer == "你好"
    assert answer + "。" == "你好。"


def test_it_keeps_the_facts_of_its_exchange():
    answer = Answer("x", reasoning="hm", usage=Usage(1, 2, 3), model="x2", sid="s", seconds=1.5, turn=4)
    assert (answer.reasoning, answer.usage, answer.model) == ("hm", Usage(1, 2, 3), "x2")
    assert (answer.sid, answer.seconds, answer.turn) == ("s", 1.5, 4)


def test_facts_survive_pickling_and_copying():
    answer = Answer("x", reasoning="hm", usage=Usage(1, 2, 3), model="x2")
    for twin in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer)):  # noqa: S301  # our own bytes
        assert isinstance(twin, Answer)
        assert (twin, twin.reasoning, twin.usage, twin.model) == ("x", "hm", Usage(1, 2, 3), "x2")


def test_code_blocks_come_in_order_with_their_languages():
    blocks = Answer(MARKDOWN).code_blocks
    assert blocks == ("print(1)", "plain\n```", "```\ninner\n```", "open")
    assert [block.language for block in blocks] == ["python", "", "md", "sh"]


def test_an_answer_without_code_has_no_blocks():
    assert Answer("no `inline` counts").code_blocks == ()


def test_code_in_lists_and_quotes_comes_without_their_indent():
    blocks = Answer(
        "1. Step\n\n   ```python\n   for x in y:\n       print(x)\n   ```\n\n> ```py\n> 1\n> ```\n"
    ).code_blocks
    assert blocks == ("for x in y:\n    print(x)", "1")


def test_what_only_looks_like_a_line_break_or_a_fence_stays_in_the_code():
    assert Answer("```\na\x0cb\n```").code_blocks == ("a\x0cb",)
    assert Answer("~~~ py `x`\n1\n~~~\ntext").code_blocks == ("1",)
