"""No secret leaves with an interrupt, wherever it comes: its traceback has the locals of every frame."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from asking import question
from canaries import CANARIES, ENVIRONMENT, leaked

from spark_magic import auth
from spark_magic.client import Client
from spark_magic.credentials import Credentials, find_credentials, forget_credentials, save_credentials
from spark_magic.models import find
from spark_magic.sandbox import Sandbox
from spark_magic.target import Target

# What is interrupted in the middle of `open()` is closed by the garbage collector, with a warning.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

MADE = Credentials.of(**CANARIES)
URL = "wss://spark-api.xf-yun.com/v4.0/chat"


class Interrupter:
    """Raises KeyboardInterrupt at the n-th line or call of this thread below a function, the libraries' included."""

    def __init__(self, number):
        self.left = number

    def run(self, function):
        """Call it; return the interrupt, None where the function was over before."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            function()
        except KeyboardInterrupt as interrupt:
            return interrupt
        finally:
            sys.settrace(before)
        return None

    def _trace(self, frame, event, _):
        if event in {"call", "line"} and "/tests/" not in frame.f_code.co_filename.replace("\\", "/"):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return self._trace


def interrupts(function, start=0, step=1):
    """Yield what comes of interrupting it everywhere, one place after the other."""
    number, interrupt = start, KeyboardInterrupt()
    while interrupt is not None:
        interrupt = Interrupter(number).run(function)
        if interrupt is not None:
            yield number, interrupt
        number += step


def everywhere(watch, function, step=1):
    """Interrupt a function everywhere; return how often, and where something leaked."""
    found, count = {}, 0
    for number, interrupt in interrupts(function, step=step):
        count += 1
        if names := watch.leaks(interrupt):
            found[number] = names
    return count, found


def test_an_interrupt_is_searched_like_any_other_failure(watch):
    """A function that has a key in the clear is found out."""

    def tell():
        in_the_clear = str(MADE.api_key.reveal())
        return sorted(in_the_clear)

    code = tell.__code__.replace(co_filename="/site-packages/library.py")
    tell.__code__ = code
    count, found = everywhere(watch, tell)
    assert count == 4 + 1
    assert found


def test_signing(watch):
    count, found = everywhere(watch, lambda: auth.sign_url(URL, MADE, 0.0), step=2)
    assert count > 50
    assert found == {}


def use_ring(monkeypatch):
    """Have a keyring in memory."""
    import keyring

    kept = {}
    monkeypatch.setattr(keyring, "get_keyring", lambda: SimpleNamespace(priority=5))
    monkeypatch.setattr(keyring, "set_password", lambda s, n, password: kept.update({(s, n): password}))
    monkeypatch.setattr(keyring, "get_password", lambda s, n: kept.get((s, n)))
    monkeypatch.setattr(keyring, "delete_password", lambda s, n: kept.pop((s, n), None))


@pytest.mark.parametrize("place", ["environment", "file", "keyring"])
def test_finding(watch, monkeypatch, place):
    if place == "environment":
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
    else:
        if place == "keyring":
            use_ring(monkeypatch)
        save_credentials(MADE)
    count, found = everywhere(watch, find_credentials, step=3)
    assert count > 10
    assert found == {}


@pytest.mark.parametrize("place", ["file", "keyring"])
@pytest.mark.parametrize("act", [lambda: save_credentials(MADE), forget_credentials], ids=["saving", "forgetting"])
def test_saving_and_forgetting(watch, monkeypatch, place, act):
    if place == "keyring":
        use_ring(monkeypatch)
    save_credentials(MADE)
    count, found = everywhere(watch, act, step=3)
    assert count > 5
    assert found == {}


def test_asking(watch):
    """From the question to the answer, at every forty-third place."""
    with Sandbox(**CANARIES) as box:
        client = Client(Target(replace(find("ultra"), url=box.url())), MADE)
        count, found = everywhere(watch, lambda: list(client.stream(question("sandbox: say hi"))), step=43)
    assert count > 20
    assert found == {}
    assert leaked(client) == set()
