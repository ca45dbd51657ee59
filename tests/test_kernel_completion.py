"""What a kernel answers to Tab: the matches, and from where to where they go. On the oldest IPython, too."""

import pytest
from kernels import Kernel

from spark_magic.sandbox import Sandbox

_WAIT = 300.0


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all tests, with a variable and a conversation."""
    with Sandbox() as server:
        started = Kernel(tmp_path_factory.mktemp("kernel"), server)
        started.run("my_value = 'text'; my_table = {'colour': 1}\n%spark -n physics sandbox: say hi")
        yield started
        started.close()


def tab(kernel, before, after=""):
    """Press Tab in a cell; return the cell as each match would make it."""
    request = kernel.client.complete(before + after, len(before))
    while True:
        reply = kernel.client.get_shell_msg(timeout=_WAIT)
        if reply["parent_header"]["msg_id"] == request:
            break
    content = reply["content"]
    assert content["status"] == "ok"
    start, end = content["cursor_start"], content["cursor_end"]
    assert end == len(before)
    return [before[:start] + match + after for match in content["matches"]]


@pytest.mark.parametrize(
    ("before", "done"),
    [
        ("%%spark --mod", "%%spark --model"),
        ("%%spark -t 1 --mod", "%%spark -t 1 --model"),
        ("%spark --mod", "%spark --model"),
        ("x = %spark --mod", "x = %spark --model"),
        ("%%spark -m ul", "%%spark -m ultra"),
        ("%%spark --model=ul", "%%spark --model=ultra"),
        ("%%spark -m lite,ul", "%%spark -m lite,ultra"),
        ("%%spark -m max-3", "%%spark -m max-32k"),
        ("%%spark -n ph", "%%spark -n physics"),
        ("%spark_reset ph", "%spark_reset physics"),
        ("%%spark -o my_v", "%%spark -o my_value"),
        ("%spark_config logi", "%spark_config login"),
        ("%spark_config --lang z", "%spark_config --lang zh"),
        ("%spark_usage --by=t", "%spark_usage --by=turn"),
        ("%spark tell {{ my_v", "%spark tell {{ my_value"),
        ("%%spark\nTell 讲讲 {{my_v", "%%spark\nTell 讲讲 {{my_value"),
        ("%%spark -m lite\n\nIt's {{ my_value.isalp", "%%spark -m lite\n\nIt's {{ my_value.isalpha"),
    ],
)
def test_one_match_and_the_cell_reads_as_it_should(kernel, before, done):
    """Whatever stands behind the cursor stays there."""
    matches = tab(kernel, before)
    assert done in matches
    assert all(match.startswith(before[:-1]) for match in matches)
    assert f"{done} }}}}\nmore" in tab(kernel, before, " }}\nmore")


def test_nothing_of_pythons_stands_between_our_options(kernel):
    for before in ("%%spark -", "%%spark --", "%%spark ", "%spark_config -", "%spark_usage "):
        words = [match[len("%%spark ") :].split()[-1] for match in tab(kernel, before)]
        assert words
        assert all(word.startswith("-") or word in ("login", "logout") for word in words), words


def test_no_error_is_written_whatever_is_typed(kernel):
    """IPython prints the traceback of a matcher that fails; in a notebook it would go to the last cell."""
    kernel.run("%config SparkMagics.lang = 'zh'")
    for before in (
        "%%spark \0",
        "%%spark '",
        '%%spark -m "',
        "%%spark --image /",
        "%spark_config -m ,,",
        "%%spark\n{{ (",
        "%%spark\n{{ '",
    ):
        tab(kernel, before)
    assert kernel.run("%config SparkMagics.lang = 'en'").contents("stream") == []
