"""Every benchmark, each in a process of its own: `python benchmarks/all.py`."""

import subprocess
import sys
from pathlib import Path

NAMES = ("first_delta", "processor", "traffic", "interrupt", "loading", "first_words", "batch")


def main() -> int:
    """Run them one after the other; return how many could not finish."""
    folder = Path(__file__).parent
    return sum(subprocess.run([sys.executable, folder / f"{name}.py"], check=False).returncode != 0 for name in NAMES)  # noqa: S603  # ours


if __name__ == "__main__":
    sys.exit(main())
