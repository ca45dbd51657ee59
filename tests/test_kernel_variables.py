"""Variables and cells in a question, in a real kernel. Runs on the oldest supported libraries, too."""

import importlib.util

import IPython
import pytest
from kernels import Kernel, has, sent

from spark_magic.sandbox import Sandbox

NEW = IPython.version_info >= (9, 0)


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.001) as running:
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


def number(kernel):
    """Return the newest cell's number."""
    return kernel.value("len(In) - 1")


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
def test_a_variable_is_put_in_and_told_above_the_answer(kernel, server, cell):
    kernel.run("name = '<b>Ann</b>'")
    run = kernel.run("%%spark\nsandbox: say hello\nGreet {{ name }} {{ name.upper() }}", cell)
    assert sent(server) == ["sandbox: say hello\nGreet <b>Ann</b> <B>ANN</B>"]
    [(bundle, _)] = run.saved
    assert "Put in: name (10 characters), name.upper() (10 characters)" in bundle["text/html"]
    assert any(map(has("Put in: name"), run.messages))


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="no pandas here")
def test_a_frame_is_a_table(kernel, server):
    kernel.run("import pandas as pd\ndf = pd.DataFrame({'city': ['Hefei', 'a|b'], 'degrees': [21.5, None]})")
    kernel.run("%spark which is warmest? {{ df.head() }}")
    table = "| city | degrees |\n|---|---|\n| Hefei | 21.5 |\n| a\\|b | NaN |"
    assert sent(server) == [f"which is warmest? \n\n{table}"]


def test_earlier_cells_and_their_values_are_variables(kernel, server):
    kernel.run("6 * 7")
    here = number(kernel)
    kernel.run(f"%spark {{{{ In[{here}] }}}} = {{{{ Out[{here}] }}}} = {{{{ _ }}}}")
    assert sent(server) == ["6 * 7 = 42 = 42"]


def test_the_last_cells_go_in_front_with_what_they_showed(kernel, server):
    kernel.run("for word in ('one', 'two'):\n    print(word)\n3")
    first = number(kernel)
    kernel.run("1 / 0", fails=True)
    kernel.run("%spark sandbox: say never mind")
    kernel.run("%%spark --no-history --cells 2\nwhat went wrong?")
    printed = "Printed:\n```\none\ntwo\n```\n\n" if NEW else ""
    error = "Error:\n```\nZeroDivisionError: division by zero\n```\n\n" if NEW else ""
    assert sent(server) == [
        f"In [{first}]:\n```python\nfor word in ('one', 'two'):\n    print(word)\n3\n```\n\n"
        f"{printed}Out [{first}]:\n```\n3\n```\n\n"
        f"In [{first + 1}]:\n```python\n1 / 0\n```\n\n{error}what went wrong?"
    ]


def test_an_unknown_name_fails_the_cell_and_nothing_is_sent(kernel, server):
    kernel.run("temperature = 21")
    before = len(server.requests)
    run = kernel.run("%spark {{ temprature }}", fails=True)
    name, lines = run.error
    assert name == "BadVariable"
    assert "Did you mean temperature?" in lines[0]
    assert "--raw" in lines[1]
    assert len(lines) == 2
    assert len(server.requests) == before
    kernel.run("%spark --raw {{ temprature }}")
    assert sent(server) == ["{{ temprature }}"]


def test_the_users_own_error_is_told_without_frames(kernel, server):
    before = len(server.requests)
    kernel.run("def broken():\n    local = 'a local'\n    raise ValueError('out of cheese')")
    run = kernel.run("%spark {{ broken() }}", fails=True)
    assert run.error[0] == "BadVariable"
    assert "ValueError: out of cheese" in str(run.error[1])
    assert "a local" not in str(run.messages)
    assert len(server.requests) == before


def test_a_dry_run_shows_the_expanded_question(kernel, server):
    kernel.run("name = 'Ann'")
    before = len(server.requests)
    run = kernel.run("%spark --dry-run Greet {{ name }}")
    assert "Greet Ann" in run.text
    assert "Put in: name (3 characters)" in run.text
    assert "tokens" in run.text
    assert len(server.requests) == before


def test_an_interrupt_while_a_value_is_made_is_a_stop(kernel, server):
    before = len(server.requests)
    kernel.run("import time\ndef slow():\n    print('begun', flush=True)\n    time.sleep(600)")
    run, _ = kernel.stopped_at("%spark {{ slow() }}", "", has("begun"))
    assert run.error[0] == "SparkInterrupted"
    assert len(server.requests) == before
