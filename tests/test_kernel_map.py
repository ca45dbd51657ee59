"""`%%spark_map` in real kernels: stopped, killed, asked twice at once, and never a row asked again that is done."""

import re
import sys
import time

import pytest
from kernels import Kernel, Notebook, Run, environment
from nbclient.exceptions import CellExecutionError

from spark_magic.messages import say
from spark_magic.sandbox import Sandbox

SOON = 1.0  # seconds within which a run stops
ROWS = "rows = [{{'t': f'sandbox: delay {delay}\\nsandbox: say {name}{{n}}'}} for n in range({count})]"
MAP = "%%spark_map rows -o made {}\n{{{{ t }}}}"
SAVED = re.compile(r"(\d+) of (\d+) rows (?:is|are) done and kept")


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def warm_kernel(server, tmp_path_factory):
    """One kernel for most tests."""
    started = Kernel(tmp_path_factory.mktemp("kernel"), server)
    yield started
    started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing used yet."""
    warm_kernel.run("%spark_usage --reset\n%config SparkMagics.confirm_rows = 500\nmade = None")
    return warm_kernel


@pytest.fixture
def name(request):
    """Return a name for this test's rows: none is in the journal yet."""
    return f"{request.node.name[:60]}-{time.time_ns()}-"


def given(kernel, name, count, delay="0.0"):
    """Let the kernel have rows, each answered with its own name and number."""
    kernel.run(ROWS.format(name=name, count=count, delay=delay))


def whole(kernel, name, count):
    """Tell whether the table has every answer in its place."""
    wanted = [(f"{name}{n}", "ok") for n in range(count)]
    return kernel.value("[(row['answer'], row['answer_status']) for row in made]") == wanted


def stopped_after(kernel, server, cell, requests):
    """Run a cell and interrupt it when it has sent so many; return its run and the seconds it took to end."""
    before = len(server.requests)
    request = kernel.start(cell)
    assert server.wait_until(lambda: len(server.requests) >= before + requests)
    moment = time.time()
    kernel.manager.interrupt_kernel()
    run = kernel.finish(request)
    return run, run.seconds_after(moment)


def test_the_bar_ends_as_a_line_and_the_table_follows(kernel, server, name):
    given(kernel, name, 6)
    before = len(server.requests)
    run = kernel.run(MAP.replace(" -o made", "").format("--workers 3"))
    assert len(server.requests) == before + 6
    (bar, _), (table, _) = run.saved
    assert re.fullmatch(r"6 rows in [\d.]+ s: 6 answered, [\d,]+ tokens, [\d.,]+ rows/(s|min)", bar["text/plain"])
    assert "<script" not in bar["text/html"]
    assert f"{name}5" in table["text/plain"]
    [line] = run.contents("stream")
    assert line["text"].startswith("6 of 6 rows to ask")


@pytest.mark.parametrize("workers", [1, 8])
def test_ctrl_c_stops_within_a_second_and_the_same_cell_asks_the_rest(kernel, server, name, workers):
    given(kernel, name, 30, "0.1")
    before = len(server.requests)
    run, seconds = stopped_after(kernel, server, MAP.format(f"--workers {workers}"), 12)
    assert seconds < SOON
    assert run.error == ("RunInterrupted", ["RunInterrupted: " + say("interrupted.run")])
    done, total = map(int, SAVED.search(run.text).groups())
    assert total == 30
    assert 12 - workers <= done < 30
    assert kernel.value("made is None")
    sent = len(server.requests) - before
    again = kernel.run(MAP.format("--workers 8"))
    assert again.text.startswith(f"{30 - done} of 30 rows to ask")
    assert f"{done} from the journal" in again.text
    assert len(server.requests) - before == sent + 30 - done
    assert whole(kernel, name, 30)


def test_ctrl_c_while_the_server_is_silent(kernel, server):
    kernel.run("rows = [{'t': 'sandbox: stall'}, {'t': 'sandbox: stall after 3'}]")
    run, seconds = stopped_after(kernel, server, MAP.format(""), 2)
    assert seconds < SOON
    assert run.error[0] == "RunInterrupted"
    assert server.wait_until(lambda: server.open_connections == 0)


def test_after_ctrl_c_the_next_cell_runs_and_no_thread_is_left(kernel, server, name):
    given(kernel, name, 20, "0.1")
    stopped_after(kernel, server, MAP.format("--workers 4"), 5)
    assert kernel.run("print('next')").text == "next\n"
    kernel.run("import threading")
    assert kernel.value("[t.name for t in threading.enumerate() if t.name.startswith('spark-magic')]") == []


def test_a_killed_kernel_has_lost_nothing_that_was_done(server, tmp_path, name):
    """The new kernel asks what was not in the journal: at most those that were on their way are asked again."""
    first = Kernel(tmp_path, server)
    given(first, name, 30, "0.1")
    before = len(server.requests)
    first.start(MAP.format("--workers 4"))
    assert server.wait_until(lambda: len(server.requests) >= before + 14)
    first.close()  # with SIGKILL
    assert server.wait_until(lambda: server.open_connections == 0)
    sent = len(server.requests) - before
    second = Kernel(tmp_path, server)
    try:
        given(second, name, 30, "0.1")
        run = second.run(MAP.format("--workers 8"))
        known = int(re.search(r"(\d+) from the journal", run.text)[1])
        assert sent - 4 - 1 <= known <= sent
        assert len(server.requests) - before == sent + 30 - known
        assert whole(second, name, 30)
    finally:
        second.close()


def test_two_kernels_with_one_journal_at_the_same_time(kernel, server, tmp_path, name):
    other, journal = Kernel(tmp_path, server), tmp_path / "both.sqlite3"
    try:
        for one in (kernel, other):
            given(one, name, 40, "0.05")
        cell = MAP.format(f"--workers 4 --journal '{journal}'")
        requests = [(one, one.start(cell)) for one in (kernel, other)]
        runs = [one.finish(request) for one, request in requests]
        assert [run.reply["status"] for run in runs] == ["ok", "ok"]
        assert whole(kernel, name, 40)
        assert whole(other, name, 40)
        before = len(server.requests)
        kernel.run(cell)
        assert len(server.requests) == before
    finally:
        other.close()


def test_a_quota_error_fails_the_cell_and_says_how_many_are_done(kernel, server, name):
    given(kernel, name, 20, "0.02")
    kernel.run("rows.insert(10, {'t': 'sandbox: error 11200'})")
    run = kernel.run(MAP.format("--workers 2"), fails=True)
    assert run.error[0] == "QuotaExceeded"
    done, total = map(int, SAVED.search(run.text).groups())
    assert total == 21
    assert 9 <= done <= 11
    kernel.run("del rows[10]")
    before = len(server.requests)
    kernel.run(MAP.format(""))
    assert len(server.requests) == before + 20 - done
    assert whole(kernel, name, 20)


def answered(kernel, cell, text):
    """Run a cell that asks, and type the answer; return its run and the question."""
    request = kernel.start(cell)
    question = kernel.client.get_stdin_msg(timeout=60)["content"]
    kernel.client.input(text)
    return kernel.finish(request), question


def test_above_the_threshold_the_user_is_asked(kernel, server, name):
    given(kernel, name, 8)
    kernel.run("%config SparkMagics.confirm_rows = 7")
    before = len(server.requests)
    for text in ("n", ""):
        run, question = answered(kernel, MAP.format(""), text)
        assert question == {"prompt": say("shown.run.confirm"), "password": False}
        assert run.reply["status"] == "ok"
        assert run.text.endswith(say("shown.run.declined") + "\n")
    assert len(server.requests) == before
    run, _ = answered(kernel, MAP.format(""), "y")
    assert whole(kernel, name, 8)


def test_ctrl_c_at_the_question_sends_nothing(kernel, server, name):
    given(kernel, name, 8)
    kernel.run("%config SparkMagics.confirm_rows = 7")
    before = len(server.requests)
    request = kernel.start(MAP.format(""))
    kernel.client.get_stdin_msg(timeout=60)
    kernel.manager.interrupt_kernel()
    run = kernel.finish(request, Run())
    assert run.error[0] == "RunInterrupted"
    assert len(server.requests) == before


def test_usage_has_one_line_for_the_run(kernel, name):
    given(kernel, name, 5)
    run = kernel.run(MAP.format(""))
    records = kernel.run("%spark_usage --json").text
    assert '"questions": 5' in records
    assert f'"cell": {run.reply["execution_count"]},' in records
    assert re.search(r"ultra +5 ", kernel.run("%spark_usage").text)


def test_nbclient_cannot_ask_and_says_what_to_add(server, tmp_path, name):
    """As papermill does; with --yes the saved notebook has the line and the table."""
    before = len(server.requests)
    setup = "%config SparkMagics.confirm_rows = 3\n" + ROWS.format(name=name, count=5, delay="0.0")
    book = Notebook(tmp_path, server, "%load_ext spark_magic", setup, MAP.format(""))
    with pytest.raises(CellExecutionError, match="--yes"):
        book.run()
    assert len(server.requests) == before
    book = Notebook(tmp_path, server, "%load_ext spark_magic", setup, MAP.format("--yes"), "print(len(made))").run()
    assert len(server.requests) == before + 5
    assert book.cells[-1].outputs[0].text == "5\n"
    kinds = [output.output_type for output in book.cells[-2].outputs]
    assert kinds == ["stream", "display_data"]
    assert book.cells[-2].outputs[1].data["text/plain"].startswith("5 rows in ")


ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|   \.\.\.: ")
PROMPT = r"In \[(\d+)\]: "


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect has no pseudo-terminal on Windows")
def test_in_a_terminal_there_is_a_bar_and_ctrl_c_stops_it(server, tmp_path, name):
    import pexpect

    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"]
    options = {"env": environment(tmp_path, server), "cwd": str(tmp_path), "encoding": "utf-8", "timeout": 30}
    process = pexpect.spawn(sys.executable, arguments, echo=False, dimensions=(50, 200), **options)
    process.delaybeforesend = None

    def type_in(*lines):
        for line in lines:
            process.sendline(line)

    try:
        process.expect(PROMPT)
        type_in("%load_ext spark_magic")
        process.expect(PROMPT)
        type_in(ROWS.format(name=name, count=40, delay="0.1"))
        process.expect(PROMPT)
        type_in("%%spark_map rows -o made", "{{ t }}", "", "")
        process.expect(r"\| *[1-9]\d*/40 ")
        process.sendintr()
        process.expect(PROMPT)
        last = ESCAPES.sub("", process.before).replace("\r", "\n").strip().splitlines()[-1]
        assert last == "RunInterrupted: " + say("interrupted.run")
        type_in("%%spark_map rows -o made --workers 16", "{{ t }}", "", "")
        process.expect(PROMPT)
        assert re.search(r"40 rows in [\d.]+ s: 40 answered, \d+ from the journal", process.before)
        type_in("print([row['answer'] for row in made] == [f'" + name + "{n}' for n in range(40)])")
        process.expect("True|False")
        assert process.match[0] == "True"
    finally:
        process.close(force=True)
