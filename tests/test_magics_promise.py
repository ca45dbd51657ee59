"""What the user is told when a question is asked again, withdrawn, warned of, stopped or in the way of another."""

import signal
import threading

import pytest
from asking import client_of
from cells import messages_of

import spark_magic
from spark_magic.client import retry
from spark_magic.display.facts import Outcome
from spark_magic.errors import ConversationBusy, Moderated, ServiceBusy, SparkInterrupted
from spark_magic.magics.interrupt import interrupted_by
from spark_magic.magics.watch import outcome_of

BUSY_ONCE = "sandbox: error 10008\nsandbox: first 1\nsandbox: say hello"


def turns(cells):
    return cells.magics.state.conversation.turns


# asked again


def test_asking_again_is_told_in_a_line_and_remembered_once(cells, box, capsys):
    assert cells.run(f"%%spark\n{BUSY_ONCE}") == "hello"
    shown = capsys.readouterr().out
    assert shown.startswith("The service is short of capacity.")
    assert "Asking again in 1 s (1 of 2)." in shown
    assert shown.index("Asking again") < shown.index("hello")
    assert len(box.requests) == 2
    assert len(turns(cells)) == 1


def test_no_retries_when_they_are_switched_off(cells, box, capsys):
    cells.run("%spark_config --retries 0")
    assert isinstance(cells.fails(f"%%spark\n{BUSY_ONCE}"), ServiceBusy)
    assert "attempts" not in capsys.readouterr().out
    assert len(box.requests) == 1


def test_the_last_error_says_how_often_it_was_asked(cells, box, capsys):
    cells.fails("%spark sandbox: error 10008")
    assert "3 attempts" in capsys.readouterr().out
    assert turns(cells) == []
    assert len(box.requests) == 3


def test_an_interrupt_ends_a_pause_at_once(cells, box, capsys, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 60)
    interrupting(monkeypatch, "spark_magic.display.terminal.retrying")
    assert isinstance(cells.fails("%spark sandbox: error 10008"), SparkInterrupted)
    assert "Stopped" in capsys.readouterr().out
    assert len(box.requests) == 1


def interrupting(monkeypatch, place, times=1):
    """Let the function there be interrupted whenever it is called, so many times."""
    import importlib

    module, _, name = place.rpartition(".")
    whole = getattr(importlib.import_module(module), name)

    def signalled(*arguments):
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        return whole(*arguments)

    monkeypatch.setattr(place, signalled)


# moderation


def test_a_warning_keeps_the_answer_and_the_cell_goes_on(cells, box, capsys):
    answer = cells.run("%%spark -o kept\nsandbox: error 10019 after 99\nsandbox: say all of it")
    shown = capsys.readouterr().out
    assert answer == cells.names["kept"] == "all of it"
    for part in ("all of it", "Moderation warns", "warned by moderation", "not remembered"):
        assert part in shown
    assert turns(cells) == []
    cells.run("%spark sandbox: say next")
    assert len(messages_of(box.requests[-1])) == 1


def test_what_moderation_withdraws_is_neither_given_nor_remembered(cells, box, capsys):
    problem = cells.fails("%%spark -o kept\nsandbox: error 10014 after 3\nsandbox: say one two three four five")
    assert isinstance(problem, Moderated)
    assert "withdrawn" in capsys.readouterr().out
    assert "kept" not in cells.names
    assert turns(cells) == []
    assert len(box.requests) == 1


# a wrong clock


def test_a_wrong_clock_is_told_once_and_known_for_the_kernels_life(cells, box, capsys):
    box.clock_offset = 1200
    assert cells.run("%spark sandbox: say hi") == "hi"
    assert "20 min behind the server's: please set it" in capsys.readouterr().out
    cells.run("%reload_ext spark_magic")
    cells.run("%spark sandbox: say hi")
    assert "clock" not in capsys.readouterr().out
    assert box.handshakes == 3


# one question at a time


def test_a_question_from_another_thread_is_in_the_way(cells, box, capsys):
    """As a background turn would be."""
    conversation, began, go_on = cells.magics.state.conversation, threading.Event(), threading.Event()
    failures = []

    def ask():
        client = client_of(box)
        for event in conversation.ask(client, conversation.plan(client, "sandbox: count 3")):
            began.set()
            if not go_on.wait(30):
                failures.append(event)

    thread = threading.Thread(target=ask)
    thread.start()
    assert began.wait(30)
    assert isinstance(cells.fails("%spark hi"), ConversationBusy)
    assert "--no-history" in capsys.readouterr().out
    assert cells.run("%spark --no-history sandbox: say meanwhile") == "meanwhile"
    go_on.set()
    thread.join()
    assert cells.run("%spark sandbox: say after") == "after"
    assert failures == []
    assert len(turns(cells)) == 2


# interrupts


@pytest.mark.parametrize("way", ["%spark sandbox: say hi", "import spark_magic; spark_magic.ask('sandbox: say hi')"])
@pytest.mark.parametrize("place", ["spark_magic.magics.watch.open_view", "spark_magic.client.call.sign_url"])
def test_an_interrupt_before_the_first_words_stops_it(cells, box, monkeypatch, way, place):
    with monkeypatch.context() as patched:
        interrupting(patched, place)
        problem = cells.fails(way)
    assert isinstance(problem, SparkInterrupted)
    assert not problem.complete
    assert turns(cells) == []
    assert box.wait_until(lambda: box.open_connections == 0)
    assert spark_magic.ask("sandbox: say next") == "next"


def test_an_interrupt_after_the_last_frame_loses_nothing(cells, box, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        interrupting(patched, "spark_magic.display.terminal.footer")
        problem = cells.fails("%spark sandbox: say hi")
    assert problem.complete
    assert "nothing of it is lost" in capsys.readouterr().out
    assert [turn.answer for turn in turns(cells)] == ["hi"]
    assert len(box.requests) == 1


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    ("question", "remembered"), [("sandbox: say hi", 1), ("sandbox: error 10019 after 99\nsandbox: say hi", 0)]
)
def test_what_an_interrupt_says_of_the_answer_is_true_even_the_second_time(cells, monkeypatch, question, remembered):
    """Both come while the last line is drawn."""
    with monkeypatch.context() as patched:
        interrupting(patched, "spark_magic.display.terminal.footer", times=2)
        problem = cells.fails(f"%%spark\n{question}")
    assert isinstance(problem, SparkInterrupted)
    assert problem.complete is bool(remembered)
    assert len(turns(cells)) == remembered


def test_a_withdrawn_answer_is_told_as_such_whatever_was_pressed(cells, box, monkeypatch):
    with monkeypatch.context() as patched:
        interrupting(patched, "spark_magic.display.terminal.footer")
        assert isinstance(cells.fails("%%spark\nsandbox: error 10014 after 1\nsandbox: say hi there"), Moderated)
    assert len(box.requests) == 1


def test_a_refused_question_is_not_called_a_withdrawn_answer(cells, box):
    conversation = cells.magics.state.conversation
    exchange = conversation.ask(client_of(box), conversation.plan(client_of(box), "hi"))
    assert outcome_of(exchange, Moderated("service.10013", code=10013), stopped=False) is Outcome.FAILED


def test_threads_that_ask_the_sandbox_first_share_one(cells):
    state = cells.magics.state
    target = cells.magics.target("sandbox")
    barrier, ports = threading.Barrier(8), []

    def at_sandbox():
        barrier.wait()
        ports.append(state.at_sandbox(target.model)[0].url)

    threads = [threading.Thread(target=at_sandbox) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ports)) == 1
    assert sum(thread.name == "spark-sandbox" for thread in threading.enumerate()) == 1


def test_the_first_interrupt_stops_and_the_second_is_raised_where_it_comes():
    stops = []
    with interrupted_by(lambda: stops.append(1)) as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.came
        assert stops == [1]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_nothing_is_changed():
    handlers = []

    def inside():
        with interrupted_by(lambda: None):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
