"""No secret leaves by `%%spark_map`: not in what is sent, shown, logged, put into the table or written to the journal.

Most of a table is foreign: a cell may hold a key, and a server may say again what it was told.
"""

import json
import logging
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest
from asking import served_frames
from canaries import API_KEY, API_SECRET, APP_ID, FORMS, leaked
from cells import messages_of
from watching import all_of, tells

from spark_magic.batch import task
from spark_magic.journal import default_file
from spark_magic.messages import say

KEYS = [APP_ID, API_KEY, API_SECRET]
MAP = "%%spark_map table -o made {}\n{}"


@pytest.fixture
def made(notebook, watch):
    """Return what maps a question over a table and gives the new columns; nothing may be told meanwhile."""

    def run(rows, line="", question="{{ t }}"):
        notebook.names["table"] = [{"t": text} for text in rows]
        assert tells(notebook, watch, MAP.format(line, question)) == set()
        return [{name: cell for name, cell in row.items() if name != "t"} for row in notebook.names.get("made") or ()]

    return run


def written():
    """Return the bytes of the journal and of what belongs to it."""
    return {path.name: path.read_bytes() for path in default_file().parent.iterdir()}


def sent(vendor):
    return [messages_of(request) for request in vendor.requests]


def test_there_is_something_to_find(notebook, watch):
    """The table itself has the keys: it is the user's own."""
    notebook.names["table"] = [{"t": API_KEY}]
    notebook.run("table")
    assert watch.leaks() == {"api_key"}


@pytest.mark.parametrize("form", ["verbatim", *sorted(set(FORMS) - {"verbatim"})])
def test_a_cell_that_holds_a_key_does_not_travel(made, vendor, form, capsys):
    """The row is asked without it, the line before the run says so, and neither answer nor journal has it."""
    rows = [f"sandbox: say my key is {FORMS[form](key)}" for key in (API_KEY, API_SECRET)]
    rows += [f"sandbox: say {APP_ID}", "sandbox: say fine"]
    found = made(rows)
    capsys.readouterr()
    assert len(found) == 4
    assert found[-1]["answer"] == "fine"
    assert leaked([sent(vendor), found, written()]) == set()


def test_the_user_is_told_that_something_was_withheld(notebook, capsys):
    notebook.names["table"] = [{"t": f"sandbox: say {API_KEY}"}]
    notebook.run(MAP.format("", "{{ t }}"))
    assert say("note.credentials_withheld") in capsys.readouterr().out
    notebook.names["table"] = [{"t": "sandbox: say fine"}]
    notebook.run(MAP.format("", "{{ t }}"))
    assert say("note.credentials_withheld") not in capsys.readouterr().out


def test_nor_by_the_whole_row_or_an_item_of_it(made, vendor):
    for question in ("{{ row }}", "{{ row['t'] }}"):
        made([*KEYS, "fine"], question=f"say {question}")
    for question in ("{{ row['t'].upper() }}", "{{ t[::-1] }}"):
        made([API_KEY, API_SECRET, "fine"], question=f"say {question}")
    assert len(vendor.requests) == 6  # without the keys, the rows ask the same
    assert leaked([sent(vendor), written()]) == set()


def test_what_goes_wrong_with_a_cell_does_not_quote_its_key(made, notebook, vendor):
    found = made([*KEYS, f" {API_KEY} {API_SECRET}"], question="{{ int(t) }} {{ ({1: 2})[t] }}")
    found += made(KEYS, question="{{ int(t) }}")
    assert [row["answer_status"] for row in found] == ["failed"] * len(found)
    assert vendor.requests == []
    assert leaked([found, written()]) == set()
    problem = notebook.fails(MAP.format("--errors raise", "{{ int(t) }}"))
    said = (problem._render_traceback_(), repr(problem), vars(problem), pickle.dumps(problem))
    assert leaked(said) == set()  # the frames of IPython have the table itself


def test_a_file_without_a_head_does_not_tell_its_first_row(notebook, watch, tmp_path):
    (tmp_path / "keys.csv").write_text(f"{API_KEY},{API_SECRET},{APP_ID}\n1,2,3\n")
    assert tells(notebook, watch, f"%%spark_map {tmp_path}/keys.csv\n{{{{ name }}}}") == set()


@pytest.mark.parametrize("form", ["verbatim", "base64", "backwards", "hexadecimal"])
def test_a_server_that_echoes_the_keys_in_an_error_is_not_quoted(made, monkeypatch, form):
    """In the row's error, in the cell's own, and in the journal."""
    logging.getLogger("websockets.server").setLevel(logging.WARNING)  # the server's own, which was told
    said = " ".join(FORMS[form](key) for key in KEYS)
    header = {"code": 10013, "message": f"no {said}", "sid": said, "status": 2}
    with served_frames(json.dumps({"header": header})) as url:
        monkeypatch.setenv("SPARK_URL", url)
        monkeypatch.setenv("SPARK_DOMAIN", "4.0Ultra")
        [row] = made(["one"])
        assert row["answer_code"] == 10013
        assert leaked([row, written()]) == set()
        made(["two"], "--errors raise")
        assert leaked(written()) == set()
    with served_frames(json.dumps({"header": header | {"code": 11200}})) as url:
        monkeypatch.setenv("SPARK_URL", url)
        made(["three", "four"])


@pytest.mark.parametrize(
    "line",
    ["--workers 2", "--dry-run", "--fresh", "--retry-failed", "--errors raise", "--limit 1", "-f json", "-m nobody"],
)
def test_no_option_makes_it_tell(made, line):
    made(["sandbox: say a", "sandbox: error 10013", "sandbox: raw no JSON", "sandbox: drop"], f"{line} --workers 2")
    made(["sandbox: say a", "sandbox: error 11200"], line)


@pytest.mark.parametrize("key", [API_KEY, API_SECRET])
def test_a_key_on_the_line_is_not_repeated(notebook, watch, key):
    for line in (f"table --into {key}", f"table --api-key={key}", f"{key}", f"table --executor {key}"):
        problem = notebook.fails(f"%%spark_map {line}\n{{{{ t }}}}")
        assert leaked(f"{problem}") == set(), line
    watch.leaks()


def test_the_plain_call_tells_nothing(notebook, watch):
    notebook.names["table"] = [{"t": "sandbox: say a"}, {"t": "sandbox: error 10013"}]
    notebook.run("import spark_magic")
    notebook.run("made = spark_magic.map_prompts(table, '{{ t }}')")
    assert watch.leaks(notebook.names["made"]) == set()
    for call in ("table, 'hi'", "table, '{{ x }}'", "table, '{{ t }}', fresh=True, errors='raise'", "[], ''"):
        assert watch.leaks(all_of(notebook.fails(f"spark_magic.map_prompts({call})"), notebook)) == set()


def test_what_goes_to_a_worker_is_without_keys(notebook, vendor, watch):
    """A task and an outcome are all that a pickle of another process's executor has."""
    seen = []

    class Spy(ThreadPoolExecutor):
        def submit(self, function, *arguments):
            seen.append(pickle.dumps((function, arguments)))
            future = super().submit(function, *arguments)
            future.add_done_callback(lambda done: seen.append(pickle.dumps(done.result())))
            return future

    notebook.names["table"] = [{"t": "sandbox: say a"}, {"t": "sandbox: error 10013"}, {"t": API_KEY}]
    with Spy(2) as pool:
        notebook.names["pool"] = pool
        notebook.run(MAP.format("--executor pool", "{{ t }}"))
    assert len(seen) == 6
    assert leaked([*seen, *map(pickle.loads, seen)]) == set()
    assert len(vendor.requests) == 3
    assert watch.leaks() == set()


def test_a_worker_of_another_process_has_keys_of_its_own(notebook, vendor):
    """It reads its own environment: what is sent to it has none."""
    notebook.names["table"] = [{"t": "sandbox: say a"}, {"t": "sandbox: say b"}]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        notebook.names["pool"] = pool
        notebook.run(MAP.format("--executor pool", "{{ t }}"))
    assert [row["answer"] for row in notebook.names["made"]] == ["a", "b"]
    assert {request["header"]["app_id"] for request in vendor.requests} == {APP_ID}


def test_nothing_of_a_run_stays_behind(made):
    made(["sandbox: say a", "sandbox: error 11200"])
    assert task.DESKS == {}


def test_the_journals_file_is_its_owners_alone(made):
    made(["sandbox: say a"])
    assert default_file().stat().st_mode & 0o077 == 0
    assert default_file().parent.stat().st_mode & 0o077 == 0


def test_a_frame_shows_none_in_its_new_columns(notebook, watch, vendor):
    notebook.names["table"] = pd.DataFrame({"t": [f"sandbox: say {key}" for key in KEYS]})
    assert tells(notebook, watch, MAP.format("", "{{ t }}")) == set()
    assert leaked(notebook.names["made"].drop(columns="t").to_csv()) == set()
    assert leaked(sent(vendor)) == set()
