"""The promise on a real kernel: asked again, withdrawn, warned of, interrupted anywhere, nothing is left half done."""

import os
import random
import signal
import threading
from pathlib import Path

import pytest
from kernels import Kernel, Run, has

from spark_magic.sandbox import Sandbox

BUSY_ONCE = "%%spark\nsandbox: error 10008\nsandbox: first 1\nsandbox: say hello {}"
SAY = "sandbox: say one two three four five six"
VIEWS = pytest.mark.parametrize("cell", ["a-cell", ""], ids=["live", "updating"])
STATE = "get_ipython()._spark_magic_state"
TURNS = f"[str(turn.answer) for turn in {STATE}.conversation.turns]"


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def warm_kernel(server, tmp_path_factory):
    """One kernel for all tests."""
    started = Kernel(tmp_path_factory.mktemp("kernel"), server)
    yield started
    started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing remembered."""
    warm_kernel.run("%spark_reset")
    return warm_kernel


# what the user sees


def test_a_pause_is_visible_in_the_status_line(kernel):
    run = kernel.run(BUSY_ONCE.format("live"), "a-cell")
    statuses = [m for m in run.of("comm_msg") if has("Asking again in 1 s (1 of 2)")(m)]
    assert statuses
    assert has("The service is short of capacity")(statuses[0])
    assert run.text == "hello live"


@VIEWS
def test_a_withdrawn_answer_is_not_to_be_seen_any_more(kernel, cell):
    run = kernel.run(
        "%%spark\nsandbox: delay 0.1\nsandbox: error 10014 after 60\nsandbox: count 90 rate 60", cell, fails=True
    )
    [(bundle, about)] = run.saved
    assert "scripted paragraph" not in str(bundle)
    assert "withdrawn by moderation" in bundle["text/html"]
    assert about["spark_magic"]["outcome"] == "withdrawn"
    assert run.error[0] == "Moderated"
    assert kernel.value(TURNS) == []


@VIEWS
def test_a_warning_keeps_the_answer_and_is_saved_with_it(kernel, cell):
    run = kernel.run(f"%%spark\nsandbox: error 10019 after 99\n{SAY}", cell)
    [(bundle, about)] = run.saved
    assert "one two three four five six" in bundle["text/html"]
    assert "Moderation warns" in bundle["text/html"]
    assert "warned by moderation" in bundle["text/plain"]
    assert about["spark_magic"]["outcome"] == "flagged"
    assert kernel.value(TURNS) == []
    assert kernel.value("str(_)") == "one two three four five six"


@VIEWS
def test_a_wrong_clock_is_told_in_the_saved_output(kernel, server, cell):
    server.clock_offset += 1800
    [(bundle, _)] = kernel.run(f"%%spark\n{SAY}", cell).saved
    assert "min behind the server" in bundle["text/html"]
    [(bundle, _)] = kernel.run(f"%%spark\n{SAY}", cell).saved
    assert "min behind the server" not in bundle["text/html"]


# stopped anywhere


@pytest.fixture(scope="module")
def lines(warm_kernel):
    """The lines of ours that a question runs through."""
    folder = str(Path(__file__).parent)
    warm_kernel.run(f"import sys; sys.path.insert(0, {folder!r}); import interruptions")
    warm_kernel.run("lines = interruptions.lines_of_a_question(get_ipython())", "a-cell")
    count = warm_kernel.value("len(lines)")
    assert count > 600
    return count


def complaints(kernel, part, cell):
    kernel.run(f"found = interruptions.complaints(get_ipython(), lines[{part}])", cell)
    return kernel.value("[str(complaint) for complaint in found]")


@pytest.mark.usefixtures("lines")
def test_an_interrupt_at_every_twentieth_line_leaves_nothing_half_done(kernel):
    """The conversation, sockets, threads, widgets, the handler of interrupts; and the next question works."""
    assert complaints(kernel, "::20", "another-cell") == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", range(1, 20))
@pytest.mark.usefixtures("lines")
def test_an_interrupt_at_every_other_line_leaves_nothing_half_done(kernel, start):
    assert complaints(kernel, f"{start}::20", "another-cell") == []


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(
    ("place", "broken", "noticed"),
    [
        ("transport.Connection.close", "lambda self: kept.append(self._socket)", "left open"),
        ("display.live.LiveView.finish", "lambda *_: None", "left open"),
        (
            "conversation.Exchange._take",
            "lambda self, event: (self._whole(self.so_far()), whole(self, event))",
            "remembered are",
        ),
        ("magics.watch.SparkInterrupted", "lambda complete: RuntimeError()", "raised"),
    ],
)
def test_what_is_left_half_done_is_noticed(kernel, place, broken, noticed):
    """The proof of the proof."""
    owner, name = f"spark_magic.{place}".rsplit(".", 1)
    kernel.run(f"import spark_magic.display.live, spark_magic.magics.watch; kept, whole = [], {owner}.{name}")
    kernel.run(f"{owner}.{name} = {broken}")
    found = complaints(kernel, "600:1100:40", "another-cell")
    kernel.run(f"{owner}.{name} = whole; [socket.close() for socket in kept if socket]")
    assert any(noticed in complaint for complaint in found)


@VIEWS
def test_interrupts_at_random_moments_leave_nothing_half_done(kernel, server, cell):
    """From outside, as Stop sends them, while the answer comes: one that comes later is ipykernel's to handle."""
    chance = random.Random(20261123)  # noqa: S311  # moments, no secrets
    process = kernel.value("__import__('os').getpid()")
    whole = " ".join(["word"] * 60)
    kernel.run("before = interruptions.Subject(get_ipython()).held()", cell)
    turns = 0
    for _ in range(12):
        run = Run()
        question = f"%%spark\nsandbox: delay {chance.uniform(0, 0.1):.3f}\nsandbox: say {whole}"
        request = kernel.start(question, cell and f"cell-{turns}")
        timer = threading.Timer(chance.uniform(0.0, 0.4), os.kill, (process, signal.SIGINT))
        for message in kernel.watch(request, run):
            if message["msg_type"] == "execute_input":
                timer.start()
        timer.join()
        kernel.replied(request, run)
        answers = kernel.value(TURNS)
        assert set(answers) <= {whole}
        assert len(answers) in (turns, turns + 1)
        if run.reply["status"] == "error":
            assert run.error[0] in ("SparkInterrupted", "KeyboardInterrupt")
        else:
            assert len(answers) == turns + 1
        turns = len(answers)
    assert server.wait_until(lambda: server.open_connections == 0)
    kernel.run("after = interruptions.Subject(get_ipython()).held()", cell)
    assert kernel.value("before == after")
    assert kernel.run("%spark sandbox: say next", cell).text == "next"


# one question at a time


def test_a_cell_in_the_way_of_a_background_turn_is_told_so(kernel):
    kernel.run(
        "import threading\nfrom spark_magic import Client\n"
        f"conversation, magics = {STATE}.conversation, {STATE}.magics\n"
        "client, began, go_on = Client(magics), threading.Event(), threading.Event()\n"
        "def ask():\n"
        "    for _ in conversation.ask(client, conversation.plan(client, 'sandbox: say from behind')):\n"
        "        began.set(); go_on.wait(30)\n"
        "thread = threading.Thread(target=ask); thread.start(); began.wait(30)"
    )
    refused = kernel.run("%spark hi", "a-cell", fails=True)
    kernel.run("go_on.set(); thread.join()")
    assert refused.error[0] == "ConversationBusy"
    assert "--no-history" in str(refused.error[1])
    assert kernel.value(TURNS) == ["from behind"]
