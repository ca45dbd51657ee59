"""`--cache`: an identical question costs nothing, any other is asked; only whole answers are kept."""

import json
import os
import signal
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from canaries import leaked
from cells import messages_of
from IPython.core.error import UsageError
from kernels import Kernel

import spark_magic
from spark_magic.errors import AnswerInvalid, JournalUnusable, Moderated, RateLimited, SparkError, SparkInterrupted
from spark_magic.events import Usage
from spark_magic.journal import Journal, journal_file
from spark_magic.magics import cached
from spark_magic.messages import say
from spark_magic.sandbox import Sandbox

HI = "sandbox: say hi there"
NOTHING = Usage(0, 0, 0)


def ask(cells, options="", text=HI):
    return cells.run(f"%%spark --cache {options}\n{text}")


def again(cells, options="", text=HI):
    """Ask in a conversation that has begun anew."""
    cells.run("%spark_reset --all")
    return ask(cells, options, text)


def entries():
    with Journal() as journal:
        return sum(total.entries for total in journal.totals())


def turns(cells):
    return [(turn.question, str(turn.answer)) for turn in cells.magics.state.conversation.turns]


def spent(cells):
    return len(cells.magics.state.ledger.records)


# what is answered from the journal


def test_an_identical_question_comes_back_at_no_cost_and_says_so(cells, box, capsys):
    first = ask(cells)
    assert (first.cached, len(box.requests), spent(cells)) == (False, 1, 1)
    capsys.readouterr()
    answer = again(cells)
    assert (len(box.requests), spent(cells)) == (1, 1)
    assert (answer, answer.cached, answer.usage, answer.sid) == (first, True, NOTHING, first.sid)
    assert (answer.model, answer.turn) == ("ultra", 1)
    shown = capsys.readouterr().out
    assert f"[ultra · {say('label.cached')}]" in shown
    assert "hi there" in shown


def test_the_turn_enters_the_conversation_as_any_other(cells, box):
    ask(cells)
    again(cells)
    assert turns(cells) == [(HI, "hi there")]
    cells.run("%spark and now?")
    assert messages_of(box.requests[-1]) == [("user", HI), ("assistant", "hi there"), ("user", "and now?")]


def test_a_whole_conversation_comes_back_after_a_restart(cells, box):
    """Each question is identical only with the turns before it."""
    for options in ("", "-n physics"):
        for _ in range(2):
            cells.run("%spark_reset --all")
            for text in ("sandbox: say a", "sandbox: say b", "sandbox: say a"):
                ask(cells, options, text)
        assert len(box.requests) == 3
    named = cells.magics.state.conversations["physics"]
    assert [str(turn.answer) for turn in named.turns] == ["a", "b", "a"]


@pytest.mark.parametrize(
    "options",
    ["-t 0.3", "-m x2", "-s 'Be brief.'", "--top-k 2", "--max-tokens 99", "--no-search", "-f text"],
)
def test_another_model_parameter_or_system_prompt_is_another_question(cells, box, options):
    ask(cells)
    assert not again(cells, options).cached
    assert again(cells, options).cached
    assert again(cells).cached
    assert len(box.requests) == 2


def test_other_turns_before_it_make_another_question(cells, box):
    ask(cells)
    assert not ask(cells).cached
    assert ask(cells, "--no-history").cached
    assert len(box.requests) == 2


def test_without_the_option_it_is_asked(cells, box):
    ask(cells)
    cells.run("%spark_reset")
    assert not cells.run(f"%spark {HI}").cached
    assert len(box.requests) == 2
    assert entries() == 1


def test_what_was_asked_without_it_is_not_kept(cells, box):
    cells.run(f"%spark {HI}")
    assert not journal_file().exists()
    assert not again(cells).cached
    assert len(box.requests) == 2


def test_on_one_line_and_in_a_plain_call_too(cells, box):
    ask(cells)
    cells.run("%spark_reset")
    assert cells.run(f"%spark --cache {HI}").cached
    cells.run("%spark_reset")
    assert spark_magic.ask(HI, cache=True).cached
    assert len(box.requests) == 1


def test_in_the_background_too(cells, box):
    assert not ask(cells, "--background").wait().cached
    answer = again(cells, "--background").wait()
    assert (answer, answer.cached, answer.usage) == ("hi there", True, NOTHING)
    assert (len(box.requests), spent(cells)) == (1, 1)


def test_of_several_models_each_has_its_own(cells, box, capsys):
    ask(cells, "-m x2")
    cells.run("%spark_reset")
    answers = ask(cells, "-m ultra,x2 --keep x2")
    assert {alias: answer.cached for alias, answer in answers.items()} == {"ultra": False, "x2": True}
    assert turns(cells) == [(HI, "hi there")]
    assert len(box.requests) == 2
    answers = again(cells, "-m ultra,x2")
    assert all(answer.cached for answer in answers.values())
    assert (len(box.requests), spent(cells)) == (2, 2)
    assert capsys.readouterr().out.count(say("label.cached")) == 3


def test_reasoning_and_sources_come_back(cells, box):
    text = "sandbox: think 3\nsandbox: references\nsandbox: say it"
    first, answer = ask(cells, "-m x2 --references", text), again(cells, "-m x2 --references", text)
    assert answer.cached
    assert first.reasoning
    assert first.references
    assert (answer.reasoning, answer.references) == (first.reasoning, first.references)
    assert len(box.requests) == 1


def test_a_picture_is_part_of_the_question(cells, box, tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name, size in (("a", 60), ("b", 70)):
        image.new("RGB", (size, size)).save(tmp_path / f"{name}.png")
    options = "-m image --image"
    assert not ask(cells, f"{options} {tmp_path}/a.png").cached
    assert again(cells, f"{options} {tmp_path}/a.png").cached
    assert not again(cells, f"{options} {tmp_path}/b.png").cached
    assert len(box.requests) == 2


def test_the_sandbox_is_the_same_model_at_its_next_port(cells):
    cells.run("%spark_config --model sandbox")
    assert not ask(cells).cached
    cells.magics.state.close()
    answer = again(cells)
    assert (answer, answer.cached) == ("hi there", True)


def test_what_another_run_has_put_there_is_used(cells, box):
    """A row of a table is a question outside any conversation."""
    ask(cells, "--no-history")
    with Journal() as journal:
        [total] = journal.totals()
    assert (total.model, total.entries, total.failures) == ("ultra", 1, 0)
    assert total.tokens > 0
    assert ask(cells).cached
    assert len(box.requests) == 1


# json


def test_json_from_the_journal_is_its_object(cells, box):
    text = 'sandbox: line {"a": 1}'
    ask(cells, "-f json", text)
    answer = again(cells, "-f json -o data", text)
    assert (answer.data, cells.names["data"], answer.cached) == ({"a": 1}, {"a": 1}, True)
    assert len(box.requests) == 1


STRICT = """
import pydantic
least = 0
class Price(pydantic.BaseModel):
    price: int
    @pydantic.field_validator("price")
    @classmethod
    def enough(cls, value):
        assert value >= least
        return value
"""


def test_json_is_checked_again_and_asked_anew_where_it_does_not_fit(cells, box):
    """A check in Python is not part of the question; its answer from the journal never fails the cell."""
    pytest.importorskip("pydantic")
    cells.run(STRICT)
    text = 'sandbox: line {"price": 5}'
    ask(cells, "--schema Price", text)
    assert again(cells, "--schema Price", text).cached
    cells.run("least = 6")
    cells.run("%spark_reset")
    problem = cells.fails(f"%%spark --cache --schema Price\n{text}")
    assert isinstance(problem, AnswerInvalid)
    assert len(box.requests) == 3  # the question anew, and once more with what was wrong
    assert messages_of(box.requests[1]) == messages_of(box.requests[0])


def test_the_answer_that_was_asked_for_once_more_is_the_one_that_is_kept(cells, box):
    text = 'sandbox: line no JSON\nsandbox: then {"a": 1}'
    first = ask(cells, "-f json", text)
    assert (first.data, len(box.requests)) == ({"a": 1}, 2)
    answer = again(cells, "-f json", text)
    assert (answer.data, answer.cached, len(box.requests)) == ({"a": 1}, True, 2)
    assert turns(cells)[0][1] == str(first)


# what is not kept


@pytest.mark.parametrize(
    ("options", "text", "problem"),
    [
        ("", "sandbox: error 11202", RateLimited),
        ("", "sandbox: error 10013 after 3", Moderated),
        ("", "sandbox: drop after 3", SparkError),
        ("-f json", "sandbox: line no JSON", AnswerInvalid),
    ],
)
def test_what_fails_is_not_kept(cells, box, options, text, problem):
    for _ in range(2):
        before = len(box.requests)
        assert isinstance(cells.fails(f"%%spark --cache --no-history {options}\n{text}"), problem)
        assert len(box.requests) > before
    assert entries() == 0


def test_what_moderation_warns_of_is_not_kept(cells, box):
    text = "sandbox: line well\nsandbox: error 10019 after 99"
    for _ in range(2):
        ask(cells, "", text)
    assert len(box.requests) == 2
    assert entries() == 0


def test_what_was_cut_or_empty_is_not_kept(cells, box):
    for options, text in (("--max-tokens 1", "sandbox: count 9"), ("", "sandbox: empty")):
        for _ in range(2):
            again(cells, options, text)
    assert len(box.requests) == 4
    assert entries() == 0


@pytest.mark.skipif(os.name != "posix", reason="os.kill interrupts on POSIX alone")
def test_what_the_user_stops_is_not_kept(cells, box):

    def stop():
        assert box.wait_until(lambda: box.requests)
        os.kill(os.getpid(), signal.SIGINT)

    stopping = threading.Thread(target=stop)
    stopping.start()
    assert isinstance(cells.fails("%%spark --cache\nsandbox: stall after 9"), SparkInterrupted)
    stopping.join()
    assert entries() == 0


@pytest.mark.skipif(os.name != "posix", reason="os.kill interrupts on POSIX alone")
def test_one_stopped_while_it_comes_from_the_journal_changes_nothing(cells, box, monkeypatch):
    ask(cells)
    cells.run("%spark_reset")
    stream = cached.JournalClient.stream

    def interrupted(self, messages):
        for event in stream(self, messages):
            yield event
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(cached.JournalClient, "stream", interrupted)
        assert isinstance(cells.fails(f"%%spark --cache\n{HI}"), SparkInterrupted)
    assert spent(cells) == 1
    assert (len(box.requests), entries()) == (1, 1)


def test_entries_that_are_no_whole_answers_are_asked(cells, box):
    """A batch keeps failures, too."""
    ask(cells)
    with Journal() as journal:
        [(key,)] = journal._database.rows("SELECT key FROM entries")
        whole = journal.get(key)
    wrong = [{"failure": RateLimited("service.11202", code=11202)}, {"cut": True}, {"moderated": True}, {"text": ""}]
    for count, change in enumerate(wrong, start=2):
        with Journal() as journal:
            journal.put([(key, replace(whole, **change))])
        assert not again(cells).cached
        assert len(box.requests) == count
        assert again(cells).cached  # the new one has its place


# with other options and magics


def test_a_dry_run_says_whether_it_would_be_asked(cells, box, capsys):
    cells.run(f"%%spark --cache --dry-run\n{HI}")
    assert say("note.cache.missed", model="ultra") in capsys.readouterr().out
    assert not journal_file().parent.exists()
    ask(cells)
    cells.run("%spark_reset")
    capsys.readouterr()
    cells.run(f"%%spark --cache --dry-run -m ultra,lite\n{HI}")
    shown = capsys.readouterr().out
    today = datetime.now(UTC).astimezone().date().isoformat()
    assert say("note.cache.found", model="ultra", day=today) in shown
    assert say("note.cache.missed", model="lite") in shown
    assert (len(box.requests), turns(cells)) == (1, [])


def test_asking_again_asks_and_has_the_new_answer_from_then_on(cells, box):
    text = "sandbox: count 3"
    ask(cells, "", text)
    answer = cells.run("%spark_retry")
    assert (answer.cached, len(box.requests), entries()) == (False, 2, 1)
    assert len(turns(cells)) == 1
    answer = cells.run("%spark_retry")
    assert (answer.cached, len(box.requests)) == (False, 3)
    with Journal() as journal:
        [(key,)] = journal._database.rows("SELECT key FROM entries")
        assert journal.get(key).sid == answer.sid
    assert again(cells, "", text).sid == answer.sid
    assert len(box.requests) == 3


def test_going_on_with_an_answer_is_no_question_of_its_own(cells, box):
    ask(cells, "--max-tokens 5", "sandbox: count 9")
    cells.run("%spark --continue")
    cells.run("%spark --continue")
    assert entries() == 0
    assert len(box.requests) == 3
    problem = cells.fails("%spark --continue --cache")
    assert isinstance(problem, UsageError)
    assert say("usage.cache.further") in str(problem)


@pytest.mark.usefixtures("box")
def test_saved_conversations_remember_what_came_from_the_journal(cells, tmp_path):
    ask(cells)
    again(cells)
    cells.run(f"%spark_history --export {tmp_path}/h.jsonl\n%spark_reset\n%spark_history --load {tmp_path}/h.jsonl")
    [turn] = cells.magics.state.conversation.turns
    assert (turn.answer.cached, turn.answer.usage) == (True, NOTHING)


@pytest.mark.usefixtures("box")
def test_the_estimate_of_tokens_learns_nothing_from_it(cells):
    ask(cells)
    factor = cells.magics.state.conversation.scale.factor
    ask(cells, "--no-history")
    assert cells.magics.state.conversation.scale.factor == factor


# a journal that cannot be used


def test_an_unusable_journal_is_said_before_anything_is_sent(cells, box, monkeypatch, tmp_path):
    bad = tmp_path / "bad"
    bad.write_bytes(b"no database at all" * 100)
    bad.chmod(0o600)
    monkeypatch.setenv("SPARK_JOURNAL", str(bad))
    problem = cells.fails(f"%%spark --cache\n{HI}")
    assert isinstance(problem, JournalUnusable)
    assert "SPARK_JOURNAL" in str(problem)
    assert box.requests == []
    assert cells.run(f"%spark {HI}") == "hi there"


@pytest.mark.usefixtures("box")
def test_an_answer_that_cannot_be_kept_is_still_given_with_a_note_below(cells, monkeypatch, capsys):
    def full(self, _):
        raise JournalUnusable("journal.full", path=self.path)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "put", full)
        answer = ask(cells)
    assert (answer, answer.turn) == ("hi there", 1)
    shown = capsys.readouterr().out
    note = say("note.cache.failed", problem=say("journal.full", path=journal_file()))
    assert shown.index("hi there") < shown.index(note)
    cells.run("%spark more")
    assert note not in capsys.readouterr().out


def test_no_secret_and_no_question_is_in_the_file(vendor, start):
    made = start().load()
    ask(made, "-s 'be brief and quiet'", "my own words\nsandbox: say hi there")
    with sqlite3.connect(journal_file()) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    content = b"".join(file.read_bytes() for file in journal_file().parent.iterdir())
    assert leaked(content) == set()
    assert leaked(dump) == set()
    assert b"hi there" in content
    assert b"my own words" not in content
    assert b"be brief" not in content
    assert len(vendor.requests) == 1


# in a real kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel whose questions go to a sandbox."""
    with Sandbox() as server:
        started = Kernel(tmp_path_factory.mktemp("kernel"), server)
        started.server = server
        yield started
        started.close()


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
def test_what_the_notebook_saves_says_that_it_cost_nothing(kernel, cell):
    text = f"%%spark --cache\nsandbox: say **hi** {cell}"
    kernel.run("%spark_reset")
    kernel.run(text, cell)
    count = len(kernel.server.requests)
    kernel.run("%spark_reset")
    run = kernel.run(text, cell)
    [(data, about)] = run.saved
    assert "<strong>hi</strong>" in data["text/html"]
    assert say("label.cached") in data["text/html"]
    told = about["spark_magic"]
    assert (told["cached"], told["usage"]["total_tokens"], told["outcome"]) == (True, 0, "complete")
    assert len(kernel.server.requests) == count
    assert json.loads(kernel.run("%spark_usage --json").text)[-1]["total_tokens"] > 0


def test_the_journal_outlives_the_kernel(kernel):
    kernel.run("%%spark --cache --no-history\nsandbox: say for ever")
    home = Path(kernel.value("__import__('os').environ['HOME']").strip("'"))
    kernel.manager.shutdown_kernel(now=True)  # killed
    other = Kernel(home, kernel.server)
    count = len(kernel.server.requests)
    try:
        run = other.run("%%spark --cache --no-history\nsandbox: say for ever")
    finally:
        other.close()
    assert say("label.cached") in run.saved[0][0]["text/html"]
    assert len(kernel.server.requests) == count
