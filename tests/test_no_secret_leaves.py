"""No secret leaves the request: every magic and every failure with canary keys, then everything is searched.

Everything is what a cell prints, what any logger says at DEBUG with websocket-client's trace switched on, and of an
exception all that its chain and its frames' locals reach, pickled, copied, and shown by IPython's verbose mode.
"""

import getpass
import json
import pickle
import sys

import pytest
from asking import at
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, ENVIRONMENT, FORMS, leaked
from cells import all_models_at, write_config
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from watching import Watch, ways_to_show

from spark_magic import auth
from spark_magic.client import Client
from spark_magic.credentials import Credentials, credentials_file, find_credentials, save_credentials
from spark_magic.errors import CODES, ConfigurationError
from spark_magic.private_file import write_private
from spark_magic.sandbox import Sandbox

MADE = Credentials.of(**CANARIES)
OTHER_KEY = "d02b86fa4c9e4d7185a3f60b1ce97d24"  # of the right shape, and nobody's


@pytest.fixture
def watch(capsys):
    """Listen to everything from here on."""
    watching = Watch(capsys.readouterr)
    yield watching
    watching.close()


@pytest.fixture
def vendor(monkeypatch):
    """Return a sandbox whose keys are the canaries, in the vendor's place; the keys are in the environment."""
    with Sandbox(**CANARIES) as box:
        all_models_at(box)
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        yield box


@pytest.fixture
def notebook(vendor, start, watch):
    """Return an IPython that shows the locals of every frame, and knows a client and credentials."""
    made = start().load()
    made.run("%xmode Verbose\n%spark_config --retries 0")
    made.names.update(creds=find_credentials(), client=Client(at(vendor), MADE), key=MADE.api_key)
    assert watch.leaks() == set()
    return made


def all_of(problem, cells=None):
    return list(ways_to_show(problem, cells and cells.shell))


def tells(notebook, watch, source):
    """Run a cell that may fail; return what it tells."""
    problem = notebook.shell.run_cell(source).error_in_exec
    return watch.leaks(all_of(problem, notebook) if problem else ())


# that there is something to find


def test_the_watch_hears_what_is_logged_and_printed(watch):
    """And sees into what a record carries."""
    import logging

    logging.getLogger("anybody").debug("got %s", {"key": [API_KEY]})
    assert watch.leaks() == {"api_key"}
    print(f"Printed: {API_SECRET}")
    assert watch.leaks() == {"api_secret"}
    print(FORMS["base64"](API_KEY), file=sys.stderr)
    assert watch.leaks() == {"api_key"}
    assert watch.leaks() == set()


def test_the_librarys_trace_would_tell_all(vendor, watch):
    """So it is of some use that it is not heard of in our connections."""
    import websocket

    url = auth.sign_url(vendor.url(), MADE, vendor.now()).reveal()
    websocket.create_connection(url).close()
    assert watch.leaks() >= {"api_key", "signature"}


def test_the_canaries_were_really_sent(notebook, vendor, watch):
    notebook.run("%spark hello")
    assert vendor.requests[-1]["header"]["app_id"] == APP_ID
    assert watch.signatures
    assert watch.leaks() == set()


# every magic

ASKING = [
    "%spark sandbox: say hi",
    "%xinghuo sandbox: say hi",
    "%%spark\nsandbox: say one",
    "%%spark -m ultra -s 'be brief' -t 0.5 --top-k 3 --max-tokens 50 -o kept\nsandbox: say two",
    "%%spark --no-history\nthree",
    "%%spark --dry-run\nfour",
    "%%spark -m x1\nfive",
    "%%spark -m sandbox\nsix",
    "import spark_magic\nspark_magic.ask('seven')",
    "events = list(client.stream([spark_magic.Message('user', 'eight')]))\nevents",
]
SETTING = [
    "%spark_config",
    "%spark_config --model ultra --system 'You are brief.' --temperature 0.5 --top-k 4 --max-tokens 100",
    "%spark_config --open-timeout 9 --send-timeout 9 --first-timeout 9 --idle-timeout 9 --total-timeout 9",
    "%spark_config --lang zh",
    "%spark_config --lang en",
    "%spark_config --list-models",
    "%spark_config --check",
    "%spark_config --reset",
    "%spark_config logout",
    "%spark_reset",
    "%spark_reset --system",
    "%spark --help",
    "%%spark --help\nx",
    "%spark_config --help",
    "%spark_reset --help",
    "%reload_ext spark_magic",
]
LOOKING = [
    *("%config SparkMagics", "%whos", "%who", "%who_ls Credentials", "%lsmagic", "%history -o -n", "%env SPARK_LANG"),
    *("%spark?", "%spark??", "%%spark??", "%spark_config??", "%psource client", "%pdoc creds", "%pfile client"),
    *("client?", "client??", "creds?", "creds??", "key?", "key??", "key.reveal??", "creds.of?", "spark_magic.ask??"),
    *("creds", "key", "client", "[creds, key, client]", "print(creds, key)", "vars(client)", "f'{key!r:>60}{key}'"),
    "import dataclasses\ndataclasses.asdict(creds), dataclasses.astuple(creds), dataclasses.replace(creds)",
    "import copy\ncopy.copy(creds), copy.deepcopy([client]), copy.copy(key)",
    "import inspect\ninspect.signature(creds.of), inspect.getdoc(client), inspect.getsource(type(creds))",
    "import logging\nlogging.getLogger().warning('%s %r %s', creds, key, client)",
    "import warnings\nwarnings.warn(f'{creds}', stacklevel=1)"
    if False
    else "import pprint\npprint.pprint([creds, key])",
    "import json\njson.dumps([creds, key], default=str)",
    "import sys\nsys.stderr.write(f'{creds!r}')",
    "import locale, platform\nlocals().keys(), dir(creds), dir(key)",
]


@pytest.mark.parametrize("cells", [ASKING, SETTING, LOOKING], ids=["asking", "setting", "looking"])
def test_no_magic_tells(notebook, watch, cells):
    for source in ["import spark_magic", *cells]:
        value = notebook.run(source)
        assert watch.leaks(value, pickled(value)) == set(), source
    kept = {name: notebook.names.get(name) for name in ("In", "Out", "_", "__", "_i", "kept")}
    assert watch.leaks(kept, notebook.magics, notebook.magics.state) == set()


def pickled(value):
    try:
        return pickle.dumps(value)
    except Exception as problem:  # noqa: BLE001  # refused, that is
        return problem


def test_the_log_and_the_notebook_that_ipython_writes(notebook, watch, tmp_path):
    notebook.run(f"%logstart -o -r -t {tmp_path / 'log.py'} rotate")
    for source in ("%spark hello", "%spark_config", "creds", "%spark_config --check"):
        notebook.run(source)
    notebook.fails("%spark sandbox: error 11200")
    notebook.run("%logstop")
    assert "hello" in (tmp_path / "log.py").read_text(encoding="utf-8")
    assert watch.leaks([path.read_bytes() for path in tmp_path.iterdir()]) == set()


def test_nothing_that_holds_keys_is_stored_by_ipython(notebook, watch, tmp_path):
    """`%store` pickles a variable into the profile's database."""
    notebook.run("%load_ext storemagic")
    for name in ("creds", "key", "client"):
        watch.leaks(notebook.shell.run_cell(f"%store {name}").error_in_exec)
        assert watch.leaks() == set()
    folder = notebook.shell.ipython_dir
    assert leaked([p.read_bytes() for p in __import__("pathlib").Path(folder).rglob("*") if p.is_file()]) == set()


@pytest.mark.parametrize(
    "text", ["creds.", "creds.api_key.", "key.", "client.", "client._", "spark_magic.", "%spark_config --", "creds"]
)
def test_completion_tells_names_and_no_values(notebook, watch, text):
    notebook.run("import spark_magic")
    with notebook.shell.builtin_trap, provisionalcompleter():
        found = list(notebook.shell.Completer.completions(text, len(text)))
    assert found
    assert watch.leaks(found) == set()


@pytest.mark.parametrize("name", ["creds", "key", "client", "creds.api_key", "key.reveal"])
@pytest.mark.parametrize("level", [0, 1])
def test_inspecting_tells_nothing(notebook, watch, name, level):
    assert watch.leaks(notebook.shell.object_inspect_mime(name, detail_level=level)) == set()
    assert watch.leaks(notebook.shell.object_inspect_text(name, detail_level=level)) == set()


# every failure


FAILING = [
    *("sandbox: close", "sandbox: close 1011 after 2", "sandbox: drop", "sandbox: drop after 2", "sandbox: nonsense"),
    *("sandbox: raw no JSON", "sandbox: raw {}", 'sandbox: raw {"header":{"code":0,"sid":"s"}}', "half a \ud800"),
    *(f"sandbox: error {code}" for code in CODES),
    *(f"sandbox: error {code} after 2" for code in (10013, 10019, 11200, 99999)),
]


def test_no_failed_question_tells(notebook, watch):
    """Neither by itself, nor where the user's own error is raised from it: there IPython shows our frames."""
    for text in FAILING:
        for source in (f"%spark {text}", f"try:\n  %spark {text}\nexcept Exception as e:\n  raise OSError(1) from e"):
            if text == "sandbox: error 10019 after 2":
                continue  # no failure: the answer is there and marked
            problem = notebook.fails(source)
            found = watch.leaks(all_of(problem, notebook))
            assert found == set(), source


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("--first-timeout 0.1", "sandbox: delay 3"),
        ("--idle-timeout 0.1", "sandbox: stall after 1"),
        ("--total-timeout 0.2", "sandbox: count 1000 rate 20"),
    ],
)
def test_no_deadline_tells(notebook, watch, options, text):
    notebook.run(f"%spark_config {options}")
    assert watch.leaks(all_of(notebook.fails(f"%spark {text}"), notebook)) == set()
    notebook.run("%spark_config --reset")


def test_no_refusal_of_keys_or_clock_tells(notebook, watch, vendor, monkeypatch):
    for name in ("SPARK_API_KEY", "SPARK_API_SECRET"):
        with monkeypatch.context() as patch:
            patch.setenv(name, OTHER_KEY)
            for source in ("%spark hi", "%spark_config --check"):
                problem = notebook.fails(source)
                assert watch.leaks(all_of(problem, notebook)) == set(), source
                assert leaked(all_of(problem, notebook), {"other": OTHER_KEY}) == set()
    vendor.clock_offset = 3600
    assert tells(notebook, watch, "%spark hi") == set()


ADDRESSES = [
    "ws://127.0.0.1:9/v4.0/chat",  # nobody listens
    "wss://127.0.0.1:9/v4.0/chat",
    "wss://no-such-host.xf-yun.com.invalid./v4.0/chat",
    "wss://somebody.example/v4.0/chat",  # a stranger
    "ws://spark-api.xf-yun.com/v4.0/chat",  # in the clear
    f"wss://spark-api.xf-yun.com/v4.0/chat?authorization={FORMS['base64'](API_KEY)}&date=x&host=y",
    f"wss://{API_KEY}:{API_SECRET}@spark-api.xf-yun.com/v4.0/chat",
    f"wss://spark-api.xf-yun.com/v4.0/chat#{API_KEY}",
    API_KEY,  # pasted into the wrong variable
    f"{API_KEY}:{API_SECRET}",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_no_wrong_address_tells(notebook, watch, monkeypatch, url):
    """Also one that somebody has copied with its signature."""
    monkeypatch.setenv("SPARK_URL", url)
    monkeypatch.setenv("SPARK_DOMAIN", "4.0Ultra")
    monkeypatch.setenv("SPARK_ALLOWED_HOSTS", "no-such-host.xf-yun.com.invalid.")
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source


def test_a_key_in_place_of_the_domain_is_not_told(notebook, watch, monkeypatch):
    monkeypatch.setenv("SPARK_DOMAIN", API_SECRET)
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source
    monkeypatch.setenv("SPARK_URL", "ws://127.0.0.1:9/elsewhere")
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source


def test_no_tls_failure_tells(notebook, watch, monkeypatch, vendor):
    monkeypatch.setenv("SPARK_URL", vendor.url().replace("ws://", "wss://"))
    monkeypatch.setenv("SPARK_DOMAIN", "4.0Ultra")
    assert watch.leaks(all_of(notebook.fails("%spark hi"), notebook)) == set()


# files and variables

CONFIGS = [
    f'api_key = "{API_KEY}"',
    f'api_secret = "{API_SECRET}',
    f'[[models]]\nalias = "x"\napi_key = "{API_KEY}"',
    f'models = "{API_KEY}"',
    f'allowed_hosts = "{API_SECRET}"',
    f"[{API_KEY}]\n[{API_KEY}]",
    f"{API_SECRET} = 1\n{API_SECRET} = 2",
    f'[[models]]\nalias = "{API_KEY} {API_SECRET}"\nurl = "wss://a"\ndomain = "b"',
    f"key = {API_KEY}",
]


@pytest.mark.parametrize("content", CONFIGS)
@pytest.mark.parametrize("source", ["%spark hi", "%spark_config", "%spark_config --list-models"])
def test_a_key_in_config_toml_is_not_told(notebook, watch, content, source):
    write_config(content)
    assert watch.leaks(all_of(notebook.fails(source), notebook)) == set()


FILES = [
    json.dumps([API_KEY, API_SECRET]),
    json.dumps(CANARIES)[:-1],
    json.dumps(CANARIES | {"api_key": [API_KEY]}),
    json.dumps(CANARIES | {"api_key": f"{API_KEY} {API_SECRET}"}),
    json.dumps(CANARIES | {"api_secret": f"'{API_SECRET}'"}),
    f"SPARK_API_KEY={API_KEY}\n",
    json.dumps(CANARIES).encode("utf-16"),
]


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_wrong_credentials_file_is_not_told(notebook, watch, monkeypatch, content, mode):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    write_private(credentials_file(), content if isinstance(content, bytes) else content.encode())
    credentials_file().chmod(mode)
    for source in ("%spark hi", "%spark_config", "%spark_config --check"):
        assert tells(notebook, watch, source) == set(), source


JUNK = [f"{API_KEY} {API_SECRET}", f"{API_KEY}\n{APP_ID}", f'"{API_KEY}"', f"{API_SECRET}\u200b", f"{API_KEY}é"]


@pytest.mark.parametrize("junk", JUNK)
def test_a_malformed_variable_is_not_told(notebook, watch, monkeypatch, junk):
    for name in ENVIRONMENT:
        with monkeypatch.context() as patch:
            patch.setenv(name, junk)
            for source in ("%spark hi", "%spark_config", "%spark_config --check"):
                assert tells(notebook, watch, source) == set(), source


@pytest.mark.parametrize("junk", [*JUNK, API_KEY.encode(), [API_KEY], None, 7, bytearray(API_KEY, "ascii")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_key_is_refused_without_telling(watch, junk, place):
    """Of whatever type; the frames of ours have none of the three in the clear."""
    values = [APP_ID, API_KEY, API_SECRET]
    values[place] = junk
    with pytest.raises((ConfigurationError, TypeError)) as caught:
        Credentials.of(*values)
    assert watch.leaks(all_of(caught.value)) == set()


def test_keys_from_the_file_do_not_get_into_the_environment(notebook, vendor, watch, monkeypatch):
    import os

    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    save_credentials(MADE)
    notebook.run("%spark hello")
    notebook.run("%spark_config")
    assert len(vendor.requests) == 1
    assert watch.leaks(dict(os.environ), notebook.run("%env")) == set()


# what is typed

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

    def __call__(self, prompt):
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
    """A keyring in memory that is there, or fails, or is interrupted while it waits for the user."""

    priority = 5

    def __init__(self, problem=None):
        self.problem, self.kept = problem, None

    def set_password(self, service, name, password):
        if self.problem:
            raise self.problem
        self.kept = password

    def get_password(self, service, name):
        if self.problem:
            raise self.problem
        return self.kept

    def delete_password(self, service, name):
        if self.problem:
            raise self.problem
        self.kept = None


def use_ring(monkeypatch, ring):
    import keyring

    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(ring, name))
    return ring


@pytest.mark.parametrize("ring", [None, Ring()], ids=["file", "keyring"])
def test_login_and_logout_tell_nothing(notebook, watch, monkeypatch, typist, ring):
    if ring:
        use_ring(monkeypatch, ring)
    for source in ("%spark_config login", "%spark_config", "%spark hello", "%spark_config logout"):
        assert watch.leaks(notebook.run(source)) == set()


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), EOFError()])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_login_that_is_given_up_tells_nothing(notebook, watch, typist, problem, at):
    typist.answers[at] = problem
    assert watch.leaks(all_of(notebook.fails("%spark_config login"), notebook)) == set()


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), RuntimeError("locked"), MemoryError()])
def test_a_keyring_that_fails_tells_nothing(notebook, watch, monkeypatch, typist, problem):
    """Ctrl-C, say, while it asks for its own password."""
    use_ring(monkeypatch, Ring(problem))
    assert tells(notebook, watch, "%spark_config login") == set()


@pytest.mark.usefixtures("typist")
@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("step", ["fsync", "replace", "fdopen"])
def test_a_file_that_cannot_be_written_tells_nothing(notebook, watch, monkeypatch, problem, step):
    import os
    from pathlib import Path

    def fails(*_):
        raise problem

    with monkeypatch.context() as patch:
        patch.setattr(Path if step == "replace" else os, step, fails)
        failure = notebook.fails("%spark_config login")
    assert watch.leaks(all_of(failure, notebook)) == set()
    assert not [p for p in credentials_file().parent.glob(".*") if leaked(p.read_bytes())]
