"""What an answer costs on the way from the kernel to the notebook.

Counted is everything the kernel sends on iopub for the cell, from `busy` to `idle`: the bytes of each message's four
JSON parts (header, parent header, metadata, content), and the messages. "In any second" is a window that slides.
"""

import tempfile
from itertools import pairwise

from gateway import Gateway, texts
from kernel import Kernel, Sent, running
from report import show

SIZES = {"2000 200": 600e3, "20000 2000": 1500e3}
MOST_MESSAGES = 21


def busiest_second(sent: list[Sent]) -> int:
    """Return the most messages that arrived within any second."""
    return max(sum(first.at <= other.at < first.at + 1 for other in sent) for first in sent)


def steady_second(sent: list[Sent]) -> int:
    """Return the same for the updates alone, without what opens and closes the view."""
    return busiest_second([message for message in sent if message.kind in ("comm_msg", "update_display_data")])


def measure(kernel: Kernel, question: str, limit: float) -> float:
    """Ask for an answer, print what it cost, check that it arrived whole; return the bytes."""
    count = int(question.split(maxsplit=1)[0])
    sent = kernel.run(f"%%spark --no-history\n{question}")
    whole = "".join(texts(count))
    final = [message.content for message in sent if message.kind == "update_display_data"][-1]["data"]
    assert final["text/plain"] == whole, "the last update was lost"
    size = sum(message.size for message in sent)
    detail = f"{size / 1e3:.0f} kB for {len(whole.encode()) / 1e3:.0f} kB of text in {len(sent)} messages"
    show(f"{count} deltas, {question.split()[1]}/s: traffic", size / limit, 1, "x", detail)
    show("  messages in any second", busiest_second(sent), MOST_MESSAGES, "", f"updates alone {steady_second(sent)}")
    gaps = [later.at - earlier.at for earlier, later in pairwise(sent)]
    print(f"  the longest silence was {max(gaps):.2f} s")
    return size


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Gateway(folder) as gateway, running(gateway.url) as kernel:
        for question in SIZES:
            kernel.run(f"%%spark --no-history\n{question.split(maxsplit=1)[0]}")  # both sides have seen it once
        small, large = (measure(kernel, question, limit) for question, limit in SIZES.items())
        print(f"ten times the answer took {large / small:.1f} times the traffic")


if __name__ == "__main__":
    main()
