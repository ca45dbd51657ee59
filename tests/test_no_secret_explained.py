"""No secret travels with an error that is to be explained: ours or another's, whoever wrote it where."""

import json
import sys
from pathlib import Path

import pytest
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, ENVIRONMENT, FORMS, leaked
from watching import all_of

from spark_magic.credentials import credentials_file
from spark_magic.magics.failure_report import Report
from spark_magic.magics.withheld import Withholding, words_of
from spark_magic.private_file import write_private

FOREIGN = {"token": "sk-Qm7Zr2Lk9Xw4Tb6Vn1Pd8Hs3", "address": "postgres://u:hunter2@db.example/x", "short": "Tr0ub"}
VARIABLES = {"OPENAI_TOKEN": FOREIGN["token"], "DB_URL": FOREIGN["address"], "DB_PASSWORD": FOREIGN["short"]}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    """Secrets of other services in the environment."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def explained(notebook, vendor, source, line=""):
    """Return what was sent about the messages of a cell that fails; the app id in its header is where it belongs."""
    notebook.fails(source)
    notebook.run(f"%spark_explain --no-history {line}")
    return json.dumps(vendor.requests[-1]["payload"], ensure_ascii=False)


PLACES = {
    "the message": "raise ValueError({text!r})",
    "the cell": "x = {text!r}\n1 / 0",
    "a comment": "# {text}\n1 / 0",
    "both": "x = {text!r}\nraise ValueError(x + '!')",
    "a name": "globals()[{text!r}]",
    "a note": "e = ValueError()\ne.add_note({text!r})\nraise e",
    "a cause": "try:\n    raise OSError({text!r})\nexcept OSError as e:\n    raise ValueError from e",
    "a group": "raise ExceptionGroup('g', [ValueError({text!r})])",
    "a cell that is no Python": "x = {text!r} {text!r} ((",
    "bytes": "raise ValueError({text!r}.encode())",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_key_travels_wherever_it_stands(notebook, vendor, place):
    for secret in (*CANARIES.values(), *FOREIGN.values()):
        sent = explained(notebook, vendor, PLACES[place].format(text=secret))
        assert leaked(sent, FOREIGN) == set(), secret
    assert "A cell of my Jupyter notebook failed" in sent


@pytest.mark.parametrize("form", FORMS)
def test_nor_in_another_form(monkeypatch, form):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for secret in (API_KEY, API_SECRET):
        source = f"# before\nx = {FORMS[form](secret)!r}\n1 / 0"
        withholding = Withholding(source)
        hidden = withholding.source()
        error = withholding.text(
            f"Traceback\n{FORMS[form](secret)}\nValueError: {FORMS[form](secret)}", words_of(hidden)
        )
        assert leaked([hidden, error]) == set()
        assert hidden.startswith("# before\n")
        assert hidden.endswith("\n1 / 0")
        assert error.startswith("Traceback\n")
        assert withholding.restored(hidden) == source.replace("\0", "")


@pytest.mark.parametrize("offset", range(0, 24, 3))
def test_nor_half_of_one_where_a_long_message_is_cut(offset):
    for before, after in ((970 + offset, 5000), (5000, 2980 + offset)):
        problem = ValueError("y " * before + FOREIGN["address"] + " x" * after)
        sent = Withholding().text(Report(problem, lambda file: "").text)  # noqa: ARG005  # no file is a cell's
        assert not any(FOREIGN["address"][start : start + 4] in sent for start in range(len(FOREIGN["address"]) - 4))


def test_nor_do_the_locals_of_any_call(notebook, vendor):
    sent = explained(
        notebook, vendor, f"def f(key):\n    local = key[::-1]\n    return 1 / 0\nf('{API_KEY[:16]}' + 'x')"
    )
    assert leaked(sent) == set()
    assert "ZeroDivisionError" in sent


def test_a_key_that_nobody_told_us_of_is_known_by_its_looks(notebook, vendor):
    unknown = {"unknown": "hT7kQ2mX9bL4vR8nW3cZ"}
    for place in ("the message", "the cell", "both", "bytes"):
        assert leaked(explained(notebook, vendor, PLACES[place].format(text=unknown["unknown"])), unknown) == set(), (
            place
        )


def test_what_is_no_key_stays(notebook, vendor):
    """Long names with numbers in them, rules and paths of the user's are what the explanation is about."""
    source = (
        "def compute_features_v2_final(frame_2024_01):\n"
        "    # ------------------------------------------\n"
        "    return frame_2024_01['customer_lifetime_value_2024']\n"
        "compute_features_v2_final({'data/raw/2024/january/sales_table_1.csv': 1})"
    )
    sent = explained(notebook, vendor, source)
    for word in ("compute_features_v2_final", "'customer_lifetime_value_2024'", "-----", "sales_table_1.csv"):
        assert word in sent
    assert "withheld" not in sent


def test_nor_does_a_saved_key_that_the_environment_overrides(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    saved = dict.fromkeys(CANARIES, "a-key-of-words")
    write_private(credentials_file(), json.dumps(saved).encode())
    assert "a-key-of-words" not in Withholding().text("refused: a-key-of-words")


def test_the_home_directory_goes_by_its_name(notebook, vendor):
    home = str(Path.home())
    sent = explained(notebook, vendor, f"open({home + '/no/such/file'!r})")
    assert home not in sent
    assert "[HOME]/no/such/file" in sent


def test_a_short_home_directory_does_too(monkeypatch):
    monkeypatch.setenv("HOME", "/hm")
    assert Withholding("open('/hm/x')").source() == "open('[HOME]/x')"


def test_what_is_part_of_a_secret_does_not_lay_its_rest_bare(monkeypatch):
    whole, part = "correct horse battery staple", "horse battery"
    monkeypatch.setenv("A_PART", part)
    monkeypatch.setenv("THE_WHOLE", whole)
    assert Withholding(f"{whole}, {part}").source() == "[THE_WHOLE], [A_PART]"


def test_nothing_is_shown_or_kept_of_them(notebook, vendor, watch):
    """The dry run says what would be sent, and no more."""
    notebook.run("import os")
    notebook.fails("raise ValueError(os.environ['SPARK_API_KEY'] + os.environ['DB_URL'])")
    watch.leaks()
    notebook.run("%spark_explain --dry-run")
    notebook.run("%spark_explain --fix")
    assert len(vendor.requests) == 1
    for name in ("last_value", "last_exc", "last_traceback"):  # the user's own error
        vars(sys).pop(name, None)
    assert watch.leaks(notebook.magics.state) == set()


def test_a_failure_of_the_explaining_tells_nothing(notebook, vendor, watch):
    notebook.run("import os")
    notebook.fails("raise ValueError(os.environ['SPARK_API_KEY'])")
    watch.leaks()
    problem = notebook.fails("%spark_explain sandbox: error 10013")
    assert vendor.requests
    assert leaked(f"{problem} {problem!r}") == set()
    notebook.magics.state.unexplained = None  # the user's own error, which IPython has forgotten by now
    assert watch.leaks(all_of(problem, notebook)) == set()


def test_the_app_id_is_in_the_header_alone(notebook, vendor):
    sent = explained(notebook, vendor, f"raise ValueError('{APP_ID}')")
    assert APP_ID not in sent
    assert vendor.requests[-1]["header"]["app_id"] == APP_ID
