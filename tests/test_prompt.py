"""What `prompt` promises: which texts are variables, what is put in for them, and what happens where that fails."""

import os
import subprocess
import sys
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.answer import Answer
from spark_magic.credentials import Credentials
from spark_magic.errors import BadVariable, SparkError
from spark_magic.messages import use_language
from spark_magic.prompt import expand
from spark_magic.prompt.table import MOST_CELL, MOST_COLUMNS, MOST_ROWS
from spark_magic.prompt.value import MOST_SHOWN, MOST_TEXT
from spark_magic.secret import Secret


def put(text, /, **variables):
    """Expand a text; other objects look as `repr` has them."""
    return expand(text, variables, repr).text


def refused(text, /, **variables):
    """Return the lines of what expanding a text raises."""
    with pytest.raises(BadVariable) as caught:
        put(text, **variables)
    return str(caught.value)


# what is a variable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ x }}", "7"),
        ("{{x}}", "7"),
        ("a {{x}}, {{ x }}.\n\n", "a 7, 7.\n\n"),
        ("请解释{{ x }}。", "请解释7。"),
        ("{{\u3000x\u3000}}", "7"),
        ("{{ x }}{{ x }}", "77"),
        ('{"n": {{ x }}}', '{"n": 7}'),
        ("{{ 数据 }}", "hello"),
        ("{{ items[1:] }}", "[2, 3]"),
        ("{{ items[-1] + x * 2 }}", "17"),
        ('{{ d["k"].upper() }}', "V"),
        ("{{ x if x > 5 else 0 }}", "7"),
        ("{{ len(items) }} {{ sorted(items, reverse=True) }} {{ round(1.25 + x) }}", "3 [3, 2, 1] 8"),
        ("{{ ｘ }} {{ ｌｅｎ(items) }}", "7 3"),
        ("{{ true }} {{ none }} {{ x and lambda }}", "{{ true }} {{ none }} {{ x and lambda }}"),
        ("{{ self }}{{ loop }}{{ result }}", "123"),
        ("{{ 数据 | upper }}", "HELLO"),
    ],
)
def test_an_expression_in_double_braces_is_replaced_by_its_value(text, expected):
    names = {"x": 7, "items": [1, 2, 3], "d": {"k": "v"}, "数据": "hello", "self": 1, "loop": 2, "result": 3}
    assert put(text, **names) == expected


@pytest.mark.parametrize(
    "text", ["${{ x }}", r"\{{ x }}", "frac{{ x }}", "{{{ x }}}", "{a}{{x}}", "e^{{x}}", "{{ x\n}}"]
)
def test_what_stands_behind_other_languages_marks_is_none(text):
    assert put(text, x=7) == text


class Grid:
    """An object that tells what it was asked for."""

    def __getitem__(self, key):  # noqa: D105  # see above
        return repr(key)


def test_slices_stand_among_other_indexes_too():
    assert put('{{ g[:3, "a"] }} {{ g[1::2] }}', g=Grid()) == "(slice(None, 3, None), 'a') slice(1, None, 2)"
    assert put('{{ df.loc[:1, ["a"]] }}', df=pd.DataFrame({"a": range(9)})).endswith("| 0 |\n| 1 |")


def test_a_value_is_never_expanded_again():
    assert put("{{ a }} {{ b }}", a="{{ b }}", b="{{ a }}") == "{{ b }} {{ a }}"


def test_an_expression_is_evaluated_once_however_often_it_stands_there():
    asked = iter(range(9))
    assert put("{{ take() }} {{ take() }} {{take()}}", take=lambda: next(asked)) == "0 0 0"


def test_a_function_of_python_is_one_only_where_it_is_called():
    """`{{ type }}` and `{{ id }}` are names that templates love; a variable of the name comes first."""
    assert put("{{ str(x) }}", x=1) == "1"
    assert "no variable type" in refused("{{ type }}")
    assert put("{{ type }} {{ sum }}", type="cat", sum=3) == "cat 3"


def test_what_begins_with_a_variable_and_is_no_expression_is_left_and_told():
    text = "{{ df.apply(lambda r: r.a) }} {{ user of something }}"
    expanded = expand(text, {"df": 1}, repr)
    assert expanded.text == text
    assert expanded.left == ("df.apply(lambda r: r.a)",)


def test_what_is_told_of_an_expression_is_short_and_without_anything_like_a_key():
    text = "{{ df.apply(lambda r: '9b41c7e2d80f4a36b15e7c93fa2d6e08') }} {{ df.x " + "and " * 100 + "}}"
    assert [len(told) for told in expand(text, {"df": 1}, repr).left] == [26, 60]
    assert "…" in refused(f"{{{{ df + {' + '.join('0' * 99)} }}}}", df="")


# what is put in


class Loud(str):
    """A text that shows itself otherwise."""

    __slots__ = ()

    def __str__(self):  # noqa: D105  # see above
        return "LOUD"


def test_a_text_is_put_in_itself_and_so_is_an_answer():
    assert put("{{ t }}|{{ a }}|{{ s }}", t="a'b\n", a=Answer("yes", model="x1"), s=Loud("quiet")) == "a'b\n|yes|quiet"


def test_another_object_is_put_in_as_its_plain_text():
    assert put("{{ l }} {{ d }} {{ n }} {{ b }}", l=["a"], d={"k": 1.5}, n=None, b=b"x") == "['a'] {'k': 1.5} None b'x'"
    assert put("{{ a }}", a=np.arange(3)) == "array([0, 1, 2])"


def test_a_number_of_numpy_is_a_number():
    assert put("{{ f }} {{ t }}", f=np.float64(1.875), t=np.bool_(1)) == "1.875 True"


def test_generators_and_coroutines_are_their_plain_text_and_are_not_run():
    async def later():
        raise AssertionError

    waiting, letters = later(), iter("ab")
    shown = put("{{ g }} {{ c }}", g=(letter for letter in letters), c=waiting)
    waiting.close()
    assert shown.startswith("<generator object")
    assert "<coroutine object" in shown
    assert list(letters) == ["a", "b"]


def test_credentials_show_their_masks():
    made = Credentials.of("app12345", "key" * 10, "secret" * 6)
    text = put("{{ c }} {{ k }}", c=made, k=Secret("secret" * 6))
    assert "keykey" not in text
    assert "secretsec" not in text
    assert "****" in text


def test_a_long_plain_text_is_cut_and_says_so():
    text = put("{{ x }}.", x=list(range(10_000)))
    assert len(text) < MOST_SHOWN + 100
    assert text.endswith("\n… 38,890 more characters.")


def test_a_text_that_no_model_takes_is_refused_before_it_costs_seconds():
    assert put("{{ x }}", x="a" * MOST_TEXT)
    lines = refused("{{ x }}", x="a" * 100_000_000)
    assert "100,000,000 characters" in lines
    assert "{{ text[:10000] }}" in lines


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_put_in_is_told_with_its_size(language):
    use_language(language)
    frame = pd.DataFrame({"a": range(60)})
    expanded = expand("{{ df }} {{ df.head() }} {{ t }} {{t}}", {"df": frame, "t": "abc"}, repr)
    told = [(value.expression, value.kind, value.size, value.whole) for value in expanded.inserted]
    assert told == [("df", "table", 50, 60), ("df.head()", "table", 5, 5), ("t", "text", 3, 3)]


# tables


def table(value, *, around=("", "")):
    return put(f"{around[0]}{{{{ df }}}}{around[1]}", df=value)


def test_a_frame_is_a_markdown_table_with_numbers_as_pandas_shows_them():
    frame = pd.DataFrame(
        {"x": [1.5, 2.25, None], "day": pd.date_range("2024-01-30", periods=3), "ok": [True, False, True]}
    )
    assert table(frame).split("\n") == [
        "| x | day | ok |",
        "|---|---|---|",
        "| 1.50 | 2024-01-30 | True |",
        "| 2.25 | 2024-01-31 | False |",
        "| NaN | 2024-02-01 | True |",
    ]


def test_the_display_options_of_pandas_count():
    with pd.option_context("display.float_format", "{:.1f}".format):
        assert "| 1234567.1 |" in table(pd.DataFrame({"x": [1234567.125]}))


@pytest.mark.parametrize(
    ("made", "head"),
    [
        (lambda frame: frame, "| x |"),
        (lambda frame: frame.tail(1), "|  | x |"),
        (lambda frame: frame.set_index(pd.Index(["a", "b"], name="key")), "| key | x |"),
        (lambda frame: frame.set_index([["a", "b"], [1, 2]]), "|  |  | x |"),
        (lambda frame: frame.rename(columns={"x": ("x", 1)}), "| x / 1 |"),
        (lambda frame: frame["x"], "| x |"),
        (lambda frame: frame["x"].rename(None), "| value |"),
        (lambda frame: pl.DataFrame({"x": frame["x"].tolist()}), "| x |"),
        (lambda frame: pl.Series("x", frame["x"].tolist()), "| x |"),
        (lambda frame: pl.Series(frame["x"].tolist()), "| value |"),
    ],
)
def test_the_index_is_shown_where_it_is_more_than_the_rows_numbers(made, head):
    assert table(made(pd.DataFrame({"x": [1, 2]}))).split("\n")[0] == head


def test_the_index_has_its_own_values():
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.DatetimeIndex(["2024-01-01", "2024-01-02"], name="day"))
    assert table(frame).split("\n")[2] == "| 2024-01-01 | 1 |"


def test_a_cell_keeps_its_place():
    """No pipe opens another cell, no end of line another row."""
    frame = pd.DataFrame({"a|b": ["x|y", "1\n2\r\n3"], "c": [None, float("nan")]}, dtype=object)
    assert table(frame).split("\n") == ["| a\\|b | c |", "|---|---|", "| x\\|y | None |", "| 1<br>2<br>3 | NaN |"]
    assert table(pl.DataFrame({"a": ["x|y", None]})).split("\n")[2:] == ["| x\\|y |", "| null |"]


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_a_long_wide_table_is_cut_and_says_so(library):
    lines = table(library.DataFrame({f"c{n}": range(1000) for n in range(53)})).split("\n")
    assert lines[-3:] == ["", "… 950 more rows of 1,000", "… 3 more columns of 53"]
    assert len(lines) == 2 + MOST_ROWS + 3
    assert lines[0].count("|") == MOST_COLUMNS + 1


def test_a_table_that_just_fits_has_nothing_under_it():
    assert table(pd.DataFrame({"x": range(MOST_ROWS)})).count("\n") == 1 + MOST_ROWS
    assert table(pd.DataFrame({"x": range(MOST_ROWS + 1)})).endswith("\n\n… 1 more row of 51")


def test_a_long_cell_is_cut():
    line = table(pd.DataFrame({"x": ["a" * 1000]})).split("\n")[2]
    assert line == f"| {'a' * (MOST_CELL - 1)}… |"


def test_a_table_without_rows_has_its_head_and_one_without_columns_its_plain_text():
    assert table(pd.DataFrame({"x": []})) == "| x |\n|---|"
    assert "Empty DataFrame" in table(pd.DataFrame())
    assert "shape: (0, 0)" in table(pl.DataFrame())


def test_a_table_stands_in_a_paragraph_of_its_own():
    frame = pd.DataFrame({"x": [1]})
    alone = "| x |\n|---|\n| 1 |"
    assert table(frame, around=("Look at ", ", please.")) == f"Look at \n\n{alone}\n\n, please."
    assert table(frame, around=("Look:\n", "\nDone.")) == f"Look:\n\n{alone}\n\nDone."
    assert table(frame, around=("Look:\n\n", "\n\nDone.")) == f"Look:\n\n{alone}\n\nDone."


def test_odd_kinds_of_columns_are_shown():
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["a", "b"]),
            "i": pd.array([1, None], dtype="Int64"),
            "s": pd.array(["x", None], dtype="string"),
            "z": pd.to_datetime(["2024-01-01", None], utc=True),
            "t": pd.to_timedelta(["1h", None]),
            "l": [[1, 2], {"k": 1}],
        }
    )
    first, second = table(frame).split("\n")[2:]
    assert first == "| a | 1 | x | 2024-01-01 00:00:00+00:00 | 0 days 01:00:00 | [1, 2] |"
    assert second == "| b | <NA> | <NA> | NaT | NaT | {'k': 1} |"


def test_two_columns_of_one_name_are_two_columns():
    assert table(pd.DataFrame([[1, 2]], columns=["x", "x"])).endswith("| 1 | 2 |")


def test_neither_pandas_nor_polars_nor_jinja2_is_loaded_where_nobody_needs_it():
    code = (
        "import sys; from spark_magic.prompt import expand\n"
        "assert expand('no {variable}', {}, repr).text\n"
        "print('jinja2' in sys.modules)\n"
        "assert expand('{{ x }}', {'x': [1]}, repr).text == '[1]'\n"
        "print('pandas' in sys.modules, 'polars' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.split() == ["False"] * 4


# what fails


def test_an_unknown_name_names_the_nearest_one_and_the_way_out():
    lines = refused("{{ datafarme.head() }}", dataframe=1, other=2, _dataframe=3)
    assert "no variable datafarme" in lines
    assert "Did you mean dataframe?" in lines
    assert "--raw" in lines
    assert "Did you mean" not in refused("{{ zzz }}", dataframe=1)


def test_nothing_is_evaluated_where_a_name_is_unknown():
    calls = []
    refused("{{ f() }} {{ nobody }}", f=lambda: calls.append(1))
    assert not calls


class Broken:
    """An object that fails wherever it is touched."""

    def __repr__(self):  # noqa: D105  # see above
        message = "no text of mine"
        raise RuntimeError(message)

    def __getattr__(self, name):  # noqa: D105  # see above
        raise BrokenError


class BrokenError(Exception):
    """An error that cannot even say what is wrong."""

    def __str__(self):  # noqa: D105  # see above
        raise ValueError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ d['q'] }}", "{{ d['q'] }} failed: KeyError: 'q'"),
        ("{{ d.q }}", "AttributeError: 'dict' object has no attribute 'q'"),
        ("{{ n / 0 }}", "ZeroDivisionError: division by zero"),
        ("{{ n() }}", "TypeError: 'int' object is not callable"),
        ("{{ items[9] }}", "IndexError: list index out of range"),
        ("{{ int(d['k']) }}", "ValueError: invalid literal"),
        ("{{ broken }}", "RuntimeError: no text of mine"),
        ("{{ broken.x }}", "{{ broken.x }} failed: BrokenError"),
        ("{{ df.nothing }}", "AttributeError: 'DataFrame' object has no attribute 'nothing'"),
        ("{{ d.__class__ }}", "SecurityError: '__class__' is private"),
        ("{{ items.append(4) }}", "SecurityError: 'append' is private, or changes the object"),
        ("{{ items.sort() }}", "SecurityError"),
        ("{{ template.format(broken) }}", "SecurityError: '__init__' is private"),
    ],
)
def test_what_goes_wrong_in_an_expression_is_told_by_its_own_name(text, words):
    names = {"d": {"k": "v"}, "n": 1, "items": [1, 2], "broken": Broken(), "df": pd.DataFrame({"a": [1]})}
    names["template"] = "{0.__init__.__globals__}"
    lines = refused(text, **names)
    assert words in lines
    assert "--raw" in lines
    assert names["items"] == [1, 2]


def test_a_table_whose_cells_fail_is_told_too():
    assert "RuntimeError: no text of mine" in refused("{{ df }}", df=pd.DataFrame({"a": [Broken()]}))


def test_an_interrupt_comes_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put("{{ f() }}", f=interrupted)


def test_an_error_repeats_no_key():
    key = "9b41c7e2d80f4a36b15e7c93fa2d6e08"
    assert key not in refused(f"{{{{ d['{key}'] }}}}", d={})


def test_values_are_seen_by_the_screen_before_they_are_put_in():
    frame = pd.DataFrame({"k": ["token"]})
    shown = expand("{{ a }} {{ df }} token", {"a": "a token", "df": frame}, repr, lambda t: t.replace("token", "****"))
    assert shown.text.startswith("a ****")
    assert "| **** |" in shown.text
    assert shown.text.endswith(" token")


# any text


LITERALS = st.text().filter(lambda text: "{" not in text and "}" not in text)


@settings(deadline=None)
@given(LITERALS | st.text(alphabet="{ ab$}\\\n").filter(lambda text: "{{" not in text))
def test_a_text_without_double_braces_passes_through(text):
    assert expand(text, {"a": 1, "b": 2}, repr).text == text


@settings(deadline=None)
@given(LITERALS, LITERALS, st.text(), st.sampled_from(["{{ x }}", "{{x}}", "{{ d['k'] }}"]))
def test_everything_around_a_variable_stays_to_the_byte(before, after, value, variable):
    before = before.rstrip("$\\^abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    variables = {"x": value, "d": {"k": value}}
    assert expand(before + variable + after, variables, repr).text == before + value + after


PIECES = [
    "{{",
    "}}",
    "{",
    "}",
    " ",
    "x",
    "d",
    ".",
    "(",
    ")",
    "[",
    "]",
    "'k'",
    ",",
    "|",
    "upper",
    "*",
    "9",
    "\n",
    "$",
    ":",
    "é",
]
PIECES += [
    "{{ x }}",
    "{{ d['k'] }}",
    "\\",
    "if",
    "else",
    "is",
    "not",
    "-",
    "/",
    "0",
    "~",
    "%}",
    "#}",
    '"',
    "\x00",
    "\ud800",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text().map(lambda text: f"{{{{ x{text} }}}}"))
def test_any_text_expands_or_is_refused(text):
    try:
        expanded = expand(text, {"x": "v", "d": {"k": 1}, "upper": datetime(2024, 1, 1)}, repr)  # noqa: DTZ001  # any object
    except SparkError as problem:
        assert "--raw" in str(problem)  # noqa: PT017  # both ends are fine
    else:
        assert expanded.inserted or expanded.text == text


@pytest.mark.parametrize("depth", [50, 200_000])
def test_deep_and_long_expressions_are_no_danger(depth):
    for text in (
        "{{ f" + "(" * depth + ")" * depth + " }}",
        "{{ x" + " + 1" * depth + " }}",
        "{{ a" * depth,
        "{{ x" + " " * depth,
    ):
        try:
            expand(text, {"x": 1}, repr)
        except SparkError:
            continue


def test_nobody_writes_an_expression_of_a_thousand_characters():
    """Reading one of 800,000 takes six seconds."""
    assert put(f"{{{{ x + '{'a' * 990}' }}}}", x="") == "a" * 990
    text = f"{{{{ x + '{'a' * 1000}' }}}}"
    assert put(text, x="") == text
