"""No secret leaves that was typed: on a magic line, where it is refused, or at the prompts of a login."""

import getpass
import os
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import keyring
import pytest
from canaries import API_KEY, API_SECRET, APP_ID, leaked
from IPython.core.error import UsageError
from watching import all_of, tells

from spark_magic.credentials import credentials_file

TYPED = [
    "%spark_config {}",
    "%spark_config --api-key {}",
    "%spark_config --api-secret={}",
    "%spark_config api_key={}",
    "%spark_config login {}",
    "%spark_config --system={} x",
    "%spark_config --model {}",
    "%spark_config --temperature {}",
    "%spark_config --top-k {}",
    "%spark_config --lang {}",
    "%spark_config --check {}",
    "%spark_reset {}",
    "%spark_reset --{}",
    "%%spark {}\nhi",
    "%%spark --api-key {}\nhi",
    "%%spark -o {}\nhi",
    "%spark --api-secret={} hi",
    "%spark -m {} hi",
    "%spark -m '{} hi",
]


@pytest.mark.parametrize("line", TYPED)
@pytest.mark.parametrize("key", [API_KEY, API_SECRET])
def test_a_key_on_a_magic_line_is_not_repeated(notebook, watch, line, key):
    """IPython itself keeps the line in its history; nothing of ours may say it again."""
    problem = notebook.fails(line.format(key))
    assert type(problem) is UsageError
    sys.last_value = sys.last_exc = sys.last_traceback = None
    assert watch.leaks(str(problem), repr(problem), pickle.dumps(problem)) == set()


class Typist:
    """Types the canaries at the prompts of a login; what is in the list instead is raised."""

    def __init__(self):
        self.answers = [APP_ID, API_KEY, API_SECRET]

    def __call__(self, _):
        """Answer, or raise."""
        if isinstance(self.answers[0], BaseException):
            raise self.answers[0]
        return self.answers.pop(0)


@pytest.fixture
def typist(monkeypatch):
    """Return whom the prompts ask."""
    made = Typist()
    monkeypatch.setattr(getpass, "getpass", made)
    return made


class Ring:
    """A keyring in memory, or one that fails, or is interrupted while it waits for the user."""

    def __init__(self, problem=None):
        self.problem, self.kept = problem, None

    def set_password(self, _service, _name, password):
        """Keep it."""
        self.kept = password
        self.get_password()

    def get_password(self, *_):
        """Give it."""
        if self.problem:
            raise self.problem
        return self.kept

    def delete_password(self, *_):
        """Forget it."""
        self.kept = self.get_password() and None


def use_ring(monkeypatch, ring):
    monkeypatch.setattr(keyring, "get_keyring", lambda: SimpleNamespace(priority=5))
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(ring, name))


@pytest.mark.usefixtures("typist")
@pytest.mark.parametrize("ring", [None, Ring()], ids=["file", "keyring"])
def test_login_and_logout_tell_nothing(notebook, watch, monkeypatch, ring):
    if ring:
        use_ring(monkeypatch, ring)
    for source in ("%spark_config login", "%spark_config", "%spark hello", "%spark_config logout"):
        assert watch.leaks(notebook.run(source)) == set()


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), EOFError()])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_login_that_is_given_up_tells_nothing(notebook, watch, typist, problem, at):
    typist.answers[at] = problem
    assert watch.leaks(all_of(notebook.fails("%spark_config login"), notebook)) == set()


@pytest.mark.usefixtures("typist")
@pytest.mark.parametrize("problem", [KeyboardInterrupt(), RuntimeError("locked"), MemoryError()])
def test_a_keyring_that_fails_tells_nothing(notebook, watch, monkeypatch, problem):
    """Ctrl-C, say, while it asks for its own password."""
    use_ring(monkeypatch, Ring(problem))
    assert tells(notebook, watch, "%spark_config login") == set()


@pytest.mark.usefixtures("typist")
@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("step", ["fsync", "replace", "fdopen"])
def test_a_file_that_cannot_be_written_tells_nothing(notebook, watch, monkeypatch, problem, step):
    def fails(*_):
        raise problem

    with monkeypatch.context() as patch:
        patch.setattr(Path if step == "replace" else os, step, fails)
        failure = notebook.fails("%spark_config login")
    assert watch.leaks(all_of(failure, notebook)) == set()
    assert not [p for p in credentials_file().parent.glob(".*") if leaked(p.read_bytes())]
