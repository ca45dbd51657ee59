"""No secret leaves the request in a real kernel: every message it sends and every file it writes is searched."""

import json
from pathlib import Path

import kernels
import nbformat
import pytest
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, leaked
from jupyter_client import KernelManager
from kernels import Kernel, Notebook, Run
from nbconvert import HTMLExporter

from spark_magic.sandbox import Sandbox

LOUD = """\
import logging, sys, websocket, spark_magic
logging.basicConfig(level=logging.DEBUG)
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
websocket.enableTrace(True)
from spark_magic.credentials import find_credentials
creds = find_credentials()
client = spark_magic.Client(spark_magic.Settings(), creds)"""
CHAINED = "try:\n    %spark {}\nexcept Exception as problem:\n    raise RuntimeError('mine') from problem"
BY_HAND = "mine = creds.api_key\nlist(client.stream([spark_magic.Message('user', {!r})]))"
GOOD = [
    *("%%spark\nsandbox: say **hi**", "%spark hello", "%spark --dry-run hi", "%spark_config", "%spark_config --check"),
    *("%spark_config --list-models", "%whos", "%config SparkMagics", "creds", "[client, creds]", "creds?", "client??"),
    *("%history -o", "%%spark -o kept\nsandbox: think 3", "kept, vars(client)", "%spark_reset", "%spark??"),
]
BAD = [
    *("%spark sandbox: error 11200", "%spark sandbox: error 10013 after 9", "%spark sandbox: drop after 3"),
    *("%spark sandbox: raw {}", CHAINED.format("sandbox: error 10907"), CHAINED.format("sandbox: close after 2")),
    *(BY_HAND.format("sandbox: error 11201"), BY_HAND.format("sandbox: raw no JSON"), "%tb"),
    "creds.of('one', creds, 'two words')",
    "import pickle; pickle.dumps(client._credentials)",
]


@pytest.fixture(scope="module")
def server():
    """A sandbox whose keys are the canaries."""
    with Sandbox(**CANARIES) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def canaries_in_the_environment():
    """Have the kernels' keys be the canaries, and what kernels print to the terminal kept."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("APP_ID", APP_ID), ("API_KEY", API_KEY), ("API_SECRET", API_SECRET)):
            patch.setattr(kernels, name, value)
        yield patch


@pytest.fixture(scope="module")
def session(server, tmp_path_factory, canaries_in_the_environment):
    """A kernel in which everything is as loud as it can be, and its home."""
    home = tmp_path_factory.mktemp("loud")
    start = KernelManager.start_kernel
    with (home / "terminal.txt").open("wb") as terminal:
        canaries_in_the_environment.setattr(
            KernelManager, "start_kernel", lambda self, **named: start(self, stdout=terminal, stderr=terminal, **named)
        )
        kernel = Kernel(home, server)
        kernel.run("%xmode Verbose\n%spark_config --retries 0")
        kernel.run(LOUD)
        yield kernel, home
        kernel.close()


def sent_by(kernel, start=0):
    """Return everything the kernel has sent: contents, metadata and buffers of every message."""
    log = kernel.log[start:]
    return [(m["content"], m["metadata"], m["header"], list(map(bytes, m["buffers"]))) for m in log]


def written_in(home):
    """Return every file the kernel has written, the history's database among them; not the one that keeps the keys."""
    return {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.stem != "credentials"}


def test_no_message_and_no_file_has_a_secret(session, server):
    """With every cell as from JupyterLab, where the view is made of widgets, and as from nbclient."""
    kernel, home = session
    asked = len(server.requests)
    for number, source in enumerate(GOOD):
        kernel.run(source, f"cell-{number}" * (number % 2))
    for number, source in enumerate([*BAD, *BAD[:3]]):
        run = kernel.run(source, f"bad-{number}" * (number % 2), fails=source != "%tb")
        assert leaked([run.messages, run.reply]) == set(), source
    assert len(server.requests) > asked + 10
    assert {m["msg_type"] for m in kernel.log} >= {"comm_open", "comm_msg", "error", "stream", "update_display_data"}
    kernel.run("get_ipython().history_manager.writeout_cache()")
    files = written_in(home)
    assert b"%spark hello" in files["history.sqlite"]
    assert leaked(sent_by(kernel)) == set()
    assert leaked(files) == set()


@pytest.mark.parametrize(
    "code", ["creds.", "creds.api_key.", "client._", "spark_magic.", "creds", "%spark_config --", "%spark -m "]
)
def test_no_completion_and_no_inspection_has_a_secret(session, code):
    client = session[0].client
    replies = [client.complete(code, reply=True, timeout=60)]
    replies += [client.inspect(code.rstrip("._- "), detail_level=level, reply=True, timeout=60) for level in (0, 1)]
    assert leaked([reply["content"] for reply in replies]) == set()


def test_the_logging_is_on(session):
    """Somebody else's connection is logged, so ours would be."""
    kernel, _ = session
    other = "try:\n    websocket.create_connection('ws://127.0.0.1:{}/v4.0/chat?canary=xyz')\nexcept Exception: pass"
    run = kernel.run(other.format("' + spark_magic.Settings().target().model.url.split(':')[2].split('/')[0] + '"))
    assert "canary=xyz" in run.text
    assert kernel.value("logging.getLogger('websocket').isEnabledFor(10)") is True


def test_login_shows_keys_nowhere_and_leaves_the_environment_alone(session, server):
    """They come over the stdin channel, and the kernel says nothing of them on any other."""
    kernel, home = session
    kernel.run("import os\nsaved = {n: os.environ.pop(n) for n in list(os.environ) if n[-2:] in ('ID', 'EY', 'ET')}")
    before = len(kernel.log)
    run, questions = Run(), []
    request = kernel.start("%spark_config login")
    for value in CANARIES.values():
        questions.append(kernel.client.get_stdin_msg(timeout=60))
        kernel.client.input(value)
    kernel.finish(request, run)
    assert run.reply["status"] == "ok"
    assert all(one["content"]["password"] for one in questions)
    asked = len(server.requests)
    kernel.run("%spark hello", "a-cell")
    kernel.run("%spark_config")
    assert len(server.requests) == asked + 1
    assert leaked(kernel.value("dict(os.environ)")) == set()
    kernel.run("%spark_config logout")
    kernel.run("get_ipython().history_manager.writeout_cache()")
    kernel.run("del saved")
    assert len(kernel.log) > before
    assert leaked([sent_by(kernel, before), questions, run.reply]) == set()
    assert leaked(written_in(home)) == set()


def test_a_saved_notebook_has_no_secret(tmp_path, server):
    """With the state of its widgets, as nbclient saves it, and turned into HTML."""
    colab = "type(get_ipython()).__module__ = 'google.colab._shell'"  # where every cell has widgets
    sources = ("%load_ext spark_magic", "%xmode Verbose", LOUD, colab, *GOOD[:6], *BAD[:6], "print('went on')")
    book = Notebook(tmp_path, server, *sources)
    book.client.allow_errors = True
    assert book.client.store_widget_state
    book.run()
    assert book.cells[-1].outputs[0].text == "went on\n"
    assert "widgets" in book.content.metadata
    assert leaked(json.loads(nbformat.writes(book.content))) == set()
    assert leaked(HTMLExporter().from_notebook_node(book.content)[0]) == set()
    assert leaked({str(path): path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file()}) == set()
