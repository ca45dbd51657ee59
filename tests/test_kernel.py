"""In a real kernel, through jupyter_client and nbclient. Runs on the oldest supported libraries, too."""

import asyncio
import threading
from pathlib import Path

import pytest
from kernels import Kernel, Notebook, Run, has, sent
from nbclient.exceptions import CellExecutionError

from spark_magic.messages import say
from spark_magic.sandbox import API_KEY, API_SECRET, Sandbox

EITHER_VIEW = pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
WIDGET = "application/vnd.jupyter.widget-view+json"
CANARIES = ("ca0a71e5", "canarykey0canarykey0canarykey000", "canarysecretcanarysecretcanary00")


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


# streaming


@EITHER_VIEW
def test_the_words_arrive_while_the_cell_runs(kernel, cell):
    """Three updates, each longer than the one before, while the server has most of its answer yet to send."""
    sizes = []

    def third(message):
        if has("Section 1")(message):
            sizes.append(len(str(message["content"])))
        return len(sizes) == 3

    run, _ = kernel.stopped_at("%%spark\nsandbox: count 5000 rate 30", cell, third)
    assert run.error[0] == "SparkInterrupted"
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_partial_answer_is_marked_for_as_long_as_it_is_one(kernel):
    """Should the kernel die, the saved notebook does not take it for the whole."""
    *partial, last = kernel.run("%spark sandbox: count 40 rate 60").contents("display_data", "update_display_data")
    assert [content["metadata"]["spark_magic"]["outcome"] for content in partial] == ["answering"] * len(partial)
    assert partial
    assert partial[-1]["data"]["text/plain"].endswith("[answering]")
    assert last["metadata"]["spark_magic"]["outcome"] == "complete"


def test_a_live_view_becomes_a_static_output_and_leaves_no_widget_open(kernel):
    run = kernel.run("%%spark\nsandbox: say **bold**", "a-cell")
    [shown], [final] = run.contents("display_data"), run.contents("update_display_data")
    assert WIDGET in shown["data"]
    assert set(final["data"]) == {"text/html", "text/plain"}
    assert "<strong>bold</strong>" in final["data"]["text/html"]
    opened, closed = ([c["comm_id"] for c in run.contents(kind)] for kind in ("comm_open", "comm_close"))
    assert shown["data"][WIDGET]["model_id"] in opened
    assert sorted(opened) == sorted(closed)


def test_colab_has_widgets_in_every_cell(kernel):
    kernel.run("shell = type(get_ipython()); home, shell.__module__ = shell.__module__, 'google.colab._shell'")
    run = kernel.run("%spark sandbox: say hi")
    kernel.run("shell.__module__ = home")
    assert WIDGET in run.contents("display_data")[0]["data"]


# the value


def test_the_answer_is_the_cells_value_and_shown_once(kernel):
    run = kernel.run("%%spark\nsandbox: say hello")
    count = run.reply["execution_count"]
    assert run.text == "hello"
    assert not run.of("execute_result", "stream")
    facts = kernel.value(f"[type(_).__name__, _.model, _ is Out[{count}], _{count}, _.usage.completion_tokens]")
    assert facts == ["Answer", "ultra", True, "hello", 2]


def test_an_answer_in_a_variable_is_shown_when_it_is_looked_at(kernel):
    assert kernel.run("%%spark -o named\nsandbox: say hi").text == "hi"
    assert kernel.value("[named, named.model]") == ["hi", "ultra"]
    assert kernel.run("ans = %spark sandbox: say **hi**").text == "**hi**"
    [(bundle, _)] = kernel.run("ans").saved
    assert bundle["text/plain"] == "**hi**"
    assert "<strong>hi</strong>" in bundle["text/html"]
    assert kernel.run("[ans, f'<{ans}>']").text == "['**hi**', '<**hi**>']"


def test_a_cell_shows_each_of_its_answers_once(kernel):
    run = kernel.run("a = %spark sandbox: say one\nb = %spark sandbox: say two\na")
    assert run.text == "one\ntwo"


def test_ask_is_the_same_as_a_plain_call(kernel, server):
    run = kernel.run("import spark_magic\nspark_magic.ask('sandbox: say one', temperature=0.5)")
    assert run.text == "one"
    assert server.requests[-1]["parameter"]["chat"]["temperature"] == 0.5
    kernel.run("%spark two")
    assert sent(server) == ["sandbox: say one", "one", "two"]


# the conversation


def test_a_follow_up_carries_the_history(kernel, server):
    kernel.run("%%spark\nfirst words")
    run = kernel.run("%%spark\nnext words")
    assert "turn 2 of the conversation" in run.text
    assert "First question: “first words”" in run.text
    assert sent(server)[::2] == ["first words", "next words"]


def test_a_cell_that_runs_again_replaces_its_own_turn(kernel, server):
    kernel.run("%spark sandbox: say one", "first")
    kernel.run("%spark sandbox: say two", "second")
    run = kernel.run("%spark sandbox: say uno", "first")
    assert sent(server) == ["sandbox: say uno"]
    assert "in place of turn 1" in run.saved[0][0]["text/html"]
    kernel.run("%spark three", "third")
    assert sent(server) == ["sandbox: say uno", "uno", "sandbox: say two", "two", "three"]


def test_each_question_of_a_cell_has_a_turn_of_its_own(kernel, server):
    """A cell run by the cell is still that cell."""
    for _ in range(2):
        kernel.run("%spark sandbox: say 1\nget_ipython().run_cell('0')\n%spark sandbox: say 2", "first")
    kernel.run("%spark three", "third")
    assert sent(server) == ["sandbox: say 1", "1", "sandbox: say 2", "2", "three"]


def test_the_conversation_survives_reloading(kernel, server):
    kernel.run("%spark sandbox: say 1")
    kernel.run("%load_ext spark_magic")
    kernel.run("%reload_ext spark_magic")
    kernel.run("%unload_ext spark_magic")
    assert "UsageError" in kernel.run("%spark x", fails=True).text
    kernel.run("%load_ext spark_magic")
    assert kernel.run("%spark sandbox: say 2").text == "2"
    assert sent(server) == ["sandbox: say 1", "1", "sandbox: say 2"]


# stopping


@pytest.mark.parametrize(
    ("cell", "start"),
    [("", "%%spark\n"), ("a-cell", "%%spark\n"), ("", "import asyncio\nawait asyncio.sleep(0)\n%spark ")],
    ids=["static", "live", "await"],  # where a cell has an `await`, ipykernel does not interrupt what blocks
)
def test_an_interrupt_stops_the_answer_and_keeps_what_came(kernel, server, cell, start):
    run, seconds = kernel.stopped_at(f"{start}sandbox: stall after 9", cell, has("Scripted answer"))
    assert seconds < 2  # the server would be silent for ever
    goes_on = say("interrupted.go_on", line="%spark --continue")
    assert run.error == ("SparkInterrupted", ["SparkInterrupted: " + goes_on])
    [(bundle, about)] = run.saved
    assert bundle["text/plain"].startswith("## Scripted answer")
    assert bundle["text/plain"].endswith("[stopped]")
    assert about["spark_magic"]["stopped"] is True
    assert len(run.of("comm_open")) == len(run.of("comm_close"))
    assert server.wait_until(lambda: server.open_connections == 0)
    assert kernel.run("%%spark\nsandbox: say clean", cell).saved[0][0]["text/plain"] == "clean"
    assert sent(server) == ["sandbox: say clean"]


@EITHER_VIEW
def test_an_interrupt_before_the_first_words(kernel, server, cell):
    before = len(server.requests)

    def asked(_):
        return server.wait_until(lambda: len(server.requests) > before)

    run, seconds = kernel.stopped_at("%spark sandbox: stall", cell, asked)
    assert seconds < 2
    assert run.error[0] == "SparkInterrupted"
    assert len(run.of("comm_open")) == len(run.of("comm_close"))
    assert server.wait_until(lambda: server.open_connections == 0)


@EITHER_VIEW
@pytest.mark.parametrize("moment", ["__init__", "finish"])
def test_an_interrupt_waits_while_a_view_is_built_or_put_away(kernel, server, cell, moment):
    """Nothing is asked then, or everything is answered and shown and remembered; the cell says which."""
    run = kernel.stopped_in(("live", "LiveView") if cell else ("updating", "UpdatingView"), moment, cell)
    complete = moment == "finish"
    assert run.error == ("SparkInterrupted", ["SparkInterrupted: " + say("interrupted" + ".complete" * complete)])
    assert all(about["spark_magic"]["outcome"] == ("complete" if complete else "stopped") for _, about in run.saved)
    assert len(run.of("comm_open")) == len(run.of("comm_close"))
    kernel.run("%spark next")
    assert sent(server) == ["sandbox: say hi", "hi"] * complete + ["next"]


def test_an_interrupt_runs_the_users_own_clean_up(kernel):
    """`except Exception` does not swallow it, `except KeyboardInterrupt` sees it."""
    code = """\
import spark_magic
log = []
def work():
    try:
        return spark_magic.ask("sandbox: stall after 9")
    except Exception:
        log.append("swallowed")
    finally:
        log.append("cleaned up")
try:
    work()
except KeyboardInterrupt as stop:
    log.append(type(stop).__name__)"""
    run, _ = kernel.stopped_at(code, "", has("Scripted"))
    assert run.reply["status"] == "ok"
    assert kernel.value("log") == ["cleaned up", "SparkInterrupted"]


# failing


@EITHER_VIEW
def test_a_failing_cell_says_what_to_do_and_stops_the_queue(kernel, cell):
    failing, queued = kernel.start("%%spark\nsandbox: error 11200 after 9", cell), kernel.start("print('on')")
    name, lines = kernel.finish(failing).error
    assert name == "QuotaExceeded"
    assert len(lines) == 3
    assert "code 11200 · sid cht" in lines[2]
    assert "Traceback" not in "".join(lines)
    assert kernel.finish(queued).reply["status"] == "aborted"


def test_an_error_before_the_first_words_is_all_there_is_to_see(kernel):
    run = kernel.run("%spark sandbox: error 10013", fails=True)
    assert [m["msg_type"] for m in run.messages if m["msg_type"] != "status"] == ["execute_input", "error"]


# secrets


def test_login_asks_in_secret_and_shows_nothing(kernel):
    run, prompts = Run(), []
    request = kernel.start("%spark_config login")
    for canary in CANARIES:
        question = kernel.client.get_stdin_msg(timeout=30)["content"]
        prompts.append((question["prompt"], question["password"]))
        kernel.client.input(canary)
    kernel.finish(request, run)
    assert run.reply["status"] == "ok", run.error
    assert prompts == [("APPID: ", True), ("APIKey: ", True), ("APISecret: ", True)]
    file = Path(kernel.value("__import__('spark_magic.credentials').credentials.credentials_file().as_posix()"))
    assert all(canary in file.read_text(encoding="utf-8") for canary in CANARIES)
    kernel.run("%spark_config")
    kernel.run("%spark_config logout")
    kernel.run("get_ipython().history_manager.writeout_cache()")
    history = Path(kernel.value("str(get_ipython().history_manager.hist_file)")).read_bytes()
    assert b"spark_config login" in history
    for secret in (*CANARIES, API_KEY, API_SECRET, "authorization="):
        assert secret.encode() not in history
        assert not [message for message in kernel.log if secret in str(message["content"])]


# nbclient


def test_the_saved_notebook_holds_the_answer_itself(tmp_path, server):
    """As HTML and as text, with what it says of itself, and no widget: no kernel is needed to read it."""
    colab = (
        "import sys; sys.modules['google.colab'] = sys"  # many notebooks try to import it to find out where they are
    )
    saved = Notebook(tmp_path, server, colab, "%load_ext spark_magic", "%spark -t 0.5 sandbox: count 40 rate 60").run()
    [output] = saved.cells[2].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {"text/html", "text/plain"}
    assert "This scripted paragraph has <strong>bold</strong> words" in output.data["text/html"]
    assert "This scripted paragraph has **bold** words" in output.data["text/plain"]
    about = output.metadata.spark_magic
    assert (about.model, about.parameters, about.outcome, about.turn) == ("ultra", {"temperature": 0.5}, "complete", 1)
    assert about.usage.completion_tokens > 30
    assert about.sid.startswith("cht")
    assert "widgets" not in saved.content.metadata


def test_run_all_stops_at_an_error(tmp_path, server):
    run = Notebook(tmp_path, server, "%load_ext spark_magic", "%spark sandbox: error 10013", "print('went on')")
    with pytest.raises(CellExecutionError, match="Moderated"):
        run.run()
    assert not run.cells[2].outputs


def test_run_all_stops_at_an_interrupt(tmp_path, server):
    before = len(server.requests)
    run = Notebook(tmp_path, server, "%load_ext spark_magic", "%spark sandbox: stall", "print('went on')")

    def stop():
        server.wait_until(lambda: len(server.requests) > before, 60)
        asyncio.run(run.client.km.interrupt_kernel())

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(CellExecutionError, match="SparkInterrupted"):
        run.run()
    stopper.join()
    assert not run.cells[2].outputs


def test_ask_needs_no_extension_and_makes_way_for_it(tmp_path, server):
    """Its answer is shown once, and the magics that are loaded later go on with its conversation."""
    asked = "import spark_magic\nspark_magic.ask('sandbox: say **one**')"
    saved = Notebook(tmp_path, server, asked, "_", "%load_ext spark_magic", "%spark two").run()
    assert [output.data["text/plain"] for output in saved.cells[0].outputs + saved.cells[1].outputs] == ["**one**"] * 2
    assert sent(server) == ["sandbox: say **one**", "**one**", "two"]
