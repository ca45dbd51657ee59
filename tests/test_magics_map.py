"""`%%spark_map`: one question for each row of a table, and the table comes back with the answers."""

import builtins
import json
import re
from typing import Any

import IPython
import openpyxl
import pytest
from cells import API_KEY, chat_of, messages_of
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.core.error import StdinNotImplementedError, UsageError

from spark_magic.errors import (
    BadTable,
    BadVariable,
    ConfigurationError,
    CredentialsMissing,
    JournalUnusable,
    Moderated,
    QuotaExceeded,
    RunInterrupted,
)
from spark_magic.messages import say

try:  # the environment of the oldest libraries has neither
    import pandas as pd
    import polars as pl
except ImportError:
    pd = pl = None
with_frames = pytest.mark.skipif(pd is None or pl is None, reason="pandas or polars is not installed")
KNOWS_THE_CELL = IPython.version_info >= (8, 6)  # before that, IPython shows its matchers one line

if not KNOWS_THE_CELL:  # a warning of IPython's own completer on Python 3.11
    pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MAP = "%%spark_map {}\n{}"
ABOUT = ["answer", "answer_status", "answer_error", "answer_code", "answer_tokens"]
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"type": "string"}, "sure": {"type": "number"}},
    "required": ["kind"],
}


@pytest.fixture
def ask(cells, box, capsys):  # noqa: ARG001  # the box is in the vendor's place
    """Return what maps a question over a table; its output is there as `ask.shown`."""

    def run(table, line="", question="{{ t }}"):
        cells.names["table"] = table
        capsys.readouterr()
        made = cells.run(MAP.format(f"table {line}", question))
        run.shown = capsys.readouterr().out
        return made

    return run


@pytest.fixture
def refused(cells, box):
    """Return what maps a question over a table that must fail before anything is sent."""

    def run(table, line="", question="{{ t }}", name="table"):
        cells.names["table"] = table
        before = len(box.requests)
        problem = cells.fails(MAP.format(f"{name} {line}", question))
        assert len(box.requests) == before
        return problem

    return run


def saying(*texts):
    return [{"t": f"sandbox: say {text}"} for text in texts]


def answers(rows, name="answer"):
    return [row[name] for row in rows]


def cells_of(table, name="answer"):
    """Return a column of what a file has become: a frame, or without pandas a list of dicts."""
    return answers(table, name) if isinstance(table, list) else list(table[name])


def asked(box, start=0):
    """Return what the newest message of each request was, sorted: rows are asked side by side."""
    return sorted(messages_of(request)[-1][1] for request in box.requests[start:])


# any table in, the same kind out


@with_frames
def test_the_issues_own_example(cells, box):
    """Every row is put in its place of the question, in a request of its own, and has its own answer."""
    texts = ["修建一座桥", "采购电脑", "今天下雨"]
    cells.names["df"] = pd.DataFrame({"文本": texts})
    question = "请从 ['工程','货物'] 中选择一个属于下面文本的分类:{{ 文本 }}\n结果只输出 1、2,如果都不属于输出 0"
    made = cells.run(f"%%spark_map df --into 类别 --workers 8\n{question}")
    assert list(made.columns) == ["文本", "类别", "类别_status", "类别_error", "类别_code", "类别_tokens"]
    assert made["类别_status"].tolist() == ["ok"] * 3
    assert asked(box) == sorted(question.replace("{{ 文本 }}", text) for text in texts)
    assert all(len(messages_of(request)) == 1 for request in box.requests)
    assert cells.names["df"].columns.tolist() == ["文本"]


@with_frames
def test_a_frame_of_pandas_keeps_index_order_and_columns(ask):
    frame = pd.DataFrame({"t": [f"sandbox: say {n}" for n in (3, 1, 2)], "n": [1, 2, 3]}, index=[7, 7, 9])
    made = ask(frame, "--into k")
    assert made["k"].tolist() == ["3", "1", "2"]
    assert made.index.tolist() == [7, 7, 9]
    assert list(made.columns)[:3] == ["t", "n", "k"]


@with_frames
def test_a_frame_of_polars_comes_back_as_one(ask):
    made = ask(pl.DataFrame({"t": ["sandbox: say a", None]}))
    assert type(made) is pl.DataFrame
    assert made["answer"].to_list() == ["a", None]
    assert made["answer_status"].to_list() == ["ok", "skipped"]
    assert str(made["answer_code"].dtype) == "Int64"  # one can put it below another run's


def test_lists_of_dicts_and_of_texts(ask):
    assert answers(ask(saying("a", "b"))) == ["a", "b"]
    assert list(ask(saying("a"))[0]) == ["t", *ABOUT]
    assert answers(ask(["sandbox: say c", "", "sandbox: say d"], question="{{ text }}")) == ["c", None, "d"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_a_csv_file_by_its_path(cells, box, tmp_path, encoding):  # noqa: ARG001  # as above
    path = tmp_path / "采购 清单.csv"
    path.write_bytes("序号,文本\n1,sandbox: say 工程\n2,\n3,sandbox: say 货物\n".encode(encoding))
    made = cells.run(MAP.format(f"'{path}' --into 类", "{{ 文本 }}"))
    assert cells_of(made, "类_status") == ["ok", "skipped", "ok"]
    assert cells_of(made, "类")[::2] == ["工程", "货物"]


def test_a_workbook_and_json_lines(cells, box, tmp_path):  # noqa: ARG001  # as above
    book = openpyxl.Workbook()
    for row in (["t", "n"], ["sandbox: say 1", 1]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    (tmp_path / "rows.jsonl").write_text('{"t": "sandbox: say 2"}\n')
    assert cells_of(cells.run(MAP.format(tmp_path / "book.xlsx", "{{ t }}"))) == ["1"]
    assert cells_of(cells.run(MAP.format(tmp_path / "rows.jsonl", "{{ t }}"))) == ["2"]


def test_one_row_is_a_table_and_none_is_not(ask, refused):
    assert answers(ask(saying("one"))) == ["one"]
    assert "1 row" in ask.shown
    assert type(refused([])) is BadTable


@with_frames
def test_an_empty_frame_is_no_table(refused):
    assert type(refused(pd.DataFrame({"t": []}))) is BadTable


def test_the_result_goes_into_a_variable_where_that_is_named(ask, cells):
    assert ask(saying("a"), "-o out") is None
    assert answers(cells.names["out"]) == ["a"]


# what a value looks like in a question


@with_frames
@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (lambda: [1, None, 30], ["1", "", "30"]),  # to pandas these are floats
        (lambda: [1.0, 2.5, -0.0], ["1", "2.5", "0"]),
        (lambda: [1e20, 0.1 + 0.2, 2.0**53], ["1e+20", "0.30000000000000004", "9007199254740992.0"]),
        (lambda: pd.array([1, None, 3], dtype="Int64"), ["1", "", "3"]),
        (lambda: [True, False, True], ["True", "False", "True"]),
        (lambda: pd.Categorical(["x", None, "y"]), ["x", "", "y"]),
        (
            lambda: pd.to_datetime(["2026-01-02", None, "2026-01-02 03:04"], format="ISO8601"),
            ["2026-01-02 00:00:00", "", "2026-01-02 03:04:00"],
        ),
        (lambda: pd.to_timedelta([1, 2, None], unit="h"), ["0 days 01:00:00", "0 days 02:00:00", ""]),
        (lambda: [[1, 2], {"a": 1}, None], ["[1, 2]", "{'a': 1}", ""]),
    ],
)
def test_values_of_any_type_read_as_somebody_would_write_them(ask, box, column, texts):
    """Whole numbers whole, and nothing for what is missing."""
    ask(pd.DataFrame({"v": column(), "other": "x"}), question="[{{ v }}] {{ other }}")
    assert asked(box) == sorted({f"[{text}] x" for text in texts})


def test_no_value_is_ever_looked_into_for_variables(ask, box):
    texts = ["<b>&amp;</b>", "{{ other }}", "{% x %} ${y}", "{{ row['other'] }}", "{# {{ v }} #}"]
    ask([{"v": text, "other": "SECRET"} for text in texts], question="[{{ v }}]{{ other[:0] }}")
    assert asked(box) == sorted(f"[{text}]" for text in texts)


@with_frames
def test_a_column_whose_name_is_no_variable_is_an_item_of_the_row(ask, box):
    frame = pd.DataFrame([["x", "y"]], columns=pd.MultiIndex.from_tuples([("a b", "1"), ("a b", "2")]))
    made = ask(frame, question="{{ row['a b / 2'] }} and {{ row[\"a b / 1\"] }}")
    assert asked(box) == ["y and x"]
    assert made["answer_status"].tolist() == ["ok"]
    ask([{0: "z"}], question="{{ row['0'] }}")
    assert asked(box, 1) == ["z"]


def test_a_column_called_row_is_itself(ask, box):
    ask([{"row": "mine", "x": 1}], question="{{ row }}")
    assert asked(box) == ["mine"]


@pytest.mark.parametrize(
    ("question", "skipped"),
    [
        ("{{ t }}", [1, 3]),
        ("{{ t }} {{ n }}", [3]),
        ("{{ row['a b'] }}", [2, 3]),
        ("{{ row['a b'] }} {{ t }}", [3]),
        ("{{ row }}", [3]),
    ],
)
def test_a_row_with_nothing_in_what_is_put_in_is_not_asked(ask, box, question, skipped):
    rows = [
        {"t": "x", "n": None, "a b": "y"},
        {"t": " \n", "n": 1, "a b": "z"},
        {"t": "u", "n": None, "a b": None},
        {"t": None, "n": float("nan"), "a b": ""},
    ]
    made = ask(rows, question=question)
    assert [place for place, row in enumerate(made) if row["answer_status"] == "skipped"] == skipped
    assert len(box.requests) == 4 - len(skipped)
    assert all(made[place][name] is None for place in skipped for name in ABOUT if name != "answer_status")


def test_a_value_that_cannot_be_put_in_fails_its_row_alone(ask, box):
    made = ask([{"t": "1"}, {"t": "one"}], question="{{ int(t) + 1 }}")
    assert [row["answer_status"] for row in made] == ["ok", "failed"]
    assert "ValueError" in made[1]["answer_error"]
    assert say("shown.run.unfit", count=1, name="answer_error") in ask.shown
    assert asked(box) == ["2"]


# columns


def test_an_answer_is_text_without_blanks_around_it(ask):
    assert answers(ask(saying(" a \n"))) == ["a"]


def test_no_answer_makes_a_terminal_do_anything(ask, cells):
    """Whoever prints the table prints what the model wrote."""
    rows = [{"t": "sandbox: line \x1b[31mred\x1b]8;;http://x\x07 \u202eevil"}]
    assert answers(ask(rows)) == ["[31mred]8;;http://x evil"]
    cells.names["s"] = SCHEMA
    rows = [{"t": 'sandbox: line {"kind": "\\u001b[31m<b>", "sure": 1}'}]
    assert ask(rows, "--schema s --into kind")[0]["kind"] == "[31m<b>"
    assert ask(rows, "--schema s --into whole")[0]["whole"] == {"kind": "[31m<b>", "sure": 1}


def test_json_without_a_schema_is_a_column_of_text(ask):
    made = ask([{"t": 'sandbox: line ```json\nsandbox: line {"k": [1]}\nsandbox: line ```'}], "-f json")
    assert json.loads(made[0]["answer"]) == {"k": [1]}


def test_a_schema_has_a_column_for_each_of_its_keys(ask, cells):
    cells.names["s"] = SCHEMA
    rows = [{"t": 'sandbox: line {"kind": "x", "sure": 0.5}'}, {"t": 'sandbox: line {"kind": "y"}'}]
    made = ask(rows, "--schema s")
    assert [(row["kind"], row["sure"], row["kind_status"]) for row in made] == [("x", 0.5, "ok"), ("y", None, "ok")]
    assert answers(ask(rows, "--schema s --into sure"), "sure") == [0.5, None]


def test_several_names_need_a_schema_with_these_keys(refused, cells):
    cells.names["s"] = SCHEMA
    assert refused(saying("a"), "--into a,b").key == "table.into_several"
    assert refused(saying("a"), "--into kind,b --schema s").key == "table.into_no_key"
    assert refused(saying("a"), "--into a,a").key in ("table.into_twice", "table.into_several")


def test_a_column_that_is_there_is_replaced_only_if_that_is_wanted(ask, refused, box):
    once = ask(saying("a", "b"))
    assert refused(once).key == "table.into_there"
    again = ask(once, "--replace", "{{ t }}!")
    assert answers(again) == ["a!", "b!"]
    assert list(again[0]) == ["t", *ABOUT]
    assert len(box.requests) == 4
    both = ask(once, "--into second")
    assert answers(both, "second") == ["a", "b"]
    assert list(both[0])[:6] == ["t", *ABOUT]


def test_the_first_rows_alone(ask, box):
    made = ask(saying(*"abcd"), "--limit 2")
    assert answers(made) == ["a", "b", None, None]
    assert answers(made, "answer_status") == ["ok", "ok", None, None]
    assert len(box.requests) == 2
    assert "2 of 2 rows to ask" in ask.shown
    ask(saying(*"abcd"), "--limit 99")
    assert len(box.requests) == 4


# what is sent


def test_every_request_has_what_the_line_asks_for(ask, box, tmp_path):
    (tmp_path / "e.yaml").write_text("- {question: q, answer: a}\n")
    line = f"-m max -s 'be brief' -t 0.3 --max-tokens 50 --top-k 2 --examples '{tmp_path}/e.yaml'"
    ask(saying("x", "y"), line)
    assert {(chat_of(r)["temperature"], chat_of(r)["max_tokens"], chat_of(r)["top_k"]) for r in box.requests} == {
        (0.3, 50, 2)
    }
    assert {chat_of(r)["domain"] for r in box.requests} == {"generalv3.5"}
    roles = [[role for role, _ in messages_of(request)] for request in box.requests]
    assert roles == [["system", "user", "assistant", "user"]] * 2


def test_rows_stay_out_of_the_conversation(ask, cells):
    ask(saying("x"))
    assert not cells.magics.state.conversations or cells.run("%spark sandbox: say hi").turn == 1


def test_rows_that_ask_the_same_share_one_request(ask, box):
    assert answers(ask(saying(*"abab"))) == [*"abab"]
    assert len(box.requests) == 2


# the journal


def test_nothing_is_asked_twice(ask, box):
    rows = [*saying("a"), {"t": "sandbox: error 10013"}]
    first = ask(rows)
    assert ask(rows) == first
    assert len(box.requests) == 2
    assert say("shown.run.nothing") in ask.shown
    assert "2 from the journal" in ask.shown


def test_fresh_asks_all_and_retry_failed_those_that_failed(ask, box):
    rows = [*saying("a"), {"t": "sandbox: error 10013"}]
    ask(rows)
    ask(rows, "--retry-failed")
    assert asked(box, 2) == ["sandbox: error 10013"]
    ask(rows, "--fresh")
    assert len(box.requests) == 5
    ask(rows)
    assert len(box.requests) == 5


def test_another_journal_knows_nothing_of_this_one(ask, box, tmp_path):
    ask(saying("a"))
    ask(saying("a"), f"--journal '{tmp_path}/mine.sqlite3'")
    ask(saying("a"), f"--journal '{tmp_path}/mine.sqlite3'")
    assert len(box.requests) == 2


@pytest.mark.parametrize("line", ["-m lite", "-t 0.1", "-s other", "-f text"])
def test_another_model_parameter_or_wording_is_another_question(ask, box, line):
    ask(saying("a"))
    ask(saying("a"), line)
    assert len(box.requests) == 2


def test_a_failure_that_may_pass_is_asked_again_by_the_next_run(ask, box):
    rows = [*saying("a"), {"t": "sandbox: drop\nsandbox: first 3\nx"}]
    assert [row["answer_status"] for row in ask(rows)] == ["ok", "failed"]  # asked three times
    assert len(box.requests) == 4
    assert [row["answer_status"] for row in ask(rows)] == ["ok", "ok"]
    assert len(box.requests) == 5


# failures


def test_a_row_that_fails_holds_its_error(ask):
    made = ask([*saying("a"), {"t": "sandbox: error 10013"}, *saying("b")])
    assert answers(made, "answer_status") == ["ok", "failed", "ok"]
    assert answers(made, "answer_code") == [None, 10013, None]
    assert made[1]["answer_error"].startswith(say("service.10013").partition("{")[0])
    assert [tokens is None for tokens in answers(made, "answer_tokens")] == [False, True, False]


def test_with_errors_raise_a_failure_that_may_pass_is_asked_again_by_the_next_run(cells, box, capsys):  # noqa: ARG001  # whom it asks
    cells.names["table"] = ["sandbox: error 10008\nsandbox: first 1\nsandbox: say a"]
    cells.run("%spark_config --retries 0")
    cells.fails(MAP.format("table --errors raise", "{{ text }}"))
    assert say("label.progress.run_cell") in capsys.readouterr().out
    assert answers(cells.run(MAP.format("table --errors raise", "{{ text }}"))) == ["a"]


def test_with_errors_raise_the_first_failed_row_fails_the_cell_and_is_named(cells, box, ask, capsys):
    rows = [*saying("a", "b"), {"t": "sandbox: error 10013"}, *saying("c")]
    cells.names["table"] = rows
    problem = cells.fails(MAP.format("table --errors raise --workers 1", "{{ t }}"))
    assert type(problem) is Moderated
    assert problem.row == 3
    assert say("label.row", number=3) in str(problem)
    assert say("label.progress.skip_cell") in capsys.readouterr().out
    before = len(box.requests)
    assert answers(ask(rows)) == ["a", "b", None, "c"]
    assert asked(box, before) in ([], ["sandbox: say c"])


@pytest.mark.parametrize("code", [11200, 11201])
def test_an_error_that_no_row_escapes_ends_the_run_and_what_is_done_stays(cells, box, ask, capsys, code):
    rows = [*saying("a", "b"), {"t": f"sandbox: error {code}\nsandbox: first 1\nx"}, *saying("c")]
    cells.names["table"] = rows
    capsys.readouterr()
    problem = cells.fails(MAP.format("table --workers 1", "{{ t }}"))
    assert isinstance(problem, QuotaExceeded)
    assert "2 of 4 rows are done and kept" in capsys.readouterr().out
    before = len(box.requests)
    assert len(ask(rows)) == 4
    assert len(box.requests) == before + 2


def test_without_credentials_nothing_begins(cells, refused, monkeypatch):
    for name in ("SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET"):
        monkeypatch.delenv(name)
    assert type(refused(saying("a"))) is CredentialsMissing
    cells.run(MAP.format("table --dry-run", "{{ t }}"))  # which needs none


def test_the_sandbox_needs_no_account(cells):
    cells.names["table"] = saying("a")
    assert answers(cells.run(MAP.format("table -m sandbox", "{{ t }}"))) == ["a"]


# what is refused before anything is sent


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--workers 0", "--workers"),
        ("--concurrency none", "--concurrency"),
        ("--qps 0", "--qps"),
        ("--qps nan", "--qps"),
        ("--limit -1", "--limit"),
        ("--errors ignore", "keep, raise"),
        ("-f code", "markdown, text, json"),
        ("--into 'a,,b'", "--into"),
        ("--into ''", "--into"),
        ("-o 1x", "--output"),
        ("-m lite,ultra", "--model"),
        ("-t 9", "temperature"),
        ("-m nobody", "nobody"),
        ("other", say("usage.stray.map", magic="%%spark_map")),
        ("--nope", "--nope"),
        ("--executor 'a b'", "--executor"),
    ],
)
def test_a_wrong_option_is_a_usage_error_that_names_it(refused, line, said):
    problem = refused(saying("a"), line)
    assert type(problem) is UsageError
    assert said in str(problem)


@pytest.mark.parametrize(
    ("line", "kind"),
    [("--executor nobody", ConfigurationError), ("--executor table", ConfigurationError), ("--schema s", None)],
)
def test_a_name_that_stands_for_nothing_of_the_kind_is_said_at_once(refused, line, kind, capsys):
    problem = refused(saying("a"), line)
    assert type(problem) is (kind or ConfigurationError)
    assert "rows to ask" not in capsys.readouterr().out


def test_a_journal_that_cannot_be_written_says_where_and_why(refused, tmp_path):
    problem = refused(saying("a"), f"--journal '{tmp_path}/none/x'")
    assert type(problem) is JournalUnusable
    assert problem.key == "journal.no_folder"
    assert f"{tmp_path}/none/x" in str(problem)
    assert refused(saying("a"), "--journal ~nobody-here/x").key == "journal.no_folder"


@pytest.mark.parametrize("name", ["nobody", "table.head(2)", "table[:1]", "''", "[1]"])
def test_what_is_neither_a_variable_nor_a_file_is_a_usage_error(refused, name):
    assert type(refused(saying("a"), name=name)) is UsageError


def test_a_name_that_is_too_long_for_a_file_is_no_file(refused, cells):
    assert type(refused(saying("a"), name="a" * 300)) is UsageError
    assert type(refused(saying("a"), name="a" * 300 + ".csv")) is BadTable
    cells.run(f"%spark_journal --journal {'a' * 300}")  # as one that is not there


def test_a_name_in_a_message_is_screened(refused, tmp_path):
    """A file without a head has its first row where the names should be."""
    (tmp_path / "x.csv").write_text(f"{API_KEY},{API_KEY}\nb,c\n")
    problem = refused(None, name=f"{tmp_path}/x.csv")
    assert problem.key == "table.twice"
    assert API_KEY not in str(problem)


def test_what_a_pydantic_object_holds_that_is_no_json_is_said_in_words(ask, cells):
    """It is in the journal: the table comes back however often it is asked for."""
    pydantic = pytest.importorskip("pydantic")

    class Odd:
        def __str__(self):
            return "odd"

    class Kind(pydantic.BaseModel):
        kind: str
        odd: Any = None

        def model_post_init(self, _):
            self.odd = Odd()

    cells.names["Kind"] = Kind
    for _ in range(2):
        made = ask(['sandbox: line {"kind": "k"}'], "-f json --schema Kind", question="{{ text }}")
        assert (made[0]["kind"], made[0]["odd"]) == ("k", "odd")


@pytest.mark.parametrize("name", ["nobody.csv", "~nobody-here/x.csv", "/no/folder/x.xlsx"])
def test_a_file_that_is_not_there_says_so(refused, name):
    assert type(refused(saying("a"), name=name)) is BadTable


def test_a_magic_without_a_table_or_a_question_says_what_is_missing(cells):
    assert say("usage.no_table") in str(cells.fails("%%spark_map\n{{ t }}"))
    cells.names["table"] = saying("a")
    assert str(cells.fails("%%spark_map table\n \n")) == say("usage.map_empty")


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("hello", "table.no_variable"),
        ("{{ t | }}", "table.no_variable"),
        ("{{ other }}", "table.no_column"),
        ("{{ T }} {{ t }}", "table.no_column"),
        ("{{ row['other'] }} {{ t }}", "table.no_column"),
        ("{{ my_value }}", "table.no_column"),
    ],
)
def test_a_question_that_does_not_fit_the_table_names_its_columns(refused, cells, question, key):
    """The user's variables are none of them: a row is all there is."""
    cells.names["my_value"] = 1
    problem = refused([{"t": "x", "n": 1}], question=question)
    assert (type(problem), problem.key) == (BadTable, key)
    assert "t, n" in problem.hint


def test_the_nearest_column_is_proposed(refused):
    problem = refused([{"category": "x", "a b": 1}], question="{{ catgory }}")
    assert "category?" in problem.sentence
    assert "a b?" in refused([{"a b": 1}], question="{{ row['a  b'] }}").sentence


def test_hostile_names_of_columns_stay_harmless_in_errors(refused, cells, ask):
    rows = [{"\x1b[2J<b>": 1, "x" * 5000: 2} | {f"c{number}": 0 for number in range(500)}]
    problem = refused(rows, question="{{ nobody }}")
    text = "\n".join(problem._render_traceback_())
    assert "\x1b" not in text
    assert len(text) < 1000
    made = ask(rows, "--into '<i>z</i>'", "{{ row['\x1b[2J<b>'] }}")
    assert made[0]["<i>z</i>_status"] == "ok"
    assert cells.shell.user_ns["table"] is rows


# before it begins


def test_a_line_says_what_is_going_to_be_asked(ask):
    ask([*saying("a", "b"), {"t": None}, *saying("c")], "--workers 2")
    line = say("shown.run.forecast", rows=3, total=4, tokens=15, workers=2, time=say("label.elapsed", seconds=4))
    assert ask.shown.splitlines()[0] == line


@pytest.mark.parametrize(
    ("rows", "line", "at_once", "seconds"),
    [
        (3, "--workers 8", 8, 2),
        (9, "--workers 8", 8, 4),
        (8, "--workers 8 --concurrency 2", 2, 8),
        (8, "--workers 2 --concurrency 8", 2, 8),
        (8, "--workers 8 --qps 0.5", 8, 16),
    ],
)
def test_the_estimate_knows_how_many_are_asked_at_once(ask, rows, line, at_once, seconds):
    ask(saying(*range(rows)), f"{line} --dry-run")
    assert f"At {at_once} at once about {seconds} s" in ask.shown


def test_a_dry_run_shows_the_first_question_and_sends_nothing(ask, box):
    assert ask([{"t": None}, {"t": "first"}, {"t": "second"}], "--dry-run -s 'be brief'", "Tell {{ t }}!") is None
    assert box.requests == []
    assert say("shown.run.first", model="ultra") in ask.shown
    assert re.search(r"system +be brief", ask.shown)
    assert "Tell first!" in ask.shown
    assert "second" not in ask.shown
    assert "2 of 3 rows to ask" in ask.shown


def test_a_dry_run_refuses_a_parameter_that_cannot_be_sent(refused):
    assert "temperature 1.5 is out of range" in str(refused(saying("a"), "--dry-run -t 1.5"))


def test_a_dry_run_passes_rows_that_cannot_be_sent(ask):
    ask([{"t": "one"}, {"t": "2"}], "--dry-run", "[{{ int(t) }}]")
    assert "[2]" in ask.shown
    ask([{"t": "one"}], "--dry-run", "{{ int(t) }}")
    assert say("shown.run.unfit", count=1, name="answer_error") in ask.shown


@pytest.fixture
def typed(cells, monkeypatch):
    """Return what the user types at the question; above two rows there is one."""
    cells.run("%config SparkMagics.confirm_rows = 2")
    told = []

    def answer(text):
        def reply(prompt=""):
            told.append(prompt)
            if isinstance(text, BaseException):
                raise text
            return text

        monkeypatch.setattr(builtins, "input", reply)
        return told

    return answer


@pytest.mark.parametrize("text", ["y", "Y", " yes ", "是"])
def test_many_rows_are_asked_after_a_yes(ask, typed, text):
    told = typed(text)
    assert answers(ask(saying(*"abc"))) == [*"abc"]
    assert told == [say("shown.run.confirm")]


@pytest.mark.parametrize("text", ["", "n", "no", "yeah, but"])
def test_anything_else_sends_nothing(ask, typed, box, cells, text):
    typed(text)
    assert ask(saying(*"abc"), "-o out") is None
    assert "out" not in cells.names
    assert box.requests == []
    assert ask.shown.endswith(say("shown.run.declined") + "\n")


@pytest.mark.parametrize("problem", [StdinNotImplementedError(), EOFError(), OSError()])
def test_where_nobody_can_be_asked_the_error_names_the_option(refused, typed, ask, problem):
    typed(problem)
    failure = refused(saying(*"abc"))
    assert type(failure) is UsageError
    assert "--yes" in str(failure)
    assert answers(ask(saying(*"abc"), "--yes")) == [*"abc"]


def test_an_interrupt_at_the_question_sends_nothing(refused, typed):
    typed(KeyboardInterrupt())
    stop = refused(saying(*"abc"))
    assert (type(stop), str(stop)) == (RunInterrupted, say("interrupted.ahead"))


def test_the_threshold_counts_requests_and_so_does_what_is_said_before(ask, typed):
    told = typed("n")
    rows = saying(*"aaaab")
    assert answers(ask(rows)) == [*"aaaab"]
    assert told == []
    first, second = ask.shown.splitlines()[:2]
    assert "5 of 5 rows" in first
    assert second == say("shown.run.shared", count=2)


def test_with_fresh_one_is_told_to_leave_it_out(cells, box, capsys):  # noqa: ARG001  # whom it asks
    cells.names["table"] = [*saying("a"), {"t": "sandbox: error 11201"}, *saying("b")]
    cells.fails(MAP.format("table --fresh --workers 1", "{{ t }}"))
    assert say("shown.run.fresh", option="--fresh") in capsys.readouterr().out
    cells.fails(MAP.format("table --workers 1", "{{ t }}"))
    assert "--fresh" not in capsys.readouterr().out
    assert "without --fresh" in str(RunInterrupted(fresh="--fresh"))


def test_a_column_that_is_a_number_is_found_by_it(ask):
    frame = [{0: "sandbox: say a", 1: "b"}]
    assert answers(ask(frame, question="{{ row[0] }} {{ row[1] }}")) == ["a b"]


def test_the_line_names_the_new_columns(ask):
    ask(saying("a"), "--into kind")
    assert "\nkind · 1 row in " in ask.shown


def test_the_line_says_what_came_out_less_well(ask):
    ask(["sandbox: count 40", "sandbox: error 10013", "sandbox: say ok"], "--max-tokens 1", question="{{ text }}")
    line = next(line for line in ask.shown.splitlines() if line.startswith("3 rows in "))
    assert "1 failed, 2 cut short, " in line
    assert line.endswith("add --retry-failed to ask 1 of the failed again")


def test_few_rows_and_those_in_the_journal_need_no_question(ask, typed):
    told = typed("n")
    assert answers(ask(saying("a", "b"))) == ["a", "b"]
    assert answers(ask(saying(*"abcd"), "--limit 2")) == ["a", "b", None, None]
    assert told == []


def test_no_threshold_no_question(ask, cells, typed):
    told = typed("n")
    cells.run("%config SparkMagics.confirm_rows = 0")
    assert answers(ask(saying(*"abc"))) == [*"abc"]
    assert told == []


def test_an_interrupt_while_the_rows_are_counted_sends_nothing(refused, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("spark_magic.magics.map_rows.forecast", interrupted)
    assert type(refused(saying("a"))) is RunInterrupted


# what it cost


def test_usage_counts_every_question_of_the_run(ask, cells, capsys):
    ask([*saying(*"abc"), {"t": "sandbox: error 10013"}])
    capsys.readouterr()
    cells.run("%spark_usage --json")
    [record] = json.loads(capsys.readouterr().out)
    assert (record["questions"], record["model"], record["conversation"]) == (3, "ultra", None)
    assert record["cell"] == cells.shell.execution_count - 2
    ask(saying(*"abc"))  # from the journal: costs nothing
    capsys.readouterr()
    cells.run("%spark_usage --json")
    assert json.loads(capsys.readouterr().out) == [record]


def test_the_warning_of_many_tokens_comes_with_the_run(ask, cells):
    cells.run("%spark_config --warn-tokens 10")
    ask(saying(*"abc"))
    assert re.search(r"This kernel has used [\d,]+ tokens \(threshold 10\)", ask.shown)
    ask(saying(*"abc"))
    assert "threshold" not in ask.shown


def test_every_option_is_explained_in_both_languages(cells, capsys):
    for language in ("en", "zh"):
        cells.run(f"%spark_config --lang {language}")
        capsys.readouterr()
        cells.run("%%spark_map --help\nx")
        shown = capsys.readouterr().out
        assert say("help.map").partition("{")[0] in shown
        for name in ("into", "workers", "qps", "executor", "fresh", "retry-failed", "limit", "yes", "dry-run"):
            assert f"--{name}" in shown


@pytest.mark.usefixtures("box")
def test_chinese_users_read_chinese(cells, capsys):
    cells.run("%spark_config --lang zh")
    cells.names["table"] = [*saying("a", "b"), {"t": "sandbox: error 10013"}, {"t": ""}]
    capsys.readouterr()
    cells.run(MAP.format("table --workers 2 -o made", "{{ t }}"))
    first, last = capsys.readouterr().out.splitlines()
    assert first == "共 4 行，需要提问 3 行，问题约 15 token，回答另计。同时 2 个，若每个回答 2 秒，约需 4 秒。"
    assert re.fullmatch(
        r"4 行，用时 [\d.]+ 秒：已回答 2 行、失败 1 行、跳过 1 行、16 token、[\d.,]+ 行/(秒|分钟)"
        "、加上 --retry-failed 会重问失败的 1 行",
        last,
    )
    assert cells.names["made"][2]["answer_error"].startswith("问题未通过内容审核")
    assert "表格中没有列 文" in str(cells.fails(MAP.format("table", "{{ 文 }}")))


# Tab


@pytest.fixture
def tab(cells):
    """Return what tells how a cell's last line reads after each completion."""
    columns = {"文本": ["x"], "text": ["y"], "two words": [1]}
    cells.names.update(
        frame=[{name: value for name, [value] in columns.items()}] if pd is None else pd.DataFrame(columns),
        frame_of_polars=[{"colour": "x"}] if pl is None else pl.DataFrame({"colour": ["x"]}),
        from_dicts=[{"a": 1, "a/b": 2}],
        from_texts=["x"],
        from_numbers=[1, 2],
        four=4,
    )
    cells.shell.Completer.backslash_combining_completions = False

    def press(text):
        with provisionalcompleter():
            found = list(rectify_completions(text, cells.shell.Completer.completions(text, len(text))))
        return [(text[: one.start] + one.text + text[one.end :]).split("\n")[-1] for one in found]

    return press


def test_tab_behind_the_magic_knows_the_tables_and_files(tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "from_file.csv").touch()
    assert tab("%%spark_map fr") == [
        f"%%spark_map {name}" for name in ("frame", "frame_of_polars", "from_dicts", "from_texts", "from_file.csv")
    ]
    assert tab("%%spark_map --workers 2 from_t") == ["%%spark_map --workers 2 from_texts"]
    assert tab("%%spark_map frame --retry") == ["%%spark_map frame --retry-failed"]
    assert "%%spark_map frame from_texts" not in tab("%%spark_map frame from_t")


@pytest.mark.skipif(not KNOWS_THE_CELL, reason="this IPython shows a matcher one line")
def test_tab_in_the_question_knows_the_columns(tab):
    assert tab("%%spark_map frame\nA {{ te") == ["A {{ text"]
    assert tab("%%spark_map --into x frame -t 1\nA {{ 文") == ["A {{ 文本"]
    assert tab("%%spark_map frame\n{{ ") == ["{{ 文本", "{{ text", '{{ row["two words"]']
    assert tab('%%spark_map frame\n{{ row["tw') == ['{{ row["two words"]']
    assert tab("%%spark_map frame_of_polars\n{{ c") == ["{{ colour"]
    assert tab("%%spark_map from_dicts\n{{ ") == ["{{ a", '{{ row["a/b"]']
    assert tab("%%spark_map from_texts\n{{ ") == ["{{ text"]


def test_tab_offers_no_columns_of_what_is_no_table(cells, tab):  # noqa: ARG001  # with the variables of `tab`
    finder = cells.shell._spark_magic_loaded.completion._finder
    for text in ("%%spark_map four\n{{ ", "%%spark_map nobody\n{{ ", "%%spark_map\n{{ ", "%%spark_map frame\nte"):
        assert finder.find(text).texts == (), text


def test_tab_knows_executors_aliases_and_choices(cells, tab):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        cells.names["four_threads"] = pool
        assert tab("%%spark_map frame --executor fo") == ["%%spark_map frame --executor four_threads"]
    assert tab("%%spark_map frame -m ul") == ["%%spark_map frame -m ultra"]
    assert tab("%%spark_map frame --errors r") == ["%%spark_map frame --errors raise"]
    assert tab("%%spark_map frame -f ") == [f"%%spark_map frame -f {word}" for word in ("markdown", "text", "json")]


def test_a_users_own_executor_asks_and_stays_open(ask, cells):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        cells.names["pool"] = pool
        assert answers(ask(saying("a", "b"), "--executor pool")) == ["a", "b"]
        assert pool.submit(int, "1").result() == 1


def test_an_executor_that_is_closed_says_so(ask, cells, refused):
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    cells.names["pool"] = pool
    assert refused(saying("a"), "--executor pool").key == "executor.closed"
    assert answers(ask(saying("a"))) == ["a"]


def test_an_error_of_a_value_is_about_its_row(refused):
    problem = refused([{"t": "1x"}], "--errors raise", "{{ int(t) }}")
    assert (type(problem), problem.row) == (BadVariable, 1)


def test_a_column_with_a_full_width_name_is_found_as_python_reads_it(ask, box, refused):
    rows = [{"ＡＢ（元）": "x", "Ｔ１": "y"}, {"ＡＢ（元）": "x", "Ｔ１": None}]
    made = ask(rows, question="{{ Ｔ１ }} {{ T1 }}")
    assert asked(box) == ["y y"]
    assert [row["answer_status"] for row in made] == ["ok", "skipped"]
    ask(rows, "--limit 1", "{{ row['ＡＢ（元）'] }}")
    assert asked(box, 1) == ["x"]
    assert refused(rows, question="{{ Ｔ２ }}").key.startswith("table.")


def test_a_run_that_is_given_up_says_why(cells, box, capsys):
    cells.names["table"] = [{"t": f"sandbox: error 10013\n{number}"} for number in range(30)]
    capsys.readouterr()
    assert type(cells.fails(MAP.format("table", "{{ t }}"))) is Moderated
    assert say("shown.run.given_up", count=10) in capsys.readouterr().out
    assert len(box.requests) < 20
