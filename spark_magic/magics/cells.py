"""`--cells N`: the notebook's last cells with their outputs, as Markdown that goes in front of a question."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..render import fenced

MOST_OUTPUT: Final = 2_000
"""Characters of one output; how many more there are stands behind them."""

_OURS: Final = re.compile(r"^[^\S\n]*(?:[^\s%='\"][^\n%='\"]*=\s*)?%{1,2}(?:spark|xinghuo|spark_\w+)\b", re.MULTILINE)
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")  # a terminal's colours
_OVERWRITTEN: Final = re.compile(r"^[^\n]*\r(?!\n|\Z)", re.MULTILINE)  # progress bars: the line's last state is seen


@dataclass(frozen=True)
class Cell:
    """A cell that was run: its number, its source, and its outputs as (label, text)."""

    number: int
    source: str
    outputs: tuple[tuple[str, str], ...]


def last_cells(shell: Any, count: int) -> list[Cell]:
    """Return the last `count` cells of this session, oldest first; none with a magic of ours, nor the running one.

    Their outputs are what IPython keeps: values, and from version 9 on printed text and errors.
    """
    history = shell.history_manager
    sources = list(enumerate(history.input_hist_raw))[: -1 if _runs_a_cell(shell) else None]
    theirs = [(number, source) for number, source in sources if source.strip() and not _OURS.search(source)]
    return (
        [Cell(number, source, tuple(_outputs(history, number))) for number, source in theirs[-count:]] if count else []
    )


def cells_markdown(cells: list[Cell], screen: Callable[[str], str]) -> str:
    """Write the cells as Markdown; `screen` sees every text before it goes in. English in any language."""
    return "\n\n".join(part for cell in cells for part in _parts(cell, screen))


def _parts(cell: Cell, screen: Callable[[str], str]) -> Iterator[str]:
    source = screen(cell.source.strip("\n"))
    yield f"In [{cell.number}]:\n{fenced(source, 'python')}"
    for label, text in cell.outputs:
        yield f"{label}:\n{fenced(_cut(screen(text)))}"


def _cut(text: str) -> str:
    rest = len(text) - MOST_OUTPUT
    return text if rest <= 0 else f"{text[:MOST_OUTPUT]}\n… {rest:,} more characters"


def _runs_a_cell(shell: Any) -> bool:
    """Tell whether the newest entry of the history is what runs now; a silent request leaves none."""
    parent = (shell.get_parent() if hasattr(shell, "get_parent") else None) or {}
    return bool(parent.get("content", {}).get("store_history", True))


def _outputs(history: Any, number: int) -> Iterator[tuple[str, str]]:
    """Yield what a cell has shown, as it is kept; older IPythons keep values alone."""
    kept = getattr(history, "outputs", None)
    if kept is None:
        value = history.output_hist_reprs.get(number)
        kept = {number: []}
        shown = [] if value is None else [(f"Out [{number}]", value)]
    else:
        shown = [_output(number, output) for output in kept.get(number, ())]
    problem = getattr(history, "exceptions", {}).get(number)
    if problem is not None:
        shown.append(("Error", ": ".join(filter(None, (problem.get("ename"), problem.get("evalue"))))))
    for label, text in shown:
        clean = _OVERWRITTEN.sub("", _ESCAPES.sub("", text)).strip("\n")
        if clean.strip():
            yield label, clean


def _output(number: int, output: Any) -> tuple[str, str]:
    """Return label and text of one output of IPython 9."""
    if output.output_type in ("out_stream", "err_stream"):
        return "Printed", "".join(output.bundle["stream"])
    label = f"Out [{number}]" if output.output_type == "execute_result" else "Shown"
    return label, str(output.bundle.get("text/plain", ""))
