"""What `%load_ext spark_magic` costs in a shell that exists already, beside `import ipywidgets`."""

import os
import statistics
import subprocess
import sys

from kernel import COMPILED
from report import show

ROUNDS = 9
LATER = ("ipywidgets", "anywidget", "websocket", "nh3", "jinja2", "markdown_it")
MEASURE = """
import sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
began = time.process_time()
{step}
taken = time.process_time() - began
print(taken, *(name for name in {later} if name in sys.modules))
"""
LOAD = 'shell.run_line_magic("load_ext", "spark_magic")'
IMPORT = "import ipywidgets"


def processor_time(step: str) -> tuple[float, list[str]]:
    """Return the seconds of processor time of a step in a fresh process, and which of LATER were imported by it."""
    code = MEASURE.format(step=step, later=LATER)
    command, variables = [sys.executable, "-c", code], os.environ | COMPILED
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    seconds, *modules = done.stdout.split()
    return float(seconds), modules


def main() -> None:
    ours, theirs = [], []
    for _ in range(1 + ROUNDS):
        seconds, modules = processor_time(LOAD)
        assert not modules, f"loading imports {modules}"
        ours.append(seconds)
        theirs.append(processor_time(IMPORT)[0])
    del ours[0], theirs[0]  # what had to be compiled
    detail = f"{1e3 * min(ours):.0f} ms against {1e3 * min(theirs):.0f} ms; medians {_ratio(ours, theirs):.2f}x"
    show("%load_ext spark_magic / import ipywidgets, CPU", min(ours) / min(theirs), 1.0, "x", detail)


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


if __name__ == "__main__":
    main()
