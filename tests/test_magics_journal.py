"""What `%spark_journal` shows, and that it removes what is meant and nothing of anybody else's."""

import json
import re
import sqlite3
import time as clock
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from spark_magic.errors import ConfigurationError, JournalUnusable, RateLimited
from spark_magic.events import Usage
from spark_magic.journal import Entry, Journal, default_file
from spark_magic.magics.journal import _bytes, _midnight
from spark_magic.magics.parsers import journal_parser
from spark_magic.messages import say
from spark_magic.private_file import make_private

FIRST = datetime(2026, 11, 3, 12, tzinfo=UTC)
ONE = Entry("an answer", model="lite", usage=Usage(100, 200, 1300), at=FIRST)
FAILED = replace(ONE, text="", usage=None, failure=RateLimited("service.11202", code=11202))
FOUR = [
    ("a", ONE),
    ("b", FAILED),
    ("c", replace(ONE, model="ultra")),
    ("d", replace(ONE, at=FIRST + timedelta(days=2))),
]


@pytest.fixture
def shown(cells, capsys):
    """Return what runs `%spark_journal` with options and gives back what it shows."""

    def run(options=""):
        capsys.readouterr()
        cells.run(f"%spark_journal {options}")
        return capsys.readouterr().out.strip()

    return run


@pytest.fixture
def path():
    """Return the user's own journal, with four entries."""
    with Journal() as journal:
        journal.put(FOUR)
    return default_file()


def rows(table):
    """Return the words of the table's rows, but for the bars."""
    return [line.split()[:5] for line in table.splitlines() if line.startswith(("2026", "all"))]


def left(path=None):
    with Journal(path) as journal:
        return "".join(key for key in "abcd" if journal.get(key))


# what is there


def test_before_the_first_answer_a_sentence_says_where_it_will_be(shown):
    for options in ("", "--clear"):
        assert shown(options) == say("shown.journal.none", path=default_file())
    assert json.loads(shown("--json")) == {"path": str(default_file()), "bytes": 0, "totals": []}
    assert not default_file().parent.exists()


def test_each_day_and_model_has_its_entries_failures_and_tokens(shown, path):
    table = shown()
    assert rows(table) == [
        ["2026-11-03", "lite", "2", "1", "1,300"],
        ["2026-11-03", "ultra", "1", "0", "1,300"],
        ["2026-11-05", "lite", "1", "0", "1,300"],
        ["all", "4", "1", "3,900", *rows(table)[-1][4:]],
    ]
    assert table.splitlines()[-1] == say("shown.journal.file", path=path, size=_bytes(path.stat().st_size))


@pytest.mark.usefixtures("path")
def test_one_row_needs_no_sum(shown):
    shown("--clear --before 2026-11-05")
    assert rows(shown()) == [["2026-11-05", "lite", "1", "0", "1,300"]]


def test_as_json(shown, path):
    found = json.loads(shown("--json"))
    assert (found["path"], found["bytes"]) == (str(path), path.stat().st_size)
    first = {"day": "2026-11-03", "model": "lite", "entries": 2, "failures": 1, "tokens": 1300}
    assert (found["totals"][0], len(found["totals"])) == (first, 3)


def test_a_hostile_name_of_a_model_stays_a_text(cells, monkeypatch):
    from spark_magic.display import chart

    shown = []
    monkeypatch.setattr(chart, "publish", shown.append)
    with Journal() as journal:
        journal.put([("a", replace(ONE, model="<img src=x onerror=alert(1)>\x1b[2J"))])
    cells.run("%spark_journal")
    assert "<img" not in shown[0]["text/html"]
    assert "\x1b" not in shown[0]["text/plain"]


def test_another_file(shown, path, tmp_path):
    other = tmp_path / "other one.sqlite3"
    with Journal(other) as journal:
        journal.put(FOUR[:1])
    assert rows(shown(f"--journal '{other}'")) == [["2026-11-03", "lite", "1", "0", "1,300"]]
    assert shown(f"--journal '{other}' --clear").startswith("1 entry removed")
    assert left(other) == ""
    assert left(path) == "abcd"
    assert str(other) in shown(f"--journal '{other}'")
    assert say("shown.journal.none", path=tmp_path / "none") == shown(f"--journal {tmp_path}/none")
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("path")
def test_the_file_that_the_environment_names(shown, monkeypatch, tmp_path):
    monkeypatch.setenv("SPARK_JOURNAL", str(tmp_path / "mine"))
    assert shown() == say("shown.journal.none", path=tmp_path / "mine")


# clearing


@pytest.mark.parametrize(
    ("options", "kept", "count"),
    [
        ("", "", 4),
        ("--failed", "acd", 1),
        ("--before 2026-11-05", "d", 3),
        ("--before 2026-11-03", "abcd", 0),
        ("--failed --before 2026-11-05", "acd", 1),
        ("--failed --before 2026-11-03", "abcd", 0),
    ],
)
def test_clearing_removes_what_is_meant_and_says_how_many(shown, path, options, kept, count):
    size = _bytes(path.stat().st_size)
    key = "shown.journal.cleared.one" if count == 1 else "shown.journal.cleared"
    assert shown(f"--clear {options}") == say(key, count=count, size=size)
    assert left() == kept


def test_a_day_begins_at_midnight_of_this_computers_clock():
    assert _midnight(FIRST.date()).astimezone().time() == time()
    assert _midnight(FIRST.date()).astimezone().date() == FIRST.date()


def test_in_shanghai_a_day_begins_when_it_does_there(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    clock.tzset()
    try:
        assert _midnight(FIRST.date()) == datetime(2026, 11, 2, 16, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        clock.tzset()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--failed", say("usage.journal.clear", option="--failed")),
        ("--before 2026-11-05", say("usage.journal.clear", option="--before")),
        ("--json --clear", say("usage.journal.json")),
        ("--clear --before yesterday", say("usage.day", value="yesterday")),
        ("--clear all", say("usage.stray.journal", magic="%spark_journal")),
        ("--cler", "--clear"),
    ],
)
@pytest.mark.usefixtures("path")
def test_options_that_do_not_fit_are_refused_and_nothing_is_removed(cells, options, words):
    problem = cells.fails(f"%spark_journal {options}")
    assert isinstance(problem, UsageError)
    assert words in str(problem)
    assert left() == "abcd"


@given(st.dates(date(1970, 1, 1), date(9998, 12, 31)))
def test_every_day_since_1970_is_one(day):
    assert journal_parser().parse(["--before", str(day)]).before == day
    assert _midnight(day).date() == day


@given(st.text("0123456789-W: ", min_size=1, max_size=12) | st.sampled_from(["20261105", "2026-W10-1", "0001-01-01"]))
def test_what_is_no_such_day_is_refused(text):
    if re.fullmatch(r"(19[789]|[2-9]\d\d)\d-\d\d-\d\d", text) or text == "--":  # which older argparses take for none
        return
    with pytest.raises(UsageError, match="--before"):
        journal_parser().parse([f"--before={text}"])


# journals that cannot be read


def spoil(path, *statements):
    make_private(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path.read_bytes()


def test_clearing_sets_one_of_another_version_aside(cells, shown, path):
    content = spoil(path, "PRAGMA user_version = 99")
    assert isinstance(cells.fails("%spark_journal"), JournalUnusable)
    kept = path.with_name("journal.sqlite3.other-version-1")
    assert shown("--clear") == say("shown.journal.aside", path=path, kept=kept)
    assert kept.read_bytes() == content
    assert left() == ""
    assert shown().startswith(f"The journal {path}")


@pytest.mark.parametrize("content", [b"no database at all" * 300, b"x"])
def test_clearing_sets_a_damaged_one_aside(shown, path, content):
    path.write_bytes(content)
    shown("--clear")
    assert path.with_name("journal.sqlite3.damaged-1").read_bytes() == content
    assert not path.exists()


def test_damage_that_shows_late_is_set_aside_too(cells, shown, path):
    spoil(path, "DROP TABLE entries")
    assert isinstance(cells.fails("%spark_journal"), JournalUnusable)
    shown("--clear")
    assert path.with_name("journal.sqlite3.damaged-1").exists()


@pytest.mark.parametrize("options", ["--failed", "--before 2026-11-05"])
def test_only_clearing_all_of_it_sets_anything_aside(cells, path, options):
    content = spoil(path, "PRAGMA user_version = 99")
    assert isinstance(cells.fails(f"%spark_journal --clear {options}"), JournalUnusable)
    assert path.read_bytes() == content


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (a)", "PRAGMA application_id = 77"])
def test_another_applications_database_is_never_touched(cells, statement):
    make_private(default_file())
    content = spoil(default_file(), statement)
    problem = cells.fails("%spark_journal --clear")
    assert (type(problem), problem.key) == (JournalUnusable, "journal.foreign")
    assert default_file().read_bytes() == content
    assert [file.name for file in default_file().parent.iterdir()] == [default_file().name]


@pytest.mark.parametrize("named", ["option", "environment"])
def test_only_the_users_own_is_set_aside(cells, tmp_path, monkeypatch, named):
    other = tmp_path / "notes.txt"
    make_private(other)
    other.write_bytes(b"my notes")
    if named == "environment":
        monkeypatch.setenv("SPARK_JOURNAL", str(other))
    line = "%spark_journal --clear" + (f" --journal {other}" if named == "option" else "")
    assert isinstance(cells.fails(line), JournalUnusable)
    assert other.read_bytes() == b"my notes"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_one_that_others_can_read_is_refused_with_what_to_do(cells, path):
    path.chmod(0o644)
    problem = cells.fails("%spark_journal")
    assert isinstance(problem, ConfigurationError)
    assert "chmod" in str(problem) or "600" in str(problem)


# the size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (12_288, "12.3 kB"), (5_000_000, "5.0 MB"), (2.5e9, "2.5 GB"), (9e16, "90000.0 TB")],
)
def test_a_size_for_the_eye(size, text):
    assert _bytes(size) == text
