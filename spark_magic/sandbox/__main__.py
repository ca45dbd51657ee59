"""`python -m spark_magic.sandbox`: the sandbox on its own, for other programs and other clients."""

import argparse
import math
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Final

from ..credentials import VARIABLES
from ..errors import SparkError
from ..models import MODELS, SANDBOX_ALIAS
from .box import API_KEY, API_SECRET, APP_ID, Sandbox

_LONGEST_DELAY: Final = 60  # seconds
_SLICE: Final = 0.5  # seconds; on Windows a wait without an end would not notice Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit status."""
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with Sandbox(**vars(options)) as box:
            sys.stdout.write(_banner(box))
            sys.stdout.flush()
            while not ended.wait(_SLICE):
                pass
    except SparkError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except (OSError, OverflowError) as problem:
        sys.stderr.write(f"cannot listen on port {options.port}: {problem}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spark_magic.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1 (default: any free port)")
    parser.add_argument("--app-id", default=APP_ID)
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--api-secret", default=API_SECRET)
    parser.add_argument(
        "--delay", type=_seconds, default=0.03, help="seconds between two frames (default: %(default)s)"
    )
    parser.add_argument(
        "--most-at-once", type=_count, metavar="N", help="refuse with 11203 what is beyond N being answered"
    )
    parser.add_argument(
        "--most-per-second", type=_rate, metavar="R", help="refuse with 11202 what is beyond R within a second"
    )
    return parser


def _count(text: str) -> int:
    """Accept how many may be there at once."""
    count = int(text)
    if count < 1:
        message = f"{text} lets nobody in: at least 1"
        raise argparse.ArgumentTypeError(message)
    return count


def _rate(text: str) -> float:
    """Accept how many may come in a second; 0.5 is one in two seconds."""
    rate = float(text)
    if not 0 < rate < math.inf:
        message = f"{text} lets nobody in: more than 0"
        raise argparse.ArgumentTypeError(message)
    return rate


def _seconds(text: str) -> float:
    """Accept a time that can be waited."""
    seconds = float(text)
    if not 0 <= seconds < _LONGEST_DELAY:
        message = f"{text} is no pause between 0 and {_LONGEST_DELAY} s"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _banner(box: Sandbox) -> str:
    lines = [f"sandbox at ws://127.0.0.1:{box.port} (scripted answers, no model; Ctrl-C ends it)", ""]
    for name, variables in VARIABLES.items():
        lines.append(f"export {variables[0]}={getattr(box.credentials, name).reveal()}")
    lines.append("")
    for model in MODELS:
        if model.alias != SANDBOX_ALIAS:
            domains = ", ".join((model.domain, *model.legacy_domains))
            lines.append(f"{model.alias:<10} {box.url(model.alias):<46} domain {domains}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
