"""No secret leaves the request: every magic with canary keys, then everything is searched.

Everything is what a cell prints, what any logger says at DEBUG with websocket-client's trace switched on, and all that
a cell's value reaches; see `watching.py`. Failures are in `test_no_secret_in_failures.py`.
"""

import logging
import pickle
import sys
from pathlib import Path

import pytest
import websocket
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, FORMS, leaked
from IPython.core.completer import provisionalcompleter
from watching import SETTING

from spark_magic import auth
from spark_magic.credentials import Credentials

MADE = Credentials.of(**CANARIES)


# that there is something to find


def test_the_watch_hears_what_is_logged_and_printed(watch):
    """And sees into what a record carries."""
    logging.getLogger("anybody").debug("got %s", {"key": [API_KEY]})
    assert watch.leaks() == {"api_key"}
    sys.stdout.write(f"Printed: {API_SECRET}")
    assert watch.leaks() == {"api_secret"}
    sys.stderr.write(FORMS["base64"](API_KEY))
    assert watch.leaks() == {"api_key"}
    assert watch.leaks() == set()


def test_the_librarys_trace_would_tell_all(vendor, watch):
    """So it is of some use that it is not heard of in our connections."""
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


def test_nothing_that_holds_keys_is_stored_by_ipython(notebook, watch):
    """`%store` pickles a variable into the profile's database."""
    notebook.run("%load_ext storemagic")
    for name in ("creds", "key", "client"):
        watch.leaks(notebook.shell.run_cell(f"%store {name}").error_in_exec)
        assert watch.leaks() == set()
    folder = notebook.shell.ipython_dir
    assert leaked([p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()]) == set()


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
