"""What `%spark_usage` tells of the questions so far, what is counted, and the warning before a bill that surprises."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from cells import report_in
from IPython.core.error import UsageError
from traitlets import TraitError

import spark_magic
from spark_magic.display.chart import Chart, Row, chart_html, chart_text
from spark_magic.display.table import width
from spark_magic.errors import ConnectionFailed
from spark_magic.events import Usage
from spark_magic.magics.state import State
from spark_magic.messages import say
from spark_magic.spending import Spent

HI = "%spark sandbox: say hi there"
HEAVY = {"websocket", "websockets", "markdown_it", "msgspec", "jinja2", "ipywidgets"}


@pytest.fixture
def usage(cells, capsys):
    """Return what runs `%spark_usage` with options and gives back what it shows."""

    def shown(options=""):
        capsys.readouterr()
        cells.run(f"%spark_usage {options}")
        return capsys.readouterr().out

    return shown


@pytest.fixture
def records(usage):
    """Return what reads the records."""
    return lambda: json.loads(usage("--json"))


def last(answer):
    """Return an answer's tokens as the table shows them."""
    used = answer.usage
    return [f"{count:,}" for count in (used.prompt_tokens, used.completion_tokens, used.total_tokens)]


def row(shown, *beginning):
    """Return the words of the one row that begins like this, but for its bar."""
    [found] = [line.split() for line in shown.splitlines() if line.split()[: len(beginning)] == list(beginning)]
    return [word for word in found if not set(word) & set("█▏▎▍▌▋▊▉#")]


# the tables


@pytest.mark.usefixtures("box")
def test_before_the_first_question_a_sentence_says_so(usage):
    assert usage().strip() == say("shown.spent.empty")
    assert usage("--by day").strip() == say("shown.spent.empty")


@pytest.mark.usefixtures("box")
def test_each_model_has_its_questions_tokens_and_share(cells, usage):
    one, other = cells.run(HI), cells.run("%spark -m x2 sandbox: say yes")
    totals = [answer.usage.total_tokens for answer in (one, other)]
    shown = usage("--by model")
    for name, answer in (("ultra", one), ("x2", other)):
        share = f"{answer.usage.total_tokens / sum(totals):.0%}"
        assert row(shown, name) == [name, "1", *last(answer), share]
    assert row(shown, "all")[-2:] == [f"{sum(totals):,}", "100%"]
    assert "~" not in shown


@pytest.mark.usefixtures("box")
def test_the_last_questions_name_cell_conversation_turn_and_model(cells, usage):
    first = cells.run(HI)
    count = cells.shell.execution_count - 1
    cells.run("%spark -n other sandbox: say a")
    cells.run("%spark --no-history sandbox: say b")
    shown = usage("--by turn")
    lines = [line.split()[2:] for line in shown.splitlines()[3:]]
    assert lines[0][:-1] == [f"[{count}]", "default", "1", "ultra", *last(first)]
    assert lines[1][:4] == [f"[{count + 1}]", "other", "1", "ultra"]
    assert lines[2][:3] == [f"[{count + 2}]", "(none)", "ultra"]


@pytest.mark.usefixtures("box")
def test_a_bar_is_as_long_as_its_row_is_dear(cells, usage):
    cells.run("%%spark --no-history\nsandbox: say a")
    cells.run(f"%%spark --no-history\n{'word ' * 200}\nsandbox: say a")
    short, long = (line.split()[-1] for line in usage("--by turn").splitlines()[3:])
    assert long == "█" * 24
    assert 0 < len(short) < 4


@pytest.mark.usefixtures("box")
def test_the_last_twenty_are_shown(cells, usage):
    for number in range(22):
        cells.magics.state.ledger.add(Spent(datetime.now(UTC), f"model{number}", Usage(1, 1, 2)))
    shown = usage("--by turn")
    assert [f"model{n} " in shown for n in range(22)] == [False] * 2 + [True] * 20


@pytest.mark.usefixtures("box")
def test_days_and_conversations_have_tables_of_their_own(cells, usage):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    cells.magics.state.ledger.add(Spent(yesterday, "ultra", Usage(1000, 234, 1234), conversation="old"))
    cells.run(HI)
    days = usage("--by day")
    assert row(days, str(yesterday.astimezone().date()))[1:] == ["1", "1,000", "234", "1,234", "99%"]
    assert row(days, "all")[1] == "2"
    assert row(usage("--by conversation"), "old")[4] == "1,234"


@pytest.mark.usefixtures("box")
def test_without_options_models_and_the_last_questions_are_shown_and_days_once_there_are_several(cells, usage):
    cells.run(HI)
    titles = [say(f"shown.spent.{name}") for name in ("by_model", "by_turn.one", "by_day")]
    shown = usage()
    assert [title in shown for title in titles] == [True, True, False]
    cells.magics.state.ledger.add(Spent(datetime.now(UTC) - timedelta(days=2), "lite", Usage(1, 1, 2)))
    assert say("shown.spent.by_day") in usage()


@pytest.mark.usefixtures("box")
def test_the_tables_speak_chinese_and_line_up(cells, usage, monkeypatch):
    cells.run("%spark -n 对话 sandbox: say 你好")
    monkeypatch.setenv("SPARK_LANG", "zh")
    title, head, rule, line = usage("--by turn").splitlines()
    assert title == "最近一次提问"
    assert "对话" in line
    ends = [match.end() for match in re.finditer("-+", rule)]
    assert width(head) == ends[-1]
    assert width(line.rstrip("█ ")) == ends[-1]


@pytest.mark.usefixtures("box")
def test_wrong_words_and_options_are_refused(cells):
    for line in ("%spark_usage --by week", "%spark_usage today", "%spark_usage --colour"):
        assert isinstance(cells.fails(line), UsageError)


# what is counted


@pytest.mark.usefixtures("box")
def test_the_records_are_json_with_what_the_server_billed(cells, records):
    answer = cells.run(HI)
    [record] = records()
    moment = datetime.fromisoformat(record.pop("at"))
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    used = answer.usage
    assert record == {
        "model": "ultra",
        "conversation": "default",
        "turn": 1,
        "cell": cells.shell.execution_count - 2,
        "questions": 1,
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "total_tokens": used.total_tokens,
        "estimated": False,
        "outcome": "complete",
    }


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    ("directive", "outcome"),
    [("error 11200 after 9", "failed"), ("error 10013", "failed"), ("stall after 9", "failed")],
)
def test_what_fails_after_it_was_sent_is_estimated_with_what_had_come(cells, records, usage, directive, outcome):
    cells.run("%spark_config --idle-timeout 0.3 --retries 0")
    cells.fails(f"%spark sandbox: {directive}")
    [record] = records()
    assert record["estimated"]
    assert record["outcome"] == outcome
    assert record["turn"] is None
    assert record["prompt_tokens"] > 0
    assert (record["completion_tokens"] > 0) is ("after" in directive)
    shown = usage()
    assert f"~{record['total_tokens']}" in shown
    assert shown.rstrip().endswith(say("shown.spent.estimated"))


@pytest.mark.usefixtures("box")
def test_what_is_refused_before_the_first_words_has_cost_nothing_as_far_as_anybody_knows(cells, records, usage):
    cells.fails("%spark sandbox: error 11200")
    [record] = records()
    assert (record["outcome"], record["total_tokens"], record["estimated"]) == ("refused", 0, False)
    assert "refused" in usage("--by turn")


@pytest.mark.usefixtures("box")
def test_what_moderation_warns_of_is_counted_and_marked(cells, records, usage):
    cells.run("%spark sandbox: error 10019 after 99999")
    [record] = records()
    assert (record["outcome"], record["turn"]) == ("flagged", None)
    assert "warned by moderation" in usage("--by turn")


def test_what_never_reached_a_server_is_not_counted(cells, usage):
    cells.fails(HI)  # no credentials
    assert usage().strip() == say("shown.spent.empty")


def test_a_connection_that_fails_is_not_counted(cells, box, usage):
    cells.run("%spark_config --retries 0")
    box.stop()
    assert isinstance(cells.fails(HI), ConnectionFailed)
    assert usage().strip() == say("shown.spent.empty")


def test_a_question_that_is_asked_again_is_counted_once(cells, box, records):
    cells.run("%%spark\nsandbox: error 10008\nsandbox: first 2\nsandbox: say hi")
    assert len(box.requests) == 3
    [record] = records()
    assert record["outcome"] == "complete"


def test_a_dry_run_costs_nothing(cells, box, usage):
    cells.run("%spark --dry-run hi")
    assert not box.requests
    assert usage().strip() == say("shown.spent.empty")


@pytest.mark.usefixtures("box")
def test_models_side_by_side_are_a_record_each(cells, records):
    cells.run("%spark -m lite,x2 sandbox: say hi")
    assert sorted(record["model"] for record in records()) == ["lite", "x2"]


@pytest.mark.usefixtures("box")
def test_the_plain_call_is_counted_too(cells, records):
    spark_magic.ask("sandbox: say hi", model="x1")
    assert [record["model"] for record in records()] == ["x1"]
    assert cells.magics.state.ledger.total.questions == 1


@pytest.mark.usefixtures("box")
def test_the_counters_outlive_a_reload_and_go_on_request(cells, usage, records):
    cells.run(HI)
    total = cells.magics.state.ledger.total.total_tokens
    cells.run("%reload_ext spark_magic")
    assert len(records()) == 1
    assert usage("--reset").strip() == say("shown.spent.forgotten", total=total)
    assert usage().strip() == say("shown.spent.empty")


# the warning


def warnings_in(text):
    return re.findall(r"This kernel has used ([\d,~]+) tokens \(threshold ([\d,]+)\): %spark_usage", text)


@pytest.mark.usefixtures("box")
def test_the_cell_that_passes_the_threshold_says_so_once_and_again_at_each_multiple(cells, capsys):
    cells.run("%spark_config --warn-tokens 1000")
    told = []
    for _ in range(7):
        capsys.readouterr()
        cells.run(f"%%spark --no-history\n{'word ' * 300}\nsandbox: say ok")
        shown = capsys.readouterr().out
        told.append(warnings_in(shown))
        assert "used" not in shown.partition("ok")[0]  # it is below the answer
    each = cells.magics.state.ledger.records[0].usage.total_tokens
    passed = [(n * each) // 1000 > ((n - 1) * each) // 1000 for n in range(1, 8)]
    assert [len(notes) for notes in told] == [int(one) for one in passed]
    assert sum(passed) >= 2
    assert told[passed.index(True)] == [(f"{(passed.index(True) + 1) * each:,}", "1,000")]


@pytest.mark.usefixtures("box")
def test_a_cell_that_fails_leaves_the_warning_to_the_next_answer(cells, capsys):
    """Its own last words are the error's."""
    cells.run("%spark_config --warn-tokens 10")
    cells.fails("%spark sandbox: error 11200 after 20")
    assert not warnings_in(capsys.readouterr().out)
    cells.run("%spark_config --warn-tokens 100000")
    capsys.readouterr()
    cells.run("%spark --dry-run hi")
    assert not warnings_in(capsys.readouterr().out)
    cells.run(HI)
    assert len(warnings_in(capsys.readouterr().out)) == 1
    cells.run(HI)
    assert not warnings_in(capsys.readouterr().out)


@pytest.mark.usefixtures("box")
def test_zero_is_never(cells, capsys):
    cells.run("%spark_config --warn-tokens 0")
    cells.magics.state.ledger.add(Spent(datetime.now(UTC), "ultra", Usage(0, 0, 10**9)))
    cells.run(HI)
    assert not warnings_in(capsys.readouterr().out)


def test_the_threshold_is_a_setting_with_a_default(start, capsys):
    cells = start().load()
    cells.run("%spark_config")
    assert report_in(capsys.readouterr().out)["warn_tokens"] == ("100000", "default")
    cells.run("%spark_config --warn-tokens 5000")
    assert report_in(capsys.readouterr().out)["warn_tokens"] == ("5000", "%spark_config")
    assert isinstance(cells.fails("%spark_config --warn-tokens -1"), UsageError)
    with pytest.raises(TraitError):
        cells.magics.warn_tokens = -1


def test_the_note_is_told_once():
    state = State(spent_note="much")
    assert state.take_spent_note() == ("much",)
    assert state.take_spent_note() == ()


# the chart

CHART = Chart(
    "Title <b>", ("name", "n"), (Row(("a<script>", "10"), 10), Row(("\x1b[31m中文", "1"), 1), Row(("z", "0"), 0)), 1
)


def test_the_html_is_inert_and_follows_the_theme():
    html = chart_html(CHART)
    assert "<script" not in html
    assert "<b>Title &lt;b&gt;</b>" in html
    assert "a&lt;script&gt;" in html
    assert "\x1b" not in html
    assert re.findall(r"width:([\d.]+)%", html) == ["100.0", "10.0"]  # none for nothing
    assert "var(--jp-" in html
    assert not re.search(r"url\(|href|src=|on\w+=", html)


def test_the_text_lines_up_and_the_bars_have_the_right_length():
    title, head, rule, *lines = chart_text(CHART).splitlines()
    assert (title, head, rule) == ("Title <b>", "name        n", "---------  --")
    assert lines == ["a<script>  10  " + "█" * 24, "[31m中文    1  ██▍", "z           0"]


def test_a_terminal_without_block_characters_gets_others(monkeypatch):
    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Ascii)
    assert chart_text(Chart("t", ("a",), (Row(("x",), 5), Row(("y",), 1)))).splitlines()[3:] == [
        "x  " + "#" * 24,
        "y  #####",
    ]
