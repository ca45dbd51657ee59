"""What a newcomer reads is true: the READMEs name every option, and the tour runs from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import spark_magic.errors
from spark_magic.errors import CODES, SparkError
from spark_magic.magics.parsers import config_parser, reset_parser, spark_parser
from spark_magic.target import Limits

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "docs/README.zh-CN.md"]
RELIABILITY = ["docs/reliability.md", "docs/reliability.zh-CN.md"]
THREATS = "docs/threat-model.md"
COMMANDS = [
    'python -m pip install ".[demo]" && jupyter lab demo.ipynb',
    'python -m pip install ".[test]" && python -m pytest',
]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def tour():
    return nbformat.read(ROOT / "demo.ipynb", as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """The text of a cell's outputs."""
    return "\n".join(
        output.get("text") or output.get("data", {}).get("text/plain") or "\n".join(output.get("traceback", []))
        for output in cell.outputs
    )


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_the_two_commands(name):
    assert [command for command in COMMANDS if command not in text_of(name)] == []


@pytest.mark.parametrize("name", READMES)
@pytest.mark.parametrize("parser", [spark_parser, config_parser, reset_parser])
def test_a_readme_names_every_option(name, parser):
    options = {max(action.option_strings) for action in parser()._actions if action.option_strings} - {"--help"}
    assert [option for option in sorted(options) if not re.search(rf"{option}\b", text_of(name))] == []


@pytest.mark.parametrize("name", READMES)
def test_the_errors_table_names_real_errors(name):
    """Each of them as one meets it: the class's own name."""
    named = re.findall(r"^\| `([A-Z]\w+)`", text_of(name), re.MULTILINE)
    assert len(named) >= 8
    for error in named:
        assert issubclass(getattr(spark_magic.errors, error), SparkError | KeyboardInterrupt)


@pytest.mark.parametrize("name", RELIABILITY)
def test_what_is_said_of_time_and_bytes_is_so(name):
    text, limits = text_of(name), Limits()
    for phase in ("open", "send", "first", "idle", "total"):
        assert re.search(rf"`--{phase}-timeout` \| {getattr(limits, phase + '_timeout'):,.0f} ", text), phase
    assert f"{limits.max_bytes >> 20} MiB" in text


@pytest.mark.parametrize("name", RELIABILITY)
def test_the_codes_that_are_asked_again_are_the_ones_listed(name):
    """Every code of the left column is, and every one that is stands there."""
    rows = [line.split("|")[1:3] for line in text_of(name).splitlines() if line.startswith("|")]
    again, never = (set().union(*(codes_in(row[side]) for row in rows)) for side in (0, 1))
    assert again == {code for code, row in CODES.items() if row.retryable}
    assert never <= {code for code, row in CODES.items() if not row.retryable}
    assert len(never) > 10


def codes_in(cell):
    """Return the vendor's codes in a cell, ranges written out; those of other tables stand alone in theirs."""
    found = [(int(a), int(b or a)) for a, b in re.findall(r"\b(1\d{4})(?:–(1\d{4}))?", cell)]
    spelled = {code for first, last in found for code in range(first, last + 1)}
    return spelled & CODES.keys() if len(found) > 1 else set()


def test_every_threat_names_tests_that_exist():
    rows = [line.split("|") for line in text_of(THREATS).splitlines() if line.startswith("| ") and "`test_" in line]
    assert len(rows) >= 11
    named = [name for row in rows for name in re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", row[3])]
    assert len(named) >= len(rows)
    for file, test in named:
        source = text_of(f"tests/{file}")
        assert not test or f"def {test}(" in source, f"{file}::{test}"


@pytest.mark.parametrize("name", [*READMES, *RELIABILITY, THREATS, "SECURITY.md"])
def test_links_inside_the_project_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(name))
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


def test_the_tour_is_committed_as_it_ran():
    cells = code_cells(tour())
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all("text/html" in output.data for cell in cells for output in cell.outputs if "data" in output)
    assert "widgets" not in tour().metadata


def test_the_tour_runs_from_top_to_bottom(tmp_path):
    """Headless and from an empty kernel: answer, follow-up, system prompt, variable, error, reset."""
    notebook = tour()
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = {cell.source.splitlines()[-1]: shown(cell) for cell in code_cells(notebook)}
    assert "给我写一篇100字的作文" in outputs["再短一点"]
    assert "李白" in outputs["今晚的月亮怎么样？"]
    assert 'print("streamed by the sandbox")' in outputs["print(answer.code_blocks[0])"]
    assert "QuotaExceeded" in outputs["sandbox: error 11200"]
    assert "code 11200 · sid " in outputs["sandbox: error 11200"]
    assert "3" in outputs["%spark_reset"]
