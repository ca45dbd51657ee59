"""What a newcomer reads is true: the READMEs name every option, and the tour runs from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import spark_magic.errors
from spark_magic.errors import SparkError
from spark_magic.magics.parsers import config_parser, reset_parser, spark_parser

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "docs/README.zh-CN.md"]
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


@pytest.mark.parametrize("name", READMES)
def test_links_inside_the_project_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#:]+)\)", text_of(name))
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
