"""In a real kernel: the table of what was used, what a stop costs, and the warning below the answer that causes it."""

import json
import re

import pytest
from kernels import Kernel, Notebook, has

from spark_magic.messages import say
from spark_magic.sandbox import Sandbox

WARNING = re.compile(r"This kernel has used ([\d,]+) tokens \(threshold 100\): %spark_usage shows where\.\n")
LONG = "%%spark --no-history\n" + "word " * 100 + "\nsandbox: say ok"


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place."""
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
    """The kernel, with nothing used yet."""
    warm_kernel.run("%spark_reset\n%spark_config --warn-tokens 0\n%spark_usage --reset")
    return warm_kernel


def records(kernel):
    """Return what was written down."""
    return json.loads(kernel.run("%spark_usage --json").text)


def test_the_table_is_one_output_of_html_and_text(kernel):
    run = kernel.run("%spark sandbox: say hi")
    [(data, _)] = kernel.run("%spark_usage").saved
    assert set(data) == {"text/html", "text/plain"}
    count = run.reply["execution_count"]
    assert f"[{count}]" in data["text/plain"]
    assert f"[{count}]" in data["text/html"]
    assert data["text/html"].count("<table>") == 2
    assert not re.search("<script|onload|href|src=|url", data["text/html"])


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
def test_what_the_user_stops_is_estimated(kernel, cell):
    run, _ = kernel.stopped_at("%%spark\nsandbox: stall after 9", cell, has("comes from"))
    assert run.error[0] == "SparkInterrupted"
    [record] = records(kernel)
    assert (record["outcome"], record["estimated"], record["turn"]) == ("stopped", True, None)
    assert record["prompt_tokens"] > 0
    assert record["completion_tokens"] > 0
    assert kernel.run("%spark_usage").text.rstrip().endswith(say("shown.spent.estimated"))


def test_a_stop_before_the_first_words_is_estimated_by_the_question(kernel, server):
    before = len(server.requests)
    request = kernel.start("%%spark\nsandbox: stall")
    kernel.value  # noqa: B018  # the channel is not read meanwhile: the cell runs
    assert server.wait_until(lambda: len(server.requests) > before)
    kernel.manager.interrupt_kernel()
    kernel.finish(request)
    for record in records(kernel):  # none, where the stop came within the tenth of a second before the first silence
        assert (record["outcome"], record["estimated"], record["completion_tokens"]) == ("stopped", True, 0)


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
def test_the_answer_that_passes_the_threshold_says_so_below(kernel, cell):
    kernel.run("%spark_config --warn-tokens 100")
    first = kernel.run(LONG, cell)
    kinds = [message["msg_type"] for message in first.of("display_data", "update_display_data", "stream")]
    assert kinds[-1] == "stream"
    [stream] = first.contents("stream")
    assert WARNING.fullmatch(stream["text"])
    assert first.contents("error") == []
    kernel.run("%spark_config --warn-tokens 100000")
    assert kernel.run("%spark --no-history sandbox: say hi", cell).contents("stream") == []


def test_a_background_answer_that_passes_it_is_told_of_by_the_next(kernel):
    kernel.run("%spark_config --warn-tokens 100")
    kernel.run("pending = %spark --background --no-history " + LONG.split("\n")[1])
    kernel.run("pending.wait()")
    assert len(records(kernel)) == 1
    kernel.run("%spark_config --warn-tokens 100000")
    [(data, _)] = kernel.run("%spark --no-history sandbox: say hi").saved
    assert say("note.spent", total="X", threshold=100).partition("X")[0] in data["text/html"]


def test_an_answer_that_was_asked_for_once_more_is_billed_with_both(kernel, server):
    before = len(server.requests)
    kernel.run("%%spark --no-history -f json\nsandbox: say no JSON", fails=True)
    assert len(server.requests) == before + 2
    [record] = records(kernel)
    assert (record["outcome"], record["estimated"]) == ("failed", False)
    assert record["total_tokens"] > 2 * 4


def test_nbclient_saves_table_and_warning(server, tmp_path):
    book = Notebook(
        tmp_path, server, "%load_ext spark_magic", "%spark_config --warn-tokens 100", LONG, "%spark_usage --by model"
    ).run()
    *_, answer, table = book.cells
    assert [output.output_type for output in answer.outputs] == ["display_data", "stream"]
    assert WARNING.fullmatch(answer.outputs[1].text)
    assert "ultra" in table.outputs[0].data["text/plain"]
    assert "ultra" in table.outputs[0].data["text/html"]
