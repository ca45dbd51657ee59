"""In IPython's terminal, and in plain Python. Runs on the oldest supported libraries, too."""

import re
import subprocess
import sys

import pytest
from kernels import environment, sent

from spark_magic.messages import say
from spark_magic.sandbox import Sandbox

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|   \.\.\.: |\r")
PROMPT = r"In \[(\d+)\]: "
FOOTER = re.compile(r"\[ultra · [0-9.]+ s · \d+ \+ \d+ tokens\]")


class Terminal:
    """IPython on a pseudo-terminal."""

    def __init__(self, home, server):
        """Start it, with the extension loaded and its warnings turned into errors."""
        import pexpect

        arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"]
        options = {"env": environment(home, server), "cwd": str(home), "encoding": "utf-8", "timeout": 30}
        self.process = pexpect.spawn(sys.executable, arguments, echo=False, dimensions=(50, 200), **options)
        self.process.delaybeforesend = None
        self.process.expect(PROMPT)
        self.run("import warnings; warnings.filterwarnings('error', module='spark_magic')")
        self.run("%load_ext spark_magic")

    def start(self, *lines):
        """Type a cell; two empty lines end one of several."""
        for line in (*lines, *([""] * 2 if len(lines) > 1 else [])):
            self.process.sendline(line)

    def finish(self):
        """Return what is printed up to the next prompt, as lines."""
        self.process.expect(PROMPT)
        return ESCAPES.sub("", self.process.before).strip("\n").split("\n")

    def run(self, *lines):
        """Type a cell and return what it prints."""
        self.start(*lines)
        return self.finish()

    def value(self, expression):
        """Return what an expression prints; it leaves `_` and `Out` as they are."""
        return "\n".join(self.run(f"print({expression})"))


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def warm_terminal(server, tmp_path_factory):
    """One terminal for all tests."""
    if sys.platform == "win32":
        pytest.skip("pexpect has no pseudo-terminal on Windows")
    started = Terminal(tmp_path_factory.mktemp("terminal"), server)
    yield started
    started.process.close(force=True)


@pytest.fixture
def terminal(warm_terminal):
    """The terminal, with nothing remembered."""
    warm_terminal.run("%spark_reset")
    return warm_terminal


def test_the_text_is_printed_as_it_comes_and_ctrl_c_stops_it(terminal, server):
    """The server would be silent for ever; the shell goes on, and with it a conversation without that turn."""
    terminal.start("%%spark", "sandbox: stall after 9")
    terminal.process.expect("This text comes from the")  # in the middle of a line
    terminal.process.sendintr()
    *_, footer, last = terminal.finish()
    assert re.fullmatch(r"\[ultra · [0-9.]+ s · stopped · not remembered\]", footer)
    assert last == "SparkInterrupted: " + say("interrupted.go_on", line="%spark --continue")
    assert server.wait_until(lambda: server.open_connections == 0)
    assert terminal.run("%spark sandbox: say clean")[0] == "clean"
    assert sent(server) == ["sandbox: say clean"]


def test_ctrl_c_before_the_first_words_is_one_line(terminal, server):
    before = len(server.requests)
    terminal.start("%spark sandbox: stall")
    assert server.wait_until(lambda: len(server.requests) > before)
    terminal.process.sendintr()
    assert terminal.finish() == ["SparkInterrupted: " + say("interrupted")]


def test_an_answer_is_printed_once(terminal):
    """Without an `Out[n]:` in front of nothing (IPython 9), and without the text a second time (IPython 7)."""
    text, footer = terminal.run("%%spark", "sandbox: say **hello** there")
    assert text == "**hello** there"
    assert FOOTER.fullmatch(footer)


def test_the_answer_is_the_cells_value(terminal):
    terminal.run("%spark sandbox: say hello")
    count = int(terminal.process.match[1]) - 1
    assert terminal.value(f"type(_).__name__, _.model, _ is Out[{count}], _{count}") == "Answer ultra True hello"
    assert terminal.run("_") == [f"Out[{count + 2}]: hello"]


def test_an_answer_in_a_variable_is_printed_while_it_comes_and_when_it_is_looked_at(terminal):
    text, footer = terminal.run("ans = %spark sandbox: say hello")
    assert text == "hello"
    assert FOOTER.fullmatch(footer)
    assert terminal.run("ans")[0].endswith(": hello")


def test_the_terminal_remembers_the_conversation(terminal, server):
    terminal.run("%spark sandbox: say one")
    terminal.run("import spark_magic; again = spark_magic.ask('sandbox: say two')")
    terminal.run("%spark three")
    assert sent(server) == ["sandbox: say one", "one", "sandbox: say two", "two", "three"]


@pytest.mark.parametrize(("directive", "partial"), [("error 11200", 0), ("error 11200 after 9", 4)])
def test_an_error_is_three_lines_below_what_came(terminal, directive, partial):
    lines = terminal.run(f"%spark sandbox: {directive}")
    assert len(lines) == partial + 3
    assert lines[-3].startswith("QuotaExceeded: ")
    assert re.fullmatch(r"  code 11200 · sid \S+", lines[-1])


def test_a_wrong_option_is_told_in_a_few_lines(terminal):
    lines = terminal.run("%spark --temperatur 1 hello")
    assert lines[0].startswith("UsageError: ")
    assert "--temperature" in "".join(lines)
    assert len(lines) <= 4


# in the background


def test_an_answer_in_the_background_prints_nothing_into_the_prompt(terminal):
    """One line says how to get it; then somebody is typing. What waits for it shows it, once."""
    [told] = terminal.run("%%spark --background -o later", "sandbox: delay 0.3", "sandbox: say **hello** there")
    assert re.search(r"is answering in the background: .*\.wait\(\) returns the answer, \.stop\(\) ends it>", told)
    assert terminal.run("import time; time.sleep(0.8)") == [""]
    [shown] = terminal.run("later.wait()")
    assert re.fullmatch(r"Out\[\d+\]: \*\*hello\*\* there", shown)
    assert terminal.value("type(later).__name__, later.turn") == "Answer 1"


def test_ctrl_c_ends_the_waiting_and_not_the_answer(terminal, server):
    terminal.run("%%spark --background -o later", "sandbox: stall after 9")
    assert server.wait_until(lambda: server.open_connections == 1)
    terminal.run("import os, signal; signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))")
    lines = terminal.run("signal.setitimer(signal.ITIMER_REAL, 0.3); later.wait()")
    assert lines[-1] == "WaitInterrupted: " + say("shown.wait_over")
    assert terminal.value("later.done") == "False"
    terminal.run("later.stop()")
    assert server.wait_until(lambda: server.open_connections == 0)


def test_leaving_while_an_answer_is_under_way_takes_no_time(server, tmp_path):
    if sys.platform == "win32":
        pytest.skip("pexpect has no pseudo-terminal on Windows")
    import pexpect

    leaving = Terminal(tmp_path, server)
    leaving.run("%%spark --background", "sandbox: stall after 9")
    leaving.process.sendline("exit()")
    leaving.process.expect(pexpect.EOF, timeout=10)
    leaving.process.close()
    assert leaving.process.exitstatus == 0
    assert "Fatal" not in leaving.process.before
    assert server.wait_until(lambda: server.open_connections == 0)


# plain Python


def script(code, home, **variables):
    """Run it in a Python of its own, where every warning is an error; return what it did."""
    command = [sys.executable, "-W", "error", "-c", f"import spark_magic\n{code}"]
    settings = environment(home) | {"PYTHONIOENCODING": "utf-8"} | variables
    return subprocess.run(command, env=settings, capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_ask_in_plain_python_prints_the_answer_and_remembers(tmp_path):
    code = """\
answer = spark_magic.ask("sandbox: say 你好", model="sandbox")
assert answer == "你好" and answer.model == "sandbox"
assert "turn 2 of the conversation" in spark_magic.ask("next", model="sandbox")"""
    done = script(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("你好\n[sandbox · ")
    assert done.stdout.count("你好") == 2  # its own place, and as the first question of the next answer


def test_an_output_that_knows_no_chinese_gets_escapes(tmp_path):
    done = script("spark_magic.ask('sandbox: say 你好', model='sandbox')", tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("\\u4f60\\u597d\n")


def test_an_error_in_plain_python_is_an_exception_that_says_it_all(tmp_path):
    code = "try: spark_magic.ask('sandbox: error 11200', model='sandbox')\nexcept spark_magic.SparkError as e: print(e)"
    done = script(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["No", "Every", "code"]
