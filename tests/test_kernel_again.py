"""Asking again, going on and explaining in a real kernel, whose cells have names. Runs on the oldest libraries, too."""

import pytest
from kernels import Kernel, has, sent

from spark_magic.sandbox import Sandbox


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


def questions(kernel):
    """Return the questions of the conversation's turns."""
    return kernel.value("[t.question for t in get_ipython()._spark_magic_state.conversation.turns]")


def test_a_retry_in_another_cell_replaces_the_turn_and_the_first_cell_keeps_it(kernel, server):
    kernel.run("%spark sandbox: say one", "A")
    kernel.run("%spark sandbox: say two", "B")
    run = kernel.run("again = %spark_retry -t 0.5", "R")
    assert "Asked again in place of turn 2" in str(run.contents("update_display_data"))
    assert sent(server) == ["sandbox: say one", "one", "sandbox: say two"]
    assert kernel.value("(again.turn, str(again))") == (2, "two")
    kernel.run("%spark sandbox: say zwei", "B")
    assert questions(kernel) == ["sandbox: say one", "sandbox: say zwei"]


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
def test_a_stopped_answer_goes_on_and_is_shown_whole(kernel, server, cell):
    run, _ = kernel.stopped_at("%%spark\nsandbox: count 5000 rate 100", cell, has("Section 1"))
    assert run.error[0] == "SparkInterrupted"
    assert questions(kernel) == []
    kernel.run("part = get_ipython()._spark_magic_state.last['default'].exchange.text")
    run = kernel.run("whole = %spark --continue sandbox: say !!! the end", cell)
    assert kernel.value("whole == part + '!!! the end' and len(part) > 10")
    assert sent(server)[1] == kernel.value("part")
    assert questions(kernel) == ["sandbox: count 5000 rate 100"]
    [(shown, about)] = run.saved
    assert kernel.value("whole[:20]") in shown["text/plain"]
    assert shown["text/plain"].endswith("!!! the end")
    assert about["spark_magic"]["outcome"] == "complete"


def test_an_answer_that_was_cut_says_so_and_how_to_go_on(kernel):
    run = kernel.run("%%spark --max-tokens 2\nsandbox: say one two three four", "A")
    [(shown, _)] = run.saved
    assert shown["text/plain"].endswith("[cut at max_tokens; `%spark --continue` goes on]")
    assert "cut at max_tokens" in shown["text/html"]


def test_an_error_of_an_earlier_cell_is_explained_as_it_was_written(kernel, server):
    kernel.run("def halve(x):\n    return x / 0")
    kernel.run("%who_ls\nhalve(\n  3)", fails=True)
    kernel.run("print('another cell')")
    kernel.run("%spark_explain why is that?", "E")
    [text] = sent(server)
    assert "```python\n%who_ls\nhalve(\n  3)\n```" in text
    assert 'File "<cell>", line 2' in text
    assert 'File "<another cell>", line 2, in halve' in text
    assert "ZeroDivisionError: division by zero" in text
    assert "ipykernel" not in text
    assert text.endswith("why is that?")


def test_a_cell_that_is_no_python_is_explained_too(kernel, server):
    kernel.run("x = (1,\ny z", fails=True)
    kernel.run("%spark_explain")
    [text] = sent(server)
    assert "```python\nx = (1,\ny z\n```" in text
    assert "SyntaxError" in text
    assert "ipykernel" not in text
    assert "IPython" not in text


def test_so_is_one_that_awaits(kernel, server):
    kernel.run("import asyncio\nawait asyncio.sleep(0)\n1 / 0", fails=True)
    kernel.run("%spark_explain")
    assert "```python\nimport asyncio\nawait asyncio.sleep(0)\n1 / 0\n```" in sent(server)[0]


def test_the_corrected_cell_is_put_below_and_not_run(kernel):
    kernel.run("value = 1 / 0", fails=True)
    question = "--fix sandbox: say\n```python\nvalue = 1\n```"
    run = kernel.run(f"get_ipython().run_line_magic('spark_explain', {question!r})", "E")
    [payload] = run.reply["payload"]
    assert (payload["source"], payload["text"], payload["replace"]) == ("set_next_input", "value = 1", False)
    assert "was not run" in run.text
    assert kernel.value("'value' in globals()") is False


def test_no_key_of_the_kernels_environment_travels(kernel, server):
    kernel.run("import os\nraise ValueError(os.environ['SPARK_API_SECRET'], os.environ['HOME'])", fails=True)
    secret, home = kernel.value("(os.environ['SPARK_API_SECRET'], os.environ['HOME'])")
    kernel.run("%spark_explain")
    [text] = sent(server)
    assert secret not in text
    assert home not in text
    assert "ValueError: ('[SPARK_API_SECRET]', '[HOME]')" in text
