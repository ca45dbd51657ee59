"""Several models in a real kernel, through jupyter_client and nbclient. Runs on the oldest supported libraries, too."""

import re
from pathlib import Path

import pytest
from cells import all_models_at
from kernels import Kernel, Notebook, has

from spark_magic.sandbox import Sandbox

EITHER_VIEW = pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
WIDGET = "application/vnd.jupyter.widget-view+json"
THREE = ["ultra", "x2", "lite"]
STATE = "get_ipython()._spark_magic_state"
TURNS = f"[str(turn.answer) for turn in {STATE}.conversation.turns]"
THREADS = "[t.name for t in __import__('threading').enumerate() if t.name.startswith('spark-magic-compared')]"
# A question to two models, one of which is remembered, in the place of the one that `interruptions` asks.
COMPARING = """\
import sys; sys.path.insert(0, {folder!r})
import threading, interruptions
class Comparing(interruptions.Subject):
    def ask(self, question=interruptions.QUESTION):
        self._asked += 1
        text = f"question {{self._asked}}\\n{{question}}"
        return self._shell.run_cell_magic("spark", "-m ultra,x2 --keep x2", text)["x2"]
    def held(self):
        for thread in threading.enumerate():
            if thread.name.startswith("spark-magic-compared"):
                thread.join(10)
        return super().held()
interruptions.Subject = Comparing"""


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def home(server, tmp_path_factory):
    """A home whose config.toml has the whole catalogue at the sandbox."""
    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        all_models_at(server)
    return folder


@pytest.fixture(scope="module")
def warm_kernel(server, home):
    """One kernel for all tests."""
    started = Kernel(home, server)
    yield started
    started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing remembered."""
    warm_kernel.run("%spark_reset")
    return warm_kernel


def asked(server, count):
    """Return the texts of each of the last requests, in no order."""
    requests = [request["payload"]["message"]["text"] for request in server.requests[-count:]]
    return [[message["content"] for message in messages] for messages in requests]


@EITHER_VIEW
def test_the_answers_end_as_one_static_output_and_the_value_is_not_shown_again(kernel, server, cell):
    before = len(server.requests)
    run = kernel.run("%%spark -m ultra,x2,lite -o res\nsandbox: say **bold**", cell)
    [(bundle, about)] = run.saved
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/html"].count("<strong>bold</strong>") == 3
    assert [one["model"] for one in about["spark_magic"]["compared"]] == THREE
    assert (
        re.findall(r"^(\w+) · [\d.]+ s · \d+ \+ \d+ tokens · not remembered$", bundle["text/plain"], re.MULTILINE)
        == THREE
    )
    assert not run.of("execute_result", "stream", "error")
    assert kernel.value("[list(res), res is _, set(res.values())]") == [THREE, True, {"**bold**"}]
    assert len(server.requests) - before == 3
    opened, closed = ([c["comm_id"] for c in run.contents(kind)] for kind in ("comm_open", "comm_close"))
    assert sorted(opened) == sorted(closed)
    assert bool(opened) is bool(cell)
    assert kernel.value(TURNS) == []
    assert server.wait_until(lambda: server.open_connections == 0)


def test_two_columns_grow_before_either_is_complete(kernel):
    """Each has an update longer than the one before, while all the others have most of theirs yet to come."""
    sizes = {}

    def both_grown(message):
        content = message["content"]
        value = content["data"].get("state", {}).get("value", "") if message["msg_type"] == "comm_msg" else ""
        if "Section 1" in value:
            sizes.setdefault(content["comm_id"], []).append(len(value))
        return sum(len(set(lengths)) >= 2 for lengths in sizes.values()) >= 2

    run, seconds = kernel.stopped_at("%%spark -m ultra,lite\nsandbox: count 5000 rate 30", "a-cell", both_grown)
    assert run.error[0] == "SparkInterrupted"
    assert seconds < 3


@EITHER_VIEW
def test_an_interrupt_stops_all_and_keeps_what_came(kernel, server, cell):
    run, seconds = kernel.stopped_at("%%spark -m ultra,x2,lite\nsandbox: stall after 9", cell, has("Scripted answer"))
    assert seconds < 3  # the servers would be silent for ever
    assert run.error[0] == "SparkInterrupted"
    [(bundle, about)] = run.saved
    assert bundle["text/plain"].count("stopped · not remembered") == 3
    assert "## Scripted answer" in bundle["text/plain"]
    assert [one["outcome"] for one in about["spark_magic"]["compared"]] == ["stopped"] * 3
    assert len(run.of("comm_open")) == len(run.of("comm_close"))
    assert server.wait_until(lambda: server.open_connections == 0)
    assert kernel.value(THREADS) == []
    assert kernel.run("%%spark -m ultra,lite\nsandbox: say clean", cell).saved[0][0]["text/plain"].count("clean") == 2


@EITHER_VIEW
def test_when_all_fail_each_says_why_and_the_cell_fails(kernel, cell):
    run = kernel.run("%%spark -m ultra,lite\nsandbox: error 11200 after 9", cell, fails=True)
    name, lines = run.error
    assert name == "QuotaExceeded"
    assert len(lines) == 3
    [(bundle, _)] = run.saved
    assert bundle["text/html"].count("QuotaExceeded: ") == 2
    assert bundle["text/plain"].count("code 11200 · sid cht") == 2
    assert len(run.of("comm_open")) == len(run.of("comm_close"))


@EITHER_VIEW
def test_withdrawn_answers_are_not_to_be_seen_any_more(kernel, cell):
    text = "sandbox: delay 0.1\nsandbox: error 10014 after 60\nsandbox: count 90 rate 60"
    run = kernel.run(f"%%spark -m ultra,lite\n{text}", cell, fails=True)
    [(bundle, about)] = run.saved
    assert "scripted paragraph" not in str(bundle)
    assert bundle["text/html"].count("· withdrawn by moderation · not remembered") == 2
    assert [one["outcome"] for one in about["spark_magic"]["compared"]] == ["withdrawn"] * 2
    assert run.error[0] == "Moderated"


def test_a_cell_that_runs_again_is_one_question_however_many_models_it_asks(kernel, server):
    """The one to keep replaces its own turn; what the cell asks after it keeps its own place, too."""
    source = "%spark -m ultra,x2,lite --keep x2 sandbox: say {}\n%spark sandbox: say after"
    kernel.run(source.format("one"), "first")
    kernel.run("%spark sandbox: say second", "second")
    run = kernel.run(source.format("uno"), "first")
    assert asked(server, 4)[:3] == [["sandbox: say uno"]] * 3
    assert kernel.value(TURNS) == ["uno", "after", "second"]
    first = run.saved[0][0]["text/html"]
    assert first.count("in place of turn 1") == 1  # of x2 alone: the others take nobody's place
    assert first.index("<strong>ultra") < first.index("in place of turn 1") < first.index("<strong>x2")


def test_the_messages_of_all_columns_together_stay_few(kernel):
    """As many as nobody on a slow line minds, and not each column as many as one answer has."""
    run = kernel.run("%%spark -m ultra,x2,lite\nsandbox: count 200 rate 40", "a-cell")
    times = [message["header"]["date"].timestamp() for message in run.of("comm_msg", "update_display_data")]
    seconds = times[-1] - times[0]
    assert seconds > 3
    assert len(times) / seconds < 15
    assert sum(len(str(message["content"])) for message in run.messages) < 60_000 * seconds


def test_the_saved_notebook_holds_all_answers(home, server, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    ask = "%%spark -m ultra,lite -o res\nsandbox: count 40 rate 60"
    saved = Notebook(home, server, "%load_ext spark_magic", ask, "print(list(res))").run()
    [output] = saved.cells[1].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {"text/html", "text/plain"}
    for text in output.data.values():
        assert text.count("This scripted paragraph has") == 2
    assert saved.cells[2].outputs[0].text == "['ultra', 'lite']\n"
    assert "widgets" not in saved.content.metadata


# stopped anywhere


@pytest.mark.parametrize("cell", ["a-cell", ""], ids=["live", "updating"])
def test_an_interrupt_at_every_fiftieth_line_leaves_nothing_half_done(kernel, cell):
    """The conversation, sockets, threads, widgets, the handler of interrupts; and the next question works."""
    kernel.run(COMPARING.format(folder=str(Path(__file__).parent)))
    kernel.run("lines = interruptions.lines_of_a_question(get_ipython())", cell)
    assert kernel.value("len(lines)") > 300
    kernel.run("found = interruptions.complaints(get_ipython(), lines[::50])", cell)
    assert kernel.value("[str(complaint) for complaint in found]") == []
