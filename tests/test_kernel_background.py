"""Answers in the background of a real kernel, as a frontend sees them. Runs on the oldest supported libraries, too."""

import time
from pathlib import Path

import pytest
from kernels import Kernel, Notebook, has

from spark_magic.sandbox import Sandbox

EITHER_VIEW = pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "get_ipython()._spark_magic_state"
TURNS = f"[str(turn.answer) for turn in {STATE}.conversation.turns]"
ENDLESS = "%%spark --background -o later\nsandbox: stall after 9"  # the server would never go on
LONG = "%%spark --background -o later\nsandbox: count 5000 rate 30"
SO_FAR = "## Scripted answer"
PATIENCE = 30.0  # seconds


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def warm_kernel(server, tmp_path_factory):
    """One kernel for all tests."""
    started = Kernel(tmp_path_factory.mktemp("kernel"), server)
    folder = str(Path(__file__).parent)
    started.run(f"import sys, time; sys.path.insert(0, {folder!r}); import interruptions")
    yield started
    started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing remembered and nothing under way."""
    yield warm_kernel
    warm_kernel.run(f"{STATE}.stop_pending()")
    warm_kernel.run("%spark_reset")


def display_of(run):
    """Return the id under which a cell shows its answer."""
    return run.contents("display_data")[0]["transient"]["display_id"]


def saved(kernel, display):
    """Return what a frontend would save of a display: the bundle and its metadata, whichever cell ran meanwhile."""
    newest = [
        message["content"]
        for message in kernel.log
        if message["content"].get("transient", {}).get("display_id") == display
    ][-1]
    return newest["data"], newest["metadata"].get("spark_magic")


def until(kernel, server, condition):
    """Run cells until a condition holds."""
    assert server.wait_until(lambda: bool(kernel.value(condition)), PATIENCE), condition


# streaming


@EITHER_VIEW
def test_the_cell_ends_at_once_and_the_words_arrive_while_others_run(kernel, cell):
    """Several updates, each longer than the one before, all within one other cell, which prints into its own output."""
    first = kernel.run(LONG, cell)
    assert first.reply["status"] == "ok"
    assert not first.of("execute_result", "stream")
    waiting = "while len(str(later)) < 700: time.sleep(0.05)\nprint('mine')"
    run = kernel.finish(kernel.start(waiting, "another-cell"))
    grown = filter(has("Section 1"), run.of("comm_msg", "update_display_data"))
    sizes = [len(str(message["content"])) for message in grown]
    assert [content["text"] for content in run.contents("stream")] == ["mine\n"]
    assert not run.of("display_data", "execute_result")
    assert len(sizes) >= 3
    assert sizes[0] < sizes[1] < sizes[2]


@EITHER_VIEW
def test_the_final_form_takes_the_place_of_the_view_and_no_widget_is_left(kernel, cell):
    first = kernel.run("%%spark --background -o later\nsandbox: say **bold**", cell)
    kernel.run("assert later.wait() is later and later.turn == 1")
    bundle, about = saved(kernel, display_of(first))
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == "**bold**"
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert (about["outcome"], about["turn"]) == ("complete", 1)
    opened, closed = (
        {m["content"]["comm_id"] for m in kernel.log if m["msg_type"] == kind} for kind in ("comm_open", "comm_close")
    )
    assert opened == closed
    assert kernel.run("later").text == "**bold**"


def test_the_cells_value_is_there_and_not_shown_under_the_answer(kernel):
    run = kernel.run(ENDLESS, "a-cell")
    assert not run.of("execute_result")
    count = run.reply["execution_count"]
    assert kernel.value(f"[type(_).__name__, _ is Out[{count}] is later]") == ["PendingAnswer", True]
    assert kernel.run("later").text.startswith("<ultra is answering in the background")


@EITHER_VIEW
def test_answers_at_once_stream_into_their_own_outputs(kernel, cell):
    displays = {}
    for word in ("one", "two", "three"):
        text = f"sandbox: delay 0.2\nsandbox: say {' '.join([word] * 60)}"
        run = kernel.run(f"%%spark --background -o {word} --name {word}\n{text}", cell and f"{cell}-{word}")
        displays[word] = display_of(run)
    kernel.run("one.wait(), two.wait(), three.wait()")
    for word, display in displays.items():
        assert saved(kernel, display)[0]["text/plain"] == " ".join([word] * 60)


# stopping


@EITHER_VIEW
def test_an_interrupt_of_another_cell_does_not_touch_it(kernel, server, cell):
    first = kernel.run(ENDLESS, cell)
    until(kernel, server, f"{SO_FAR!r} in str(later)")
    sleeping = "print('go'); time.sleep(60)"  # what it prints is sent by then: the request itself would be too early
    stopped, _ = kernel.stopped_at(sleeping, "another-cell", lambda message: message["msg_type"] == "stream")
    assert stopped.error[0] == "KeyboardInterrupt"
    kernel.run("import os, signal; signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))")
    waiting = kernel.run("signal.setitimer(signal.ITIMER_REAL, 0.3); later.wait()", "another-cell", fails=True)
    assert waiting.error[0] == "WaitInterrupted"
    assert kernel.value("later.done") is False
    assert saved(kernel, display_of(first))[1] is None or saved(kernel, display_of(first))[1]["outcome"] == "answering"


def test_its_stop_button_stops_it_and_nothing_else(kernel, server):
    """An ordinary button: a click is a message to it, which waits until no cell runs."""
    first = kernel.run(ENDLESS, "a-cell")
    until(kernel, server, f"{SO_FAR!r} in str(later)")
    [button] = [c for c in first.contents("comm_open") if c["data"]["state"].get("_model_name") == "ButtonModel"]
    assert button["data"]["state"]["description"] == "Stop"
    click = {"comm_id": button["comm_id"], "data": {"method": "custom", "content": {"event": "click"}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", click))
    kernel.run(f"assert later.done or not time.sleep(1)\nwhile {STATE}.pending: time.sleep(0.01)")
    assert server.wait_until(lambda: server.open_connections == 0)
    bundle, about = saved(kernel, display_of(first))
    assert bundle["text/plain"].startswith(SO_FAR)
    assert bundle["text/plain"].endswith("[stopped]")
    assert about["outcome"] == "stopped"
    assert kernel.run("later.wait()", fails=True).error[0] == "AnswerStopped"
    assert kernel.value(TURNS) == []


@EITHER_VIEW
def test_unloading_stops_it_and_leaves_no_thread_socket_or_widget(kernel, server, cell):
    kernel.run("before = interruptions.Subject(get_ipython()).held()", "counting")
    first = kernel.run(ENDLESS, cell)
    until(kernel, server, f"{SO_FAR!r} in str(later)")
    kernel.run("%unload_ext spark_magic")
    assert saved(kernel, display_of(first))[1]["outcome"] == "stopped"
    assert server.wait_until(lambda: server.open_connections == 0)
    kernel.run("%load_ext spark_magic")
    until_flat(kernel, server)


def until_flat(kernel, server):
    """Wait until the kernel holds what it held before."""

    def flat():
        kernel.run("after = interruptions.Subject(get_ipython()).held()", "counting")
        return kernel.value("before == after")

    assert server.wait_until(flat, PATIENCE), kernel.value("str((before, after))")


def test_a_kernel_ends_at_once_though_an_answer_is_under_way(tmp_path, server):
    kernel = Kernel(tmp_path, server)
    kernel.run(LONG, "a-cell")
    began = time.monotonic()
    kernel.client.shutdown()
    kernel.manager.finish_shutdown(waittime=PATIENCE)
    assert time.monotonic() - began < 5
    assert server.wait_until(lambda: server.open_connections == 0)
    kernel.close()


# failing


@EITHER_VIEW
@pytest.mark.parametrize(("directive", "partial"), [("error 11200 after 9", SO_FAR), ("error 11200", "")])
def test_an_error_is_told_in_place_and_raised_by_wait(kernel, cell, directive, partial):
    first = kernel.run(f"%%spark --background -o later\nsandbox: {directive}", cell)
    name, lines = kernel.run("later.wait()", "another-cell", fails=True).error
    assert name == "QuotaExceeded"
    bundle, about = saved(kernel, display_of(first))
    assert about["outcome"] == "failed"
    assert bundle["text/plain"].startswith(partial)
    assert "[incomplete]" in bundle["text/plain"]
    assert [line.strip() for line in lines] == bundle["text/plain"].split("\n")[-3:]
    for text in bundle.values():
        assert "QuotaExceeded: No licence for this model" in text
        assert "code 11200 · sid" in text
    assert kernel.value(TURNS) == []


@EITHER_VIEW
def test_what_moderation_withdraws_is_gone_and_the_reason_is_there(kernel, cell):
    first = kernel.run("%%spark --background -o later\nsandbox: error 10014 after 9", cell)
    kernel.run("later.wait()", fails=True)
    bundle, about = saved(kernel, display_of(first))
    assert about["outcome"] == "withdrawn"
    assert "Scripted answer" not in str(bundle)
    assert "Moderated" in bundle["text/html"]


@EITHER_VIEW
def test_a_mistake_of_ours_does_not_vanish(kernel, cell):
    """It is shown like any error, as text and not as HTML, with what to do; and raised by `wait()`."""
    kernel.run(
        "from spark_magic.conversation import Exchange\n"
        "whole = Exchange._take\n"
        "def broken(*_): raise RuntimeError('<img src=x onerror=alert(1)>')\n"
        "Exchange._take = broken"
    )
    first = kernel.run("%%spark --background -o later\nsandbox: say hi", cell)
    assert kernel.run("later.wait()", fails=True).error[0] == "RuntimeError"
    kernel.run("Exchange._take = whole")
    bundle, _ = saved(kernel, display_of(first))
    assert "RuntimeError: &lt;img src=x onerror=alert(1)&gt;" in bundle["text/html"]
    assert "<img" not in bundle["text/html"]
    assert "This is a mistake in spark_magic" in bundle["text/plain"]
    assert kernel.run("%spark sandbox: say next").text == "next"


@EITHER_VIEW
def test_an_answer_that_was_forgotten_meanwhile_says_so(kernel, cell):
    first = kernel.run("%%spark --background -o later\nsandbox: delay 0.5\nsandbox: say late", cell)
    kernel.run("%spark_reset")
    kernel.run("later = later.wait()")
    bundle, _ = saved(kernel, display_of(first))
    assert "not remembered" in bundle["text/html"]
    assert kernel.value(TURNS) == []


# leaks


@EITHER_VIEW
def test_many_answers_leave_nothing_behind(kernel, server, cell):
    """Good ones, failed ones and stopped ones: no thread, socket, widget or comm."""
    faults = ("say one", "error 11200 after 3", "drop after 2", "stall after 1", "raw junk", "say two")
    kernel.run("%spark sandbox: say warm", cell)
    kernel.run("before = interruptions.Subject(get_ipython()).held()", "counting")
    for number in range(24):
        fault = faults[number % len(faults)]
        kernel.run(f"%%spark --background -o later\nsandbox: {fault}", cell and f"{cell}-{number}")
        kernel.run("later.stop()" if "stall" in fault else "time.sleep(0)")
        kernel.run(f"while {STATE}.pending: time.sleep(0.005)")
    assert server.wait_until(lambda: server.open_connections == 0)
    until_flat(kernel, server)


@EITHER_VIEW
def test_an_interrupt_at_every_line_of_its_beginning_leaves_nothing_half_done(kernel, server, cell):
    """Each cell is interrupted at another line of ours; then its answer is stopped, or whole, and all is put away."""
    kernel.run(
        "subject = interruptions.Subject(get_ipython())\n"
        "def begin(tracer):\n"
        "    with tracer.tracing():\n"
        "        return get_ipython().run_cell_magic('spark', '--background', 'sandbox: say one two')\n"
        "def settled():\n"
        f"    while {STATE}.pending: time.sleep(0.002)\n"
        "begin(interruptions.Tracer()).wait(); tracer = interruptions.Tracer(); begin(tracer).wait()\n"
        "lines, wrong = list(tracer.lines), []\n"
        "for line in lines[::3]:\n"
        "    settled(); turns, tracer = len(subject.turns), interruptions.Tracer(line)\n"
        "    try: begin(tracer); raised = False\n"
        "    except KeyboardInterrupt: raised = True\n"
        "    settled()\n"
        "    if tracer.fired and not raised: wrong.append((line, 'lost'))\n"
        "    if any(str(turn.answer) != 'one two' for turn in subject.turns[turns:]): wrong.append((line, 'half'))\n"
        "    if len(subject.turns) > turns + 1: wrong.append((line, 'twice'))\n"
        "time.sleep(0)",
        cell,
    )
    assert kernel.value("len(lines)") > 200
    assert kernel.value("[str(one) for one in wrong]") == []
    assert server.wait_until(lambda: server.open_connections == 0)
    kernel.run("settled(); before = interruptions.Subject(get_ipython()).held()", "counting")
    kernel.run("%spark sandbox: say next", cell)
    until_flat(kernel, server)
    assert kernel.value("before[3] is __import__('signal').getsignal(2)")
    assert kernel.value("before[2]") == []


# nbclient


NOTED = """\
%load_ext spark_magic
from spark_magic.magics.pending import PendingAnswer
whole = PendingAnswer.__setattr__
def noted(self, name, value):
    whole(self, name, value)
    if name == "future":
        value.add_done_callback(lambda _: open({!r}, "w").close())
PendingAnswer.__setattr__ = noted"""


@pytest.mark.parametrize("between", [False, True], ids=["in a cell", "between two"])
def test_the_saved_notebook_holds_the_whole_answer_in_the_cell_that_asked(tmp_path, server, between):
    """Run All on a server listens to the cell that runs, and to nothing between two: what ends there is shown again."""
    done = tmp_path / "done"
    text = "sandbox: delay 0.5\nsandbox: oneframe" if between else "sandbox: count 40 rate 60"
    asking, waiting = f"%%spark --background -o later\n{text}", "answer = later.wait()\nprint(answer)"
    book = Notebook(tmp_path, server, NOTED.format(str(done)), asking, "6 * 7", waiting)

    def after(cell, cell_index, execute_reply):  # noqa: ARG001  # nbclient gives them by name
        assert cell_index != 1 or not between or server.wait_until(done.exists, PATIENCE)

    book.client.on_cell_executed = after
    run = book.run()
    [output], [printed] = run.cells[1].outputs, run.cells[3].outputs
    assert output.metadata.spark_magic.outcome == "complete"
    assert output.data["text/plain"].strip() == printed.text.strip()
    assert run.cells[2].outputs[0].data["text/plain"] == "42"
