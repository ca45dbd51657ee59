"""How much later a notebook shows an answer's first words than a bare client has them.

Both sides are timed from the question, here from the call, there from the cell's execute request; the kernel's side
ends with the message on iopub that carries the words. A bare client has imported all it needs and was used before.
"""

import tempfile
import time
from statistics import median

from clients import first_delta, ours
from gateway import Gateway
from kernel import Kernel, running
from report import show

KERNELS, ROUNDS = 5, 7
DELAYS = (0.0, 0.15, 0.4)  # seconds the server thinks: shorter and longer than the view's own rhythm


def shown(kernel: Kernel, question: str) -> float:
    """Return the seconds from the execute request to the message with the first words."""
    began = time.monotonic()
    request = kernel.ask(f"%%spark --no-history\n{question}")
    messages = list(kernel.messages(request))
    return next(m.at - began for m in messages if m.kind == "comm_msg" and "<h2>Sect" in m.text)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Gateway(folder) as gateway:
        bare = {delay: min(first_delta(ours, gateway.url, question(delay)) for _ in range(ROUNDS)) for delay in DELAYS}
        first, later = [], {delay: list[float]() for delay in DELAYS}
        for _ in range(1 + KERNELS):
            with running(gateway.url) as kernel:
                first.append(shown(kernel, question(0.0)) - bare[0.0])
                for delay, taken in later.items():
                    taken += [shown(kernel, question(delay)) - bare[delay] for _ in range(ROUNDS)]
        report("first %%spark of a kernel", first[1:], 250)  # the very first had to compile what it imported
        for delay, taken in later.items():
            report(f"later ones, server thinks {delay:g} s", taken, 20)


def question(delay: float) -> str:
    """Return what makes the gateway wait so long."""
    return f"20 100 {delay}"


def report(name: str, taken: list[float], target: float) -> None:
    """Print the fastest, which other processes disturbed least, and the median beside it."""
    show(name, 1e3 * min(taken), target, "ms", f"median {1e3 * median(taken):.0f} ms of {len(taken)}")


if __name__ == "__main__":
    main()
