"""Texts of other languages pass through a question to the byte, or are refused; they are never changed in silence."""

import pytest
from corpus import LITERAL, LOOKS_LIKE_OURS

from spark_magic.errors import BadVariable
from spark_magic.prompt import Expanded, expand

NAMES = """
a b c d e f g h i j k l m n o p q r s t u v w x y z A R S T name item items data df user users key value text
title body width price date message secrets github html card lang dt dy variable 变量 put moment cite printf json
default include toYaml ref dataLayer self true none"""
EVERYTHING = dict.fromkeys(NAMES.split(), 7)


def test_the_corpus_is_large_enough():
    assert len(LITERAL) >= 40
    assert len(dict(LITERAL)) == len(LITERAL)


@pytest.mark.parametrize("variables", [{}, EVERYTHING], ids=["no variables", "many variables"])
@pytest.mark.parametrize(("kind", "text"), LITERAL, ids=[kind for kind, _ in LITERAL])
def test_other_languages_pass_through_to_the_byte(kind, text, variables):
    """Alone, in a fence, and beside a variable that is put in."""
    assert expand(text, variables, repr).text == text
    around = f"Explain this {kind}:\n```\n{text}\n```\nfor {{{{ reader }}}}.\n"
    expanded = expand(around, {**variables, "reader": "Ann"}, repr)
    assert expanded.text == around.replace("{{ reader }}", "Ann")
    assert [value.expression for value in expanded.inserted] == ["reader"]


def test_a_text_with_nothing_to_put_in_is_not_even_copied():
    text = "{ no variable } here"
    assert expand(text, {}, repr) == Expanded(text)
    assert expand(text, {}, repr).text is text


@pytest.mark.parametrize("text", [text for _, text in LOOKS_LIKE_OURS], ids=[kind for kind, _ in LOOKS_LIKE_OURS])
def test_what_cannot_be_told_from_a_variable_is_an_error_that_names_the_way_out(text):
    with pytest.raises(BadVariable, match="--raw"):
        expand(text, {}, repr)
