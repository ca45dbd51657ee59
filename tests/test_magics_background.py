"""Questions in the background, in an IPython of this process: what the cell gives, and what becomes of it."""

import os
import signal
import threading

import pytest
from cells import messages_of

import spark_magic
from spark_magic.answer import Answer
from spark_magic.errors import (
    AnswerStopped,
    ConversationBusy,
    CredentialsMissing,
    Moderated,
    PromptTooLarge,
    QuotaExceeded,
    SparkInterrupted,
    StillAnswering,
    WaitInterrupted,
)
from spark_magic.magics import background
from spark_magic.magics.pending import PendingAnswer
from spark_magic.messages import use_language

HI = "sandbox: say hi there"
ENDLESS = "sandbox: stall after 9"  # the server would never go on
SO_FAR = "## Scripted answer\n\nThis text comes from the "


def begin(cells, text=HI, options=""):
    """Ask in the background; return the cell's value."""
    return cells.run(f"%%spark --background {options}\n{text}")


def begun(cells, box, options=""):
    """Return one that is being answered for ever, and has come some way."""
    pending = begin(cells, ENDLESS, options)
    assert box.wait_until(lambda: len(str(pending)) >= len(SO_FAR.strip()))
    return pending


def threads():
    """Name the threads that answer."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("spark-magic-background")]


# the cell, and what it gives


def test_the_cell_ends_while_the_answer_is_being_written(cells, box):
    pending = begun(cells, box)
    assert isinstance(pending, PendingAnswer)
    assert not pending.done
    assert cells.run("1 + 1") == 2
    assert str(pending).startswith("## Scripted answer")
    assert f"{pending:.6}" == "## Scr"
    assert cells.names["_3"] is pending or cells.run("_2") is pending
    pending.stop()


@pytest.mark.usefixtures("box")
def test_wait_returns_the_answer_which_is_remembered_like_any_other(cells):
    pending = begin(cells)
    answer = pending.wait()
    assert (type(answer), answer, answer.turn, answer.model) == (Answer, "hi there", 1, "ultra")
    assert pending.wait() is pending.wait(0) is answer
    assert pending.done
    assert [str(turn.answer) for turn in cells.magics.state.conversation.turns] == ["hi there"]


@pytest.mark.usefixtures("box")
def test_the_variable_holds_the_answer_itself_as_soon_as_it_is_complete(cells):
    for _ in range(20):  # now and then the answer is faster than the cell
        cells.run(f"%%spark --background -o later\n{HI}")
        answer = cells.names["later"].wait()
        assert cells.names["later"] is answer


def test_a_variable_that_was_given_another_value_meanwhile_keeps_it(cells, box):
    cells.run(f"%%spark --background -o later\nsandbox: delay 0.2\n{HI}")
    pending = cells.names["later"]
    cells.run("later = 'mine'")
    assert pending.wait() == "hi there"
    assert cells.names["later"] == "mine"
    assert box.handshakes == 1


@pytest.mark.usefixtures("box")
def test_an_answer_asked_for_as_json_has_its_object_in_data(cells):
    """The variable has `wait()` before and after the end, as with any other."""
    cells.run('%%spark --background -f json -o later\nsandbox: say {"price": 3}')
    assert cells.names["later"].wait().data == {"price": 3}
    assert cells.names["later"].wait().data == {"price": 3}


@pytest.mark.usefixtures("box")
def test_a_complete_answer_can_be_treated_as_one_that_is_being_written(cells):
    """Since a variable holds the one or the other."""
    answer = cells.run(f"%spark {HI}")
    answer.stop()
    assert answer.done
    assert answer.wait(0.1) is answer


@pytest.mark.usefixtures("box")
def test_the_line_form_and_the_plain_call_are_the_same(cells):
    one, two = cells.run(f"%spark --background {HI}"), None
    assert one.wait() == "hi there"
    two = spark_magic.ask(HI, background=True)
    assert isinstance(two, PendingAnswer)
    assert two.wait().turn == 2


def test_a_dry_run_is_a_dry_run(cells, box, capsys):
    assert begin(cells, options="--dry-run") is None
    assert "Not sent" in capsys.readouterr().out
    assert (box.handshakes, threads()) == (0, [])


@pytest.mark.usefixtures("box")
def test_nothing_is_printed_into_the_prompt_but_notes_at_the_start(cells, capsys):
    """A terminal: somebody is typing there."""
    pending = begin(cells, options="-m lite -s 'be brief'")
    started = capsys.readouterr().out
    assert started.startswith("lite has no system role")
    pending.wait()
    assert capsys.readouterr().out == ""


# what it says of itself


@pytest.mark.usefixtures("capsys")
def test_its_repr_says_how_far_it_is_and_what_to_do(cells, box):
    pending = begun(cells, box)
    assert repr(pending).startswith("<ultra is answering in the background: 0 s, ")
    assert f"{len(str(pending))} characters so far; .wait() returns the answer, .stop() ends it>" in repr(pending)
    use_language("zh")
    assert "正在后台回答" in repr(pending)
    use_language("en")
    pending.stop()
    with pytest.raises(AnswerStopped):
        pending.wait()
    assert repr(pending) == "<ultra did not answer in the background: AnswerStopped; .wait() says why>"
    complete = begin(cells)
    complete.wait()
    assert repr(complete) == "<ultra has answered in the background: 8 characters; .wait() returns the answer>"


# one question at a time


def test_a_second_question_of_the_conversation_is_refused_at_once(cells, box, capsys):
    pending = begun(cells, box)
    assert isinstance(cells.fails(f"%%spark --background -o second\n{HI}"), ConversationBusy)
    shown = capsys.readouterr().out
    assert all(way in shown for way in (".wait()", "--name", "--no-history"))
    assert "second" not in cells.names
    assert box.handshakes == 1
    assert threads() == [threads()[0]]
    pending.stop()


def test_other_conversations_and_questions_outside_of_any_are_answered_meanwhile(cells, box):
    pending = begun(cells, box)
    assert cells.run(f"%spark --name other {HI}").turn == 1
    assert cells.run(f"%spark --no-history {HI}").turn == 0
    assert begin(cells, options="--name third").wait().turn == 1
    assert not pending.done
    pending.stop()


@pytest.mark.usefixtures("box")
def test_answers_at_once_do_not_mix(cells):
    words = [f"word{number}" for number in range(8)]
    texts = [f"sandbox: delay 0.1\nsandbox: say {' '.join([word] * 50)}" for word in words]
    pending = [begin(cells, text, f"--name {word}") for word, text in zip(words, texts, strict=True)]
    assert [answer.wait() for answer in pending] == [" ".join([word] * 50) for word in words]


# stopping and failing


def test_stop_ends_it_and_nothing_is_remembered(cells, box):
    pending = begun(cells, box)
    pending.stop()
    with pytest.raises(AnswerStopped, match="stopped before it was complete"):
        pending.wait(5)
    assert pending.done
    assert str(pending).startswith("## Scripted answer")
    assert box.wait_until(lambda: box.open_connections == 0)
    assert cells.magics.state.conversation.turns == []
    assert cells.run(f"%spark {HI}") == "hi there"
    assert len(messages_of(box.requests[-1])) == 1


@pytest.mark.usefixtures("box")
def test_stop_after_the_end_changes_nothing(cells):
    pending = begin(cells)
    answer = pending.wait()
    pending.stop()
    assert pending.wait() is answer


@pytest.mark.parametrize(
    ("directive", "kind"),
    [("error 11200 after 9", QuotaExceeded), ("error 10013", Moderated), ("drop after 1", spark_magic.SparkError)],
)
@pytest.mark.usefixtures("box")
def test_what_goes_wrong_is_raised_by_wait_each_time(cells, directive, kind):
    cells.run(f"%%spark --background -o later\nsandbox: {directive}")
    for _ in range(2):
        failure = cells.fails("later.wait()")
        assert isinstance(failure, kind)
        assert failure.hint
    assert isinstance(cells.names["later"], PendingAnswer)
    assert cells.magics.state.conversation.turns == []


@pytest.mark.usefixtures("box")
def test_what_moderation_withdraws_is_not_to_be_had_any_more(cells):
    pending = begin(cells, "sandbox: error 10014 after 9")
    with pytest.raises(Moderated):
        pending.wait(30)
    assert str(pending) == ""


@pytest.mark.usefixtures("box")
def test_a_mistake_of_ours_is_raised_by_wait_and_leaves_nothing_behind(cells, monkeypatch):
    def broken(*_):
        message = "a mistake"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr("spark_magic.display.terminal.QuietView.take", broken)
        pending = begin(cells)
        with pytest.raises(RuntimeError, match="a mistake"):
            pending.wait(30)
    assert "RuntimeError" in repr(pending)
    assert not cells.magics.state.pending


def test_what_is_wrong_before_anything_is_sent_fails_the_cell(cells, box, monkeypatch):
    assert "--backgroun" in str(cells.fails("%spark --backgroun hi"))
    assert isinstance(begin_fails(cells, "word " * 40_000), PromptTooLarge)
    monkeypatch.delenv("SPARK_API_KEY")
    assert isinstance(begin_fails(cells, "hi"), CredentialsMissing)
    assert (box.handshakes, threads(), cells.magics.state.pending) == (0, [], set())


def begin_fails(cells, text):
    return cells.fails(f"%%spark --background -o later\n{text}")


def test_without_a_thread_the_cell_fails_and_the_conversation_goes_on(cells, box, monkeypatch):
    def none_left(*_):
        message = "can't start new thread"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(background, "in_thread", none_left)
        assert isinstance(begin_fails(cells, HI), RuntimeError)
    assert cells.run(f"%spark {HI}").turn == 1
    assert box.handshakes == 1


# waiting


def test_waiting_has_an_end_when_it_is_told_so(cells, box):
    pending = begun(cells, box)
    with pytest.raises(TimeoutError) as caught:
        pending.wait(0.05)
    assert isinstance(caught.value, StillAnswering)
    assert "0.05 s" in str(caught.value)
    assert not pending.done
    pending.stop()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such timer here")
def test_an_interrupt_ends_the_waiting_alone(cells, box):
    cells.names["pending"] = begun(cells, box)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    failure = cells.fails("pending.wait()")
    assert isinstance(failure, WaitInterrupted)
    assert "goes on in the background" in str(failure)
    assert isinstance(cells.fails("pending.wait(0.5)"), StillAnswering)
    cells.names["pending"].stop()


def test_an_interrupt_while_it_begins_stops_it(cells, box, monkeypatch):
    whole = background.open_view

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return whole(*arguments)

    monkeypatch.setattr(background, "open_view", interrupted)
    assert isinstance(cells.fails(f"%spark --background {ENDLESS}"), SparkInterrupted)
    assert box.wait_until(lambda: not cells.magics.state.pending and box.open_connections == 0)
    assert cells.run(f"%spark {HI}").turn == 1


# the end of it all


def test_unloading_stops_what_is_being_answered(cells, box):
    pending = [begun(cells, box), begun(cells, box, "--name other")]
    state = cells.magics.state
    cells.run("%unload_ext spark_magic")
    assert all(one.done for one in pending)
    assert not state.pending
    assert box.wait_until(lambda: box.open_connections == 0 and not threads())
    with pytest.raises(AnswerStopped):
        pending[0].wait()


def test_nothing_is_kept_of_answers_that_have_ended(cells, box):
    for directive in ("say one", "error 11200", "drop after 3", "say two", "raw junk"):
        pending = begin(cells, f"sandbox: {directive}")
        assert box.wait_until(lambda pending=pending: pending.done)
    assert box.wait_until(lambda: not threads() and box.open_connections == 0)
    assert not cells.magics.state.pending


def test_a_reset_meanwhile_is_not_undone_by_the_answer(cells, box):
    pending = begin(cells, "sandbox: delay 0.3\nsandbox: say late")
    assert box.wait_until(lambda: box.requests)
    cells.run("%spark_reset")
    assert pending.wait().turn == 0
    assert cells.magics.state.conversation.turns == []


@pytest.mark.usefixtures("box")
def test_what_it_has_cost_is_written_down(cells):
    begin(cells).wait()
    assert cells.magics.state.ledger.total.questions == 1


@pytest.mark.parametrize("line", ["%spark other", "%spark -m ultra,lite --keep lite other"])
def test_a_question_that_is_refused_meanwhile_is_not_the_last_one(cells, box, line):
    """There are words to go on with, once it is stopped."""
    pending = begun(cells, box)
    assert isinstance(cells.fails(line), ConversationBusy)
    pending.stop()
    with pytest.raises(AnswerStopped):
        pending.wait()
    assert cells.run("%spark --continue sandbox: say rest").wait().startswith(SO_FAR.strip())
