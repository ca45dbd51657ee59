"""What a newcomer reads is true: the READMEs name every option, and the tour runs from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import spark_magic.errors
from spark_magic.errors import CODES, SparkError
from spark_magic.magics.parsers import (
    config_parser,
    explain_parser,
    history_parser,
    journal_parser,
    map_parser,
    reset_parser,
    retry_parser,
    spark_parser,
    usage_parser,
)
from spark_magic.target import Limits

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "docs/README.zh-CN.md"]
GUIDES = ["docs/guide.md", "docs/guide.zh-CN.md"]
TOURS = ["demo.ipynb", "docs/in-the-notebook.ipynb"]
PARSERS = [
    *(spark_parser, config_parser, reset_parser, history_parser),
    *(retry_parser, explain_parser, usage_parser, map_parser, journal_parser),
]
RELIABILITY = ["docs/reliability.md", "docs/reliability.zh-CN.md"]
THREATS = "docs/threat-model.md"
COMMANDS = [
    'python -m pip install ".[demo]" && jupyter lab demo.ipynb',
    'python -m pip install ".[test]" && python -m pytest',
]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def tour(name="demo.ipynb"):
    return nbformat.read(ROOT / name, as_version=4)


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


def long_name(action):
    return next((name for name in action.option_strings if name.startswith("--")), "")


@pytest.mark.parametrize("name", READMES)
@pytest.mark.parametrize("parser", PARSERS)
def test_a_readme_names_every_option(name, parser):
    options = {name for name in map(long_name, parser()._actions) if name} - {"--help"}
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


@pytest.mark.parametrize("name", [*READMES, *GUIDES, *RELIABILITY, THREATS, "SECURITY.md"])
def test_links_inside_the_project_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(name))
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", TOURS)
def test_a_tour_is_committed_as_it_ran(name):
    cells = code_cells(tour(name))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shows = [o for c in cells for o in c.outputs if o.output_type == "display_data"]
    assert all("text/html" in output.data for output in shows)
    assert "widgets" not in tour(name).metadata


def sections(text):
    """Name a page's headings as a link writes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [*READMES, *GUIDES])
def test_links_to_a_section_lead_to_one(name):
    for page, section in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", text_of(name)):
        target = ((ROOT / name).parent / page) if page else ROOT / name
        if target.suffix == ".md":
            assert section in sections(target.read_text(encoding="utf-8")), f"{page}#{section}"


def test_the_notebook_of_the_guide_runs_from_top_to_bottom(tmp_path):
    """Headless and from an empty kernel: each part of the guide does what its cell says."""
    notebook = tour("docs/in-the-notebook.ipynb")
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = {cell.source.splitlines()[-1]: shown(cell) for cell in code_cells(notebook)}
    page = "\n".join(outputs.values())
    assert "Is 22.0 degrees warm for Hefei?" in page
    assert "int m[2][2] = {{1, 2}, {3, 4}};" in page
    assert outputs['sum(item["price"] for item in order["items"])'] == "12"
    assert re.search(r"^other +1 ", outputs["%spark_history --list"], re.MULTILINE)
    assert "Great Pyramid of Giza, the Hanging Gardens" in page
    assert "ZeroDivisionError" in outputs["%spark_explain --dry-run Why is that?"]
    assert outputs["later is answer  # the variable is the answer itself now"] == "True"
    assert "A picture of 256 x 256 pixels (PNG)" in page
    assert "[1] Sandbox reference one" in page
    assert "lite, wss://spark-api.xf-yun.com/v1.1/chat" in page
    assert "Tokens by model" in outputs["%spark_usage"]
    assert "(None, 'failed', 10013)" in page
    assert "Nothing is left to ask" in outputs["{{ 文本 }}"]
    abouts = [output.get("metadata", {}).get("spark_magic", {}) for c in code_cells(notebook) for output in c.outputs]
    assert sum(about.get("cached", False) for about in abouts) == 1


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
