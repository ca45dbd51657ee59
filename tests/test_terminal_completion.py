"""Tab in IPython's own terminal, with its full prompt: a line that was completed does what it says.

On the oldest IPython, too.
"""

import re
import sys
import time

import pytest
from cells import chat_of
from kernels import environment, sent

from spark_magic.sandbox import Sandbox

CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\][^\x07]*\x07|\r")
PATIENCE = 60  # seconds
CLEAR = "\x15"
TAB, ENTER, SUBMIT = "\t", "\r", "\x1b\r"  # the last one runs a cell of several lines wherever the cursor is


class Prompt:
    """A terminal with a full prompt: type, and wait for what is drawn."""

    def __init__(self, home, server):
        """Start it, with the extension and a variable."""
        import pexpect

        arguments = ["-m", "IPython", "--no-banner", "--no-confirm-exit"]
        settings = environment(home, server) | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        options = {"env": settings, "cwd": str(home), "encoding": "utf-8", "timeout": PATIENCE}
        self.process = pexpect.spawn(sys.executable, arguments, echo=False, dimensions=(50, 200), **options)
        self.process.delaybeforesend = None
        self.drawn = ""
        self.wait("In [1]")
        self.type(f"%load_ext spark_magic{ENTER}", "In [2]")
        self.type(f"my_value = 'sandbox: say quite right'{ENTER}", "In [3]")

    def type(self, keys, until):
        """Type keys, and wait until a text is drawn that was not there before."""
        self.drawn = ""
        self.process.send(keys)
        self.wait(until)

    def wait(self, until):
        """Wait for a text, whatever colours it is in."""
        deadline = time.monotonic() + PATIENCE
        while until not in CODES.sub("", self.drawn):
            assert time.monotonic() < deadline, self.drawn
            self.process.expect(r".+")
            self.drawn += self.process.after


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def prompt(server, tmp_path_factory):
    """One terminal for all tests."""
    if sys.platform == "win32":
        pytest.skip("pexpect has no pseudo-terminal on Windows")
    started = Prompt(tmp_path_factory.mktemp("terminal"), server)
    yield started
    started.process.close(force=True)


def test_options_and_their_values(prompt, server):
    prompt.type(f"%spark --temp{TAB}", "erature")
    prompt.type(f" 0.25 --thin{TAB}", "king")
    prompt.type(f" of{TAB}", "f")
    prompt.type(f" --no-h{TAB}", "istory")
    prompt.type(f" sandbox: say done{ENTER}", "done")
    prompt.wait("In [4]")
    assert chat_of(server.requests[-1])["temperature"] == 0.25
    assert sent(server) == ["sandbox: say done"]


def test_variables_in_the_prompt_of_a_cell(prompt, server):
    prompt.type(f"%%spark --no-h{TAB}", "istory")
    prompt.type(f"{ENTER}It's {{{{ my_v{TAB}", "alue")
    prompt.type(f" }}}}{ENTER}{{{{ my_value.capital{TAB}", "ize")
    prompt.type(f"() }}}}{SUBMIT}", "In [5]")
    assert sent(server) == ["It's sandbox: say quite right\nSandbox: say quite right"]


def test_several_matches_are_a_menu_of_them_alone(prompt):
    prompt.type(f"%spark_usage --by {TAB}", "conversation")
    menu = CODES.sub("", prompt.drawn)
    assert all(word in menu for word in ("model", "day", "turn"))
    assert "my_value" not in menu
    prompt.process.send(CLEAR)
