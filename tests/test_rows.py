"""Any table in, the same kind of table out: rows in order, cells as written, or a BadTable that says what to do."""

import codecs
import copy
import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import threading
import tracemalloc
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.errors import BadTable, SparkError
from spark_magic.messages import use_language
from spark_magic.messages.tables import TABLE_MESSAGES
from spark_magic.rows import Typed, read_table, table_of, workbook
from spark_magic.rows.workbook import _cell

MANY = 100_000
NEW_TYPES = int(pd.__version__.partition(".")[0]) >= 3  # pandas 3: text is a type, copies are made on write


def rows(source):
    """Return all rows."""
    return list(table_of(source).rows())


def refused(source, key):
    """Return the BadTable a source is refused with, whose sentences are whole in both languages."""
    with pytest.raises(BadTable) as caught:
        table_of(source)
    problem = caught.value
    assert problem.key == key
    assert "Nothing was sent" in problem.hint
    english = problem.sentence
    use_language("zh")
    assert "没有发送任何内容" in problem.hint
    assert problem.sentence != english
    use_language("en")
    return problem


@pytest.fixture
def write(tmp_path):
    """Return a writer of files: a str in UTF-8, bytes as they are."""

    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.fixture
def sheet(tmp_path):
    """Return a writer of workbooks."""

    def written(*lines, name="表.xlsx"):
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append(line)
        book.create_sheet("second").append(["other", "sheet"])
        book.save(tmp_path / name)
        return tmp_path / name

    return written


@pytest.fixture
def without(monkeypatch):
    """Return a remover of libraries."""

    def removed(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return removed


# frames of pandas


def test_a_pandas_frame_keeps_order_index_types_attributes_and_its_own_columns():
    frame = pd.DataFrame({"文本": ["c", "a", "b"], "n": pd.array([1, None, 3], dtype="Int32")}, index=[7, 7, 1])
    frame["kind"] = pd.Categorical(["x", "y", "x"])
    frame.index.name, frame.attrs["from"] = "id", "here"
    table = table_of(frame)
    assert table.columns == ("文本", "n", "kind")
    assert len(table) == 3
    assert list(table.rows())[:2] == [{"文本": "c", "n": 1, "kind": "x"}, {"文本": "a", "n": None, "kind": "y"}]
    out = table.with_columns({"类别": ["1", "2", "3"], "token": [1, 2, 3]})
    assert list(out.columns) == ["文本", "n", "kind", "类别", "token"]
    assert list(out["类别"]) == ["1", "2", "3"]
    pd.testing.assert_frame_equal(out[["文本", "n", "kind"]], frame)
    assert out.attrs == {"from": "here"}


def test_the_rows_can_be_read_again():
    table = table_of(pd.DataFrame({"a": [1, 2]}))
    first = table.rows()
    next(first)
    assert list(table.rows()) == [{"a": 1}, {"a": 2}]
    assert list(first) == [{"a": 2}]


@pytest.mark.parametrize(
    "missing",
    [None, float("nan"), pd.NaT, pd.NA, Decimal("nan"), Decimal("snan"), pd.Series([1.5, None], dtype="float32")[1]],
    ids=repr,
)
def test_every_missing_value_is_none(missing):
    import numpy as np

    frame = pd.DataFrame({"a": pd.Series(["x", missing], dtype=object)})
    expected = [{"a": "x"}, {"a": None}]
    assert rows(frame) == rows([{"a": "x"}, {"a": missing}]) == expected
    assert rows(["x", missing]) == [{"text": "x"}, {"text": None}]
    assert rows([{"a": np.datetime64("NaT")}, {"a": np.float32("nan")}]) == [{"a": None}, {"a": None}]


def test_missing_in_typed_columns_of_pandas_is_none():
    frame = pd.DataFrame(
        {
            "f": [1.5, None],
            "t": pd.to_datetime(["2024-01-02", None]),
            "i": pd.array([1, None], dtype="Int64"),
            "b": pd.array([True, None], dtype="boolean"),
            "s": pd.array(["x", None], dtype="string"),
        }
    )
    assert rows(frame)[1] == dict.fromkeys("ftibs")
    assert rows(frame)[0] == {"f": 1.5, "t": pd.Timestamp("2024-01-02"), "i": 1, "b": True, "s": "x"}


def test_blanks_and_empty_texts_of_a_frame_stay_what_they_are():
    assert rows(pd.DataFrame({"a": ["", "  "]})) == [{"a": ""}, {"a": "  "}]
    assert rows(pl.DataFrame({"a": ["", "  "]})) == [{"a": ""}, {"a": "  "}]


LABELS = [
    (range(2), ("0", "1"), 2),
    (pd.MultiIndex.from_tuples([("甲", "x"), ("乙", 1)], names=["u", "v"]), ("甲 / x", "乙 / 1"), ("new", "")),
    (pd.CategoricalIndex(["a", "b"]), ("a", "b"), "new"),
    (pd.DatetimeIndex(["2024-01-01", "2024-01-02"]), ("2024-01-01 00:00:00", "2024-01-02 00:00:00"), "new"),
    ([("a", "b"), 3.5], ("a / b", "3.5"), "new"),
]


@pytest.mark.parametrize(("labels", "names", "last"), LABELS)
def test_columns_that_are_no_texts_are_shown_as_one_and_come_back_as_they_were(labels, names, last):
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=labels)
    table = table_of(frame)
    assert table.columns == names
    assert list(table.rows()) == [dict(zip(names, (1, 2), strict=True)), dict(zip(names, (3, 4), strict=True))]
    out = table.with_columns({"new": ["x", "y"]})
    assert list(out.columns) == [*frame.columns, "new" if last == 2 else last]
    assert list(out.columns.names) == list(frame.columns.names)
    assert list(out.iloc[:, 2]) == ["x", "y"]
    pd.testing.assert_frame_equal(table.with_columns({}), frame)


def test_the_name_of_the_columns_stays_when_there_are_new_ones():
    frame = pd.DataFrame([[1, 2]], columns=pd.Index(["a", "b"], name="kinds"))
    assert table_of(frame).with_columns({"new": ["x"]}).columns.name == "kinds"


def test_a_column_of_that_name_is_replaced_where_it_stands():
    frame = pd.DataFrame({("a", "b"): [1, 2], 5: [3, 4]})
    out = table_of(frame).with_columns({"5": ["x", "y"], "a / b": [0, None], "z": [1, 1]})
    assert list(out.columns) == [("a", "b"), 5, "z"]
    assert list(out[5]) == ["x", "y"]
    assert out.iloc[:, 0].dtype == "Int64"
    assert list(table_of(out).rows())[1] == {"a / b": None, "5": "y", "z": 1}
    assert table_of(pl.DataFrame({"a": [1], "b": [2]})).with_columns({"a": ["x"]}).rows() == [("x", 2)]
    assert table_of([{"a": 1, "b": 2}]).with_columns({"a": ["x"]}) == [{"a": "x", "b": 2}]


def test_an_own_class_of_frames_comes_back_as_it_is():
    class Sheet(pd.DataFrame):
        @property
        def _constructor(self):
            return Sheet

    assert type(table_of(Sheet({"a": [1]})).with_columns({"b": [2]})) is Sheet


@pytest.mark.parametrize(
    ("series", "name"),
    [(pd.Series(["x", None], index=[5, 5]), "text"), (pd.Series(["x", None], name=3, index=[5, 5]), "3")],
)
def test_a_series_is_one_column(series, name):
    table = table_of(series)
    assert list(table.rows()) == [{name: "x"}, {name: None}]
    out = table.with_columns({"n": [1, 2]})
    assert isinstance(out, pd.DataFrame)
    assert list(out.index) == [5, 5]
    assert [str(column) for column in out.columns] == [name, "n"]


@pytest.mark.parametrize(("name", "expected"), [(None, "text"), ("文本", "文本")])
def test_a_series_of_polars_is_one_column(name, expected):
    table = table_of(pl.Series(name, ["x", None]))
    assert list(table.rows()) == [{expected: "x"}, {expected: None}]
    assert table.with_columns({"n": [1, None]}).rows() == [("x", 1), (None, None)]


# frames of polars, and others


def test_a_polars_frame_keeps_order_and_types():
    frame = pl.DataFrame(
        {"文本": ["b", "a"], "n": [1.5, float("nan")], "when": [date(2024, 1, 2), None], "list": [[1], None]}
    )
    table = table_of(frame)
    assert table.columns == ("文本", "n", "when", "list")
    assert list(table.rows()) == [
        {"文本": "b", "n": 1.5, "when": date(2024, 1, 2), "list": [1]},
        {"文本": "a", "n": None, "when": None, "list": None},
    ]
    out = table.with_columns({"类别": ["1", None]})
    assert isinstance(out, pl.DataFrame)
    assert out["类别"].to_list() == ["1", None]
    assert out.drop("类别").equals(frame)
    assert out.drop("类别").schema == frame.schema


def test_a_polars_column_of_objects_can_be_read():
    frame = pl.DataFrame({"a": pl.Series([{"x": 1}, None], dtype=pl.Object)})
    assert rows(frame) == [{"a": {"x": 1}}, {"a": None}]


def test_a_table_of_pyarrow_comes_back_as_one():
    pa = pytest.importorskip("pyarrow")
    table = table_of(pa.table({"a": ["x", None], "n": [1, 2]}))
    assert list(table.rows()) == [{"a": "x", "n": 1}, {"a": None, "n": 2}]
    out = table.with_columns({"b": ["1", None], "o": [{"a": 1}, "x"], "l": [["a"], None]})
    assert isinstance(out, pa.Table)
    assert out.to_pydict()["b"] == ["1", None]
    assert out.to_pydict()["l"] == [["a"], None]
    assert rows(pa.chunked_array([["x"]])) == [{"text": "x"}]
    refused(pa.table([["x"], ["y"]], names=["a", "a"]), "table.twice")


# new columns

MIXED = [{"a": [1, "中"]}, [1], None, "x", 5]
NEW = {
    "whole": [1, None, -(2**63), 2**63 - 1, 0],
    "full": [1, 2, 3, 4, 5],
    "number": [1, None, 2.5, float("nan"), 0.0],
    "truth": [True, None, False, True, True],
    "text": ["a", None, "", " ", "中"],
    "nothing": [None] * 5,
    "lists": [["a"], None, [], ["b", None], ["c"]],
    "mixed": MIXED,
    "huge": [2**64, None, 1, 2, 3],
    "first too huge": [2**63, None, 1, 2, 3],
    "nested": [[["a"]], None, [], [["b"], []], [["c"]]],
    "exact": [0.5, 2**60 + 1, None, 1, 2],
    "either": [True, 1, None, 2, 3],
}
WITHOUT_A_TYPE = ["first too huge", "nested", "exact", "either"]


def test_new_columns_of_pandas_have_types_that_hold_every_value():
    out = table_of(pd.DataFrame({"q": list("abcde")})).with_columns(NEW)
    types = {name: str(out[name].dtype) for name in NEW}
    text = "str" if NEW_TYPES else "object"
    assert types == {
        "whole": "Int64",
        "full": "int64",
        "number": "float64",
        "truth": "boolean",
        "text": text,
        **dict.fromkeys(["nothing", "lists", "mixed", "huge", *WITHOUT_A_TYPE], "object"),
    }
    expected = [
        {"q": q, **row}
        for q, row in zip(
            "abcde", rows([dict(zip(NEW, c, strict=True)) for c in zip(*NEW.values(), strict=True)]), strict=True
        )
    ]
    assert rows(out) == expected
    assert out["mixed"][0] is MIXED[0]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column_whose_kind_is_known_is_of_it_with_nothing_in_it_too(library):
    frames = pytest.importorskip(library)
    new = {"code": Typed("whole", [None, None]), "tokens": Typed("whole", [None, 3]), "other": [None, None]}
    made = table_of(frames.DataFrame({"t": ["a", "b"]})).with_columns(new)
    expected = ["Int64", "Int64", "object"] if library == "pandas" else ["Int64", "Int64", "String"]
    assert [str(made[name].dtype) for name in new] == expected
    assert made["tokens"].to_list()[1] == 3


def test_new_columns_of_polars_have_types_that_hold_every_value_and_json_where_there_is_none():
    out = table_of(pl.DataFrame({"q": list("abcde")})).with_columns(NEW)
    types = {name: out[name].dtype for name in NEW}
    assert types == {
        "whole": pl.Int64,
        "full": pl.Int64,
        "number": pl.Float64,
        "truth": pl.Boolean,
        "lists": pl.List(pl.String),
        **dict.fromkeys(["text", "nothing", "mixed", "huge", *WITHOUT_A_TYPE], pl.String),
    }
    for name in ("whole", "full", "truth", "text", "nothing", "lists"):
        assert out[name].to_list() == NEW[name]
    assert out["number"].to_list() == [1.0, None, 2.5, None, 0.0]
    for name in ("mixed", "huge", *WITHOUT_A_TYPE):
        assert [None if cell is None else json.loads(cell) for cell in out[name]] == NEW[name]
    assert out["mixed"][0] == '{"a": [1, "中"]}'


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_texts_of_an_own_class_and_half_characters_can_be_stored(make):
    class Answer(str):
        __slots__ = ("usage",)

        def __str__(self):
            return "shown"

    class Endless:
        def __str__(self):
            return str(self)

        __repr__ = object.__repr__

    within = {}
    within["itself"] = within
    new = {
        "a": [Answer("plain"), None],
        "b": ["x\ud83d", "y"],
        "c": [{(1, 2): 3}, within],
        "d": [["\ud83d"], ["e"]],
        "e": [{"x": "\ud83d"}, 1],
        "f": [[Endless()], 1],
    }
    out = table_of(make({"q": [1, 2]})).with_columns(new)
    assert type(list(out["a"])[0]) is str  # noqa: RUF015  # both libraries
    assert list(out["a"])[0] == "plain"  # noqa: RUF015  # both libraries
    assert list(out["b"]) == ["x\ufffd", "y"]


@pytest.mark.parametrize("source", [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), [{"a": 1}], ["a"]], ids=type)
def test_a_new_column_of_another_length_is_our_own_mistake(source):
    with pytest.raises(ValueError, match="'b' has 2 cells for 1 rows"):
        table_of(source).with_columns({"b": [1, 2]})


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        lambda columns: [dict(zip(columns, c, strict=True)) for c in zip(*columns.values(), strict=True)],
    ],
)
@given(
    cells=st.lists(
        st.none()
        | st.text()
        | st.integers()
        | st.floats()
        | st.booleans()
        | st.lists(st.text() | st.integers())
        | st.dictionaries(st.text(), st.none() | st.text()),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_new_column_can_be_added_to_any_table(make, cells):
    out = table_of(make({"q": [str(place) for place in range(len(cells))]})).with_columns({"new": cells})
    again = rows(out)
    assert [row["q"] for row in again] == [str(place) for place in range(len(cells))]
    missing = [cell is None or cell != cell for cell in cells]  # noqa: PLR0124  # NaN
    assert [row["new"] is None for row in again] == missing


# what happens to the source meanwhile


def test_a_frame_changed_meanwhile_changes_no_row():
    frame = pd.DataFrame({"a": ["x", "y", "z"], "n": [1, 2, 3]})
    table = table_of(frame)
    before = copy.deepcopy(list(table.rows()))
    running = table.rows()
    next(running)
    frame.loc[1, "a"], frame["more"] = "changed", 1
    frame.iloc[:, :2] = frame.iloc[::-1, :2].to_numpy()
    frame.index = [2, 1, 0]
    del frame["more"], frame["n"]
    assert [*running] == before[1:]
    out = table.with_columns({"b": [1, 2, 3]})
    assert list(out.columns) == ["a", "n", "b"]
    assert rows(out) == [{**row, "b": place} for place, row in enumerate(before, 1)]


def test_what_comes_back_is_apart_from_the_source():
    frame = pd.DataFrame({"a": ["x", "y"], "n": [1, 2]})
    untouched = frame.copy(deep=True)
    table = table_of(frame)
    out = table.with_columns({"b": [1, 2]})
    out.loc[0, "a"], out.loc[0, "n"] = "changed", 9
    pd.testing.assert_frame_equal(frame, untouched)
    pd.testing.assert_frame_equal(table.with_columns({}), untouched)


def test_a_polars_frame_changed_meanwhile_changes_no_row():
    frame = pl.DataFrame({"a": ["x", "y"]})
    table = table_of(frame)
    frame[0, "a"] = "changed"
    frame.extend(pl.DataFrame({"a": ["z"]}))
    frame.insert_column(0, pl.Series("b", [1, 2, 3]))
    assert list(table.rows()) == [{"a": "x"}, {"a": "y"}]
    assert table.with_columns({"n": [1, 2]}).columns == ["a", "n"]


def test_a_list_changed_meanwhile_changes_no_row():
    source = [{"a": 1}, {"a": 2}]
    table, texts = table_of(source), ["x", "y"]
    table_of_texts = table_of(texts)
    source.reverse()
    source.append({"b": 1})
    texts.reverse()
    assert list(table.rows()) == [{"a": 1}, {"a": 2}]
    assert table.with_columns({"n": [1, 2]}) == [{"a": 1, "n": 1}, {"a": 2, "n": 2}]
    assert table_of_texts.with_columns({"n": [1, 2]}) == [{"text": "x", "n": 1}, {"text": "y", "n": 2}]


# lists


@pytest.mark.parametrize("kind", [list, tuple])
def test_dicts_have_the_columns_that_any_of_them_has(kind):
    source = kind([{"b": 1}, {"a": 2, "b": None}, {"c": 3}])
    before = copy.deepcopy(source)
    table = table_of(source)
    assert table.columns == ("b", "a", "c")
    assert list(table.rows())[1:] == [{"b": None, "a": 2, "c": None}, {"b": None, "a": None, "c": 3}]
    out = table.with_columns({"n": [1, 2, 3]})
    assert out == [{"b": 1, "n": 1}, {"a": 2, "b": None, "n": 2}, {"c": 3, "n": 3}]
    assert source == before
    assert table.with_columns({}) == list(before)
    assert table.with_columns({})[0] is not source[0]


def test_dicts_keep_their_own_keys():
    table = table_of([{1: "x", ("a", "b"): "y"}])
    assert list(table.rows()) == [{"1": "x", "a / b": "y"}]
    assert table.with_columns({"1": ["z"], "n": [1]}) == [{1: "z", ("a", "b"): "y", "n": 1}]


def test_texts_are_the_column_text():
    table = table_of(["x", "y", None])
    assert table.columns == ("text",)
    assert table.with_columns({"n": [1, 2, 3]})[1:] == [{"text": "y", "n": 2}, {"text": None, "n": 3}]


# CSV and TSV

PLAIN = "编号,文本\n007,混凝土\n008,钢筋\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("gbk"),
        PLAIN.encode("gb18030"),
        PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        PLAIN.replace("\n", "\r\n").encode("gbk"),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("utf-16"),
        ("\n\r\n" + PLAIN + "\n\n").encode(),
        PLAIN.replace(",", " , ", 1).rstrip().encode(),
    ],
)
def test_a_csv_is_read_in_any_encoding_delimiter_and_line_end_as_it_is_written(write, data):
    assert rows(write("表.CSV", data)) == [{"编号": "007", "文本": "混凝土"}, {"编号": "008", "文本": "钢筋"}]


def test_cells_of_a_csv_are_text_as_written_and_none_where_empty(write):
    path = write("a.csv", 'a,b,c\n"x, ""y""\r\nz",, 1.50 \n1e5,"",  \n')
    assert rows(path) == [{"a": 'x, "y"\r\nz', "b": None, "c": " 1.50 "}, {"a": "1e5", "b": None, "c": "  "}]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("名称;金额\n甲;1,5\n乙;2,5\n", ("名称", "金额")),
        ("a,b;c\n1,2;3\n", ("a", "b;c")),
        ("a;b,c\n1;2,3\n4;5\n", ("a;b", "c")),  # ragged one way or the other: it is said below
        ("text\nx; y\nz; w\n", ("text",)),
        ("a,b\n1;2,3;4\n", ("a", "b")),
        ('a\tb\n"x\ty"\tz,w,v\n', ("a", "b")),
    ],
)
def test_the_delimiter_is_what_parts_all_rows_alike(write, text, columns):
    path = write("a.csv", text)
    if text.endswith("4;5\n"):
        assert table_of(path).columns == ("a", "b,c")
    else:
        assert table_of(path).columns == columns


def test_a_tsv_is_parted_by_tabs_alone(write):
    assert rows(write("a.tsv", "text\na, b; c\n")) == [{"text": "a, b; c"}]
    assert rows(write("a.tsv", "a\tb\n1,5\t\n")) == [{"a": "1,5", "b": None}]
    assert rows(write("A.TSV", "text\na,b\n")) == [{"text": "a,b"}]


def test_a_delimiter_behind_every_row_is_no_column(write):
    assert rows(write("a.csv", "a,b,\n1,2,\n3,4,\n")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_a_cell_may_be_longer_than_csv_takes_and_its_limit_is_as_before(write):
    before = 131_072
    csv.field_size_limit(before)
    assert rows(write("a.csv", f"a,b\n{'字' * 200_000},1\n"))[0]["a"] == "字" * 200_000
    refused(write("b.csv", "a,b\n1\n"), "table.ragged")
    assert csv.field_size_limit() == before


def test_no_cell_is_too_long_for_any_system(write, monkeypatch):
    """Windows has 32 bits for the limit: one more is an OverflowError there."""
    limits, limit = [], csv.field_size_limit
    monkeypatch.setattr(csv, "field_size_limit", lambda most: limits.append(most) or limit(most))
    rows(write("a.csv", PLAIN))
    assert limits[0] == 2**31 - 1


def test_a_delimiter_is_found_where_the_sample_ends_within_a_row(write):
    text = "a;b\n" + "x;y,z\n" * 20_000 + f'"{"l" * 200_000}";2\n'
    assert table_of(write("a.csv", text)).columns == ("a", "b")
    assert table_of(write("b.csv", f'a;b\n"{"l" * 200_000}";2\n')).columns == ("a", "b")


NAMES = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5), min_size=1, max_size=4, unique=True
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(
    data=st.data(),
    names=NAMES,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(deadline=None)
def test_what_csv_writes_is_read_back_the_same(tmp_path_factory, data, names, encoding, end):
    lines = data.draw(st.lists(st.lists(TEXTS, min_size=len(names), max_size=len(names)), min_size=1, max_size=5))
    delimiter = data.draw(st.sampled_from(",;\t")) if len(names) > 1 else ","
    path = tmp_path_factory.mktemp("round") / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        quoting = csv.QUOTE_MINIMAL if end == "\r\n" else csv.QUOTE_ALL  # before Python 3.13 a lone \r was left bare
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([names, *lines])
    expected = [{name: cell or None for name, cell in zip(names, line, strict=True)} for line in lines]
    assert rows(path) == expected


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=30, max_size=60))
@settings(deadline=None)
def test_chinese_text_in_gb18030_is_never_taken_for_something_else(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("gb") / "a.csv"
    path.write_bytes(f"文本,列\n{text},x\n".encode("gb18030"))
    assert rows(path) == [{"文本": text, "列": "x"}]


# JSON


def test_json_lines_have_their_own_types(write):
    path = write("a.jsonl", '{"a": 1, "b": "007"}\r\n\n{"a": null, "c": [1, {"x": true}]}\n{"b": "", "a": NaN}')
    assert rows(path) == [
        {"a": 1, "b": "007", "c": None},
        {"a": None, "b": None, "c": [1, {"x": True}]},
        {"a": None, "b": "", "c": None},
    ]


def test_strings_in_json_are_the_column_text(write):
    expected = [{"text": "x\u2028y"}, {"text": "\x85"}]
    assert rows(write("a.ndjson", '"x\u2028y"\n"\x85"\n')) == expected
    assert rows(write("a.json", '["x\u2028y", "\x85"]')) == expected
    assert rows(write("b.jsonl", '"混凝土"\n'.encode("gbk"))) == [{"text": "混凝土"}]


def test_a_line_of_json_lines_ends_with_a_line_feed_alone(write):
    assert rows(write("a.jsonl", '{"a":\r1}\n{"a": 2}')) == [{"a": 1}, {"a": 2}]


def test_an_array_in_json_is_a_table(write):
    path = write("a.json", b"\xef\xbb\xbf" + b' [{"a": 1.5}, {"b": false}]')
    assert rows(path) == [{"a": 1.5, "b": None}, {"a": None, "b": False}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.lists(st.dictionaries(st.text(min_size=1).filter(str.strip), VALUES, max_size=4), min_size=1, max_size=5)


@given(objects=OBJECTS.filter(any), ascii_only=st.booleans())
@settings(deadline=None)
def test_what_json_writes_is_read_back_the_same(tmp_path_factory, objects, ascii_only):
    folder = tmp_path_factory.mktemp("round")
    lines = [json.dumps(entry, ensure_ascii=ascii_only) for entry in objects]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8", newline="")
    (folder / "a.json").write_text(f"[{','.join(lines)}]", encoding="utf-8", newline="")
    names = list(dict.fromkeys(name for entry in objects for name in entry))
    expected = [{name: entry.get(name) for name in names} for entry in objects]
    assert rows(folder / "a.jsonl") == rows(folder / "a.json") == expected
    assert table_of(folder / "a.json").columns == tuple(names)
    out = table_of(folder / "a.json").with_columns({" new ": range(len(objects))})  # pandas holds all of it
    assert list(out[" new "]) == list(range(len(objects)))


# workbooks


def test_the_first_sheet_of_a_workbook_is_a_table(sheet):
    path = sheet(
        ["编号", " 文本 ", "n", "when"],
        ["007", "混凝土", 3.0, datetime(2024, 1, 2)],  # noqa: DTZ001  # sheets know no zones
        ["008", None, 2.5, datetime(2024, 1, 2, 3, 4, 5)],  # noqa: DTZ001  # the same
        ["009", "  ", True, time(3, 4)],
        [10, "", 1e20, None],
    )
    assert rows(path) == [
        {"编号": "007", "文本": "混凝土", "n": 3, "when": "2024-01-02"},
        {"编号": "008", "文本": None, "n": 2.5, "when": "2024-01-02 03:04:05"},
        {"编号": "009", "文本": "  ", "n": True, "when": "03:04:00"},
        {"编号": 10, "文本": None, "n": 1e20, "when": None},
    ]
    assert _cell(timedelta(hours=3)) == "3:00:00"
    assert _cell("") is None
    assert (repr(_cell(3.0)), repr(_cell(1e20))) == ("3", "1e+20")  # as other programs write them
    assert [str(row["n"]) for row in rows(path)][:2] == ["3", "2.5"]


def test_empty_rows_and_columns_around_a_sheets_table_are_left_out(sheet):
    path = sheet(
        [], [None, None], [None, "a", None, 2024, None], [None, "x"], [], [None, None, None, 5], [None, ""], [], [""]
    )
    assert rows(path) == [{"a": "x", "2024": None}, {"a": None, "2024": None}, {"a": None, "2024": 5}]


def test_a_sheet_that_lies_about_its_size_is_read_whole(sheet, tmp_path):
    with (
        zipfile.ZipFile(sheet(["a", "b"], ["x", 1], ["y", 2])) as old,
        zipfile.ZipFile(tmp_path / "lie.xlsx", "w") as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                assert b'ref="A1:B3"' in content
                content = content.replace(b'ref="A1:B3"', b'ref="A1"')
            new.writestr(name, content)
    assert rows(tmp_path / "lie.xlsx") == [{"a": "x", "b": 1}, {"a": "y", "b": 2}]


def test_what_openpyxl_has_to_say_about_styles_is_not_shown(sheet, tmp_path):
    with zipfile.ZipFile(sheet(["a"], [5])) as old, zipfile.ZipFile(tmp_path / "s.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<cellStyles.*</cellStyles>", b"", old.read(name)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows(tmp_path / "s.xlsx") == [{"a": 5}]


def test_of_a_formula_the_last_value_counts(sheet, tmp_path):
    with zipfile.ZipFile(sheet(["a"], [5])) as old, zipfile.ZipFile(tmp_path / "f.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>5</v>", b"<f>2+3</f><v>5</v>"))
    assert rows(tmp_path / "f.xlsx") == [{"a": 5}]


def test_a_damaged_workbook_is_a_bad_table_and_nothing_else(sheet, tmp_path):
    good, chance = sheet(["a", "b"], *[[f"text {n}", n] for n in range(20)]).read_bytes(), random.Random(1)  # noqa: S311  # no secret
    path, failed = tmp_path / "bad.xlsx", 0
    for _ in range(150):
        data = bytearray(good)
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
        try:
            rows(path)
        except BadTable as problem:
            failed += bool(str(problem))
    assert failed > 50


# what a file comes back as


def files(write, sheet):
    """Write the same table in every kind of file, numbers as text in those that have only that."""
    lines = '{"编号": "007", "n": 1}\n{"编号": null, "n": null}\n{"编号": "9", "n": 3}\n'
    yield write("a.csv", "编号,n\n007,1\n,\n9,3\n"), True
    yield write("a.tsv", "编号\tn\n007\t1\n\t\n9\t3\n"), True
    yield write("a.jsonl", lines), False
    yield write("a.json", f"[{','.join(lines.splitlines())}]"), False
    yield sheet(["编号", "n"], ["007", 1], [], ["9", 3]), False


def test_a_file_comes_back_as_a_pandas_frame(write, sheet):
    for path, is_text in files(write, sheet):
        table = table_of(str(path))
        out = table.with_columns({"类别": ["1", None, "2"], "n2": [1, 2, None]})
        assert isinstance(out, pd.DataFrame)
        assert list(out.columns) == ["编号", "n", "类别", "n2"]
        assert out.loc[0, "编号"] == "007"
        assert rows(out)[:2] == [
            {"编号": "007", "n": "1" if is_text else 1, "类别": "1", "n2": 1},
            {"编号": None, "n": None, "类别": None, "n2": 2},
        ]
        assert str(out["n"].dtype) == (("str" if NEW_TYPES else "object") if is_text else "Int64")


def test_without_pandas_it_comes_back_as_a_polars_frame(write, sheet, without):
    without("pandas")
    for path, is_text in files(write, sheet):
        out = table_of(path).with_columns({"类别": ["1", None, {"a": 1}]})
        assert isinstance(out, pl.DataFrame)
        assert out["编号"].to_list() == ["007", None, "9"]
        assert out["n"].dtype == (pl.String if is_text else pl.Int64)
        assert out["类别"].to_list() == ['"1"', None, '{"a": 1}']


def test_without_either_it_comes_back_as_dicts(write, sheet, without):
    without("pandas", "polars", "narwhals")
    for path, is_text in files(write, sheet):
        out = table_of(path).with_columns({"类别": ["1", None, "2"], "n": [5, 6, 7]})
        assert out[0] == {"编号": "007", "n": 5, "类别": "1"}
        assert out[1] == {"编号": None, "n": 6, "类别": None}
        assert rows(path)[2]["n"] == ("3" if is_text else 3)


def test_a_pandas_that_does_not_load_costs_no_answer(write, monkeypatch):
    import spark_magic.rows.columns as module

    def broken(columns):
        raise ImportError(columns)

    monkeypatch.setattr(module, "_BUILDERS", (("pandas", broken), ("polars", broken)))
    assert table_of(write("a.csv", PLAIN)).with_columns({"n": [1, 2]})[1] == {"编号": "008", "文本": "钢筋", "n": 2}


def test_a_path_may_begin_at_home(monkeypatch, tmp_path, write):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write("a.csv", PLAIN)
    assert len(read_table("~/a.csv")) == 2


# what is no table


class LooksLikeAFrame:
    columns = ("a",)


@pytest.mark.parametrize(
    "source",
    [
        None,
        5,
        b"a.csv",
        {"a": [1]},
        {"x"},
        (str(n) for n in range(3)),
        object(),
        LooksLikeAFrame(),
        pd.DataFrame,
        pl.col("a"),
        pd.Index(["a"]),
        pd.DataFrame({"a": [1]}).groupby("a"),
        map(str, [1]),
    ],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_table_is_refused_with_what_is_one(source):
    problem = refused(source, "table.kind")
    assert type(source).__name__ in problem.sentence
    assert ".xlsx" in problem.hint
    assert isinstance(problem, SparkError)


def test_a_lazy_frame_is_to_be_collected_first():
    assert ".collect()" in refused(pl.LazyFrame({"a": [1]}), "table.lazy").hint


@pytest.mark.parametrize(
    ("source", "place", "kind"),
    [
        (["a", {"a": 1}], 1, "str"),
        ([{"a": 1}, "a"], 2, "str"),
        (["a", 5], 2, "int"),
        ([{"a": 1}, None], 2, "NoneType"),
        ([1, 2], 1, "int"),
        ([None], 1, "NoneType"),
        ([["a"]], 1, "list"),
    ],
)
def test_a_list_of_mixed_things_is_refused_with_the_place(source, place, kind):
    problem = refused(source, "table.mixed")
    assert f"Element {place} " in problem.sentence
    assert kind in problem.sentence
    assert '{"text": "..."}' in problem.hint


def test_a_table_without_rows_is_refused(write, sheet):
    for source in (
        [],
        (),
        pd.DataFrame({"a": []}),
        pl.DataFrame({"a": []}),
        pd.Series([], dtype=object),
        pl.Series("a", []),
    ):
        refused(source, "table.no_rows")
    for name, text in (("a.csv", "a,b\n"), ("b.tsv", "a\n\n"), ("c.jsonl", "\n \n"), ("d.json", "[]"), ("e.jsonl", "")):
        refused(write(name, text), "table.no_rows")
    refused(sheet(["a", "b"], [], [None, ""]), "table.no_rows")


def test_a_table_without_columns_is_refused(write, sheet):
    for source in ([{}, {}], pd.DataFrame(), pd.DataFrame(index=[1, 2]), pl.DataFrame()):
        refused(source, "table.no_columns")
    for name, text in (
        ("a.csv", ""),
        ("b.csv", "\n\n"),
        ("c.csv", ",,\n,,\n"),
        ("d.jsonl", "{}\n{}"),
        ("e.json", "[{}]"),
    ):
        refused(write(name, text), "table.no_columns")
    refused(sheet(), "table.no_columns")


def test_a_name_that_is_there_twice_is_refused(write, sheet):
    frame = pd.DataFrame([[1, 2]], columns=["价格", "价格"])
    sources = [
        frame,
        [{"价格": 1, ("价格",): 2}],
        write("a.csv", "价格,a, 价格\n1,2,3\n"),
        sheet(["价格", "价格"], [1, 2]),
    ]
    for source in sources:
        assert "'价格'" in refused(source, "table.twice").sentence
    refused(pd.DataFrame([[1, 2]], columns=[1, "1"]), "table.twice")
    refused([{1: "a"}, {"1": "b"}], "table.twice")
    long = refused(pd.DataFrame([[1, 2]], columns=["x" * 5000, "x" * 5000]), "table.twice")
    assert len(long.sentence) < 120


def test_a_column_without_a_name_is_refused_with_its_place(write, sheet):
    sources = [
        pd.DataFrame([[1, 2]], columns=["a", ""]),
        pd.DataFrame([[1, 2]], columns=["a", None]),
        pl.DataFrame({"a": [1], " ": [2]}),
        [{"a": 1, "": 2}],
        write("a.csv", "a,\n1,2\n"),
        write("b.csv", "a, \n1,2\n"),
        write("c.jsonl", '{"a": 1, "": 2}'),
        sheet(["a"], [1, 2]),
    ]
    for source in sources:
        assert "Column 2 " in refused(source, "table.unnamed").sentence
    assert "index=False" in refused(write("d.csv", pd.DataFrame({"a": ["x"]}).to_csv()), "table.unnamed").hint


@pytest.mark.parametrize(
    ("text", "line", "count"),
    [
        ("a,b\n1,2\n3\n", 3, 1),
        ("a,b\n1,2\n\n\n3,4,5\n", 5, 3),
        ('a,b\n"1\n\n",2\n"x\ny",3,4\n', 5, 3),
        ("a,b\n1,2\n3,4,\n", 3, 3),
        ("text\na, b\n", 2, 2),
    ],
)
def test_a_row_of_another_length_is_refused_with_the_line_it_begins_in(write, text, line, count):
    problem = refused(write("a.csv", text), "table.ragged")
    assert f"line {line}: another number of cells ({count})" in problem.sentence


@pytest.mark.parametrize(("text", "line"), [('a,b\n1,2\n"3,4\n5,6\n', 3), ('a,b\n\n1,"x" y\n', 3), ('"a,b\n', 1)])
def test_quotes_that_do_not_close_are_refused_with_the_line_they_begin_in(write, text, line):
    assert f"line {line} " in refused(write("a.csv", text), "table.quotes").sentence


@pytest.mark.parametrize(
    "data",
    [
        b"caf\xe9,b\n1,2\n",
        PLAIN.encode() * 20 + b"\xff,1\n",
        "文".encode() * 9 + b"\xe6,\n",
        b"\xef\xbb\xbf\xff,1\n",
        b"\xef\xbb\xbf\xd6,b\n1,2\n",
        codecs.BOM_UTF16_LE + b"a",
        "文本,列\n混凝土,1\n".encode("gbk")[:-5] + b"\xff\xff\n",
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_a_text_that_is_not_sound_is_refused(write, data, suffix):
    assert "UTF-8" in refused(write(f"a{suffix}", data), "table.encoding").hint


def test_what_is_no_text_is_refused(write, sheet):
    for data in (sheet(["a"], [1]).read_bytes(), PLAIN.encode("utf-16-le"), b"a,b\n\0,1\n", b"a,b\n" * 300_000 + b"\0"):
        refused(write("a.csv", data), "table.binary")


@pytest.mark.parametrize("line", ["{", "nope", '{"a": 1} {"a": 2}', "[" * 100_000, "9" * 5000])
def test_a_line_that_is_no_json_is_refused_with_its_number(write, line):
    assert "line 3: no JSON" in refused(write("a.jsonl", f'{{"a": 1}}\n\n{line}\n'), "table.line").sentence


@pytest.mark.parametrize(("line", "kind"), [("[1]", "array"), ("5", "number"), ("null", "null"), ('"x"', "string")])
def test_a_line_that_is_no_row_like_the_others_is_refused_with_its_number(write, line, kind):
    problem = refused(write("a.jsonl", f'{{"a": 1}}\n{line}\n'), "table.line_kind")
    assert f"line 2: JSON of type {kind}" in problem.sentence


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[{"a": 1}', "table.json"),
        ('{"a": 1}\n{"a": 2}\n', "table.json"),
        ("", "table.json"),
        ("[" * 100_000, "table.json"),
        ('{"data": []}', "table.array"),
        ('"x"', "table.array"),
        ('[{"a": 1}, "x"]', "table.element"),
        ('["x", null]', "table.element"),
        ("[1, 2]", "table.element"),
        ("[true]", "table.element"),
    ],
)
def test_a_json_that_is_no_array_of_rows_is_refused(write, text, key):
    refused(write("a.json", text), key)


def test_a_file_that_is_not_there_is_no_table():
    assert "%pwd" in refused("nowhere/a.csv", "table.missing").hint
    assert len(refused("什么" * 10_000 + "\n", "table.unreadable").sentence) < 300
    assert "\n" not in refused("请分类\n这段文本", "table.missing").sentence
    refused("a\0.csv", "table.unreadable")


def test_a_folder_or_a_pipe_is_no_table(tmp_path):
    (tmp_path / "a.csv").mkdir()
    refused(tmp_path / "a.csv", "table.no_file")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "b.csv")
        refused(tmp_path / "b.csv", "table.no_file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_no_table(write):
    path = write("a.csv", PLAIN)
    path.chmod(0)
    refused(path, "table.unreadable")


def test_a_file_that_fails_while_it_is_read_is_no_table(write, monkeypatch):
    path = write("a.csv", PLAIN)

    def fails(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", fails)
    assert "Permission denied" in refused(path, "table.unreadable").sentence


@pytest.mark.parametrize("name", ["a.parquet", "a", "a.txt", "a.csv.gz", ".csv"])
def test_another_suffix_is_refused_with_those_that_are_read(write, name):
    assert ".jsonl" in refused(write(name, PLAIN), "table.suffix").hint


@pytest.mark.parametrize("name", ["a.xls", "a.ODS", "a.et", "a.xlsb"])
def test_another_spreadsheet_is_to_be_saved_as_xlsx(write, name):
    assert "save it as .xlsx" in refused(write(name, b"\xd0\xcf"), "table.old_sheet").hint


def test_a_sheet_with_a_row_far_below_all_others_ends(tmp_path, monkeypatch):
    """A few bytes say so; openpyxl fills the gap up, for as long as anybody asks."""
    monkeypatch.setattr(workbook, "_MOST_ROWS", 5000)
    path = sheet_of(tmp_path, [["t"], ["a"]], A20000="b")
    with pytest.raises(BadTable) as caught:
        read_table(path)
    assert caught.value.key == "table.workbook"


def test_a_stray_cell_far_to_the_right_takes_no_memory(tmp_path):
    path = sheet_of(tmp_path, [["t"], *(["a"] for _ in range(2000))], XFD1=" ")
    tracemalloc.start()
    table = read_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (table.columns, len(table)) == (("t",), 2000)
    assert peak < 30_000_000


def sheet_of(folder, rows, **cells):
    """Write a workbook of these rows, and cells by their places."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    book.save(folder / "x.xlsx")
    return folder / "x.xlsx"


def test_what_is_only_called_xlsx_is_refused(write):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "x")
    for data in (PLAIN.encode(), b"", bytes.fromhex("d0cf11e0a1b11ae1") * 100, stream.getvalue()):
        assert "password" in refused(write("a.xlsx", data), "table.workbook").hint


def test_every_sentence_about_tables_is_seen_in_this_file():
    keys = {key for key in TABLE_MESSAGES if not key.endswith(".hint")}
    text = Path(__file__).read_text(encoding="utf-8")
    assert not {key for key in keys if f'"{key}"' not in text}


# memory, and what is loaded


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda columns: columns["text"]])
def test_a_hundred_thousand_rows_take_no_memory_beside_the_data(make):
    source = make({"text": [f"row {place}" for place in range(MANY)], "n": list(range(MANY))})
    tracemalloc.start()
    try:
        table = table_of(source)
        assert sum(1 for _ in table.rows()) == MANY
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000  # 40 bytes a row: less than a dict of it


def test_a_file_of_a_hundred_thousand_rows_is_held_once(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("n,text\n")
        file.writelines(f"{place},文本 {place}\n" for place in range(MANY))
    tracemalloc.start()
    try:
        table = table_of(path)
        held, peak = tracemalloc.get_traced_memory()
        assert peak < 1.2 * held + 5_000_000
        tracemalloc.reset_peak()
        assert sum(1 for _ in table.rows()) == MANY
        assert tracemalloc.get_traced_memory()[1] < held + 100_000
    finally:
        tracemalloc.stop()


def test_two_files_can_be_read_at_once(write):
    path, before, found = write("a.csv", f"a,b\n{'x' * 200_000},1\n" * 1), 131_072, []
    csv.field_size_limit(before)
    threads = [threading.Thread(target=lambda: found.extend(rows(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert csv.field_size_limit() == before


def test_no_library_of_frames_is_loaded_before_it_is_needed(write):
    code = """
import sys
from spark_magic.rows import table_of
heavy = {"pandas", "polars", "narwhals", "openpyxl", "numpy"}
table_of([{"a": 1}]).with_columns({"b": [2]})
table = table_of(sys.argv[1])
assert len(list(table.rows())) == 2
assert not heavy & set(sys.modules), heavy & set(sys.modules)
table.with_columns({"b": [1, 2]})
assert "polars" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code, write("a.csv", PLAIN)], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
