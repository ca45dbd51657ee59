"""How soon a cell is back: after an interrupt, and after the last frame of a server that does not close."""

import time

from kernel import Kernel, Sent, running
from report import show

from spark_magic.sandbox import Sandbox

MOMENTS = (0.05, 0.12, 0.3, 0.7, 1.3, 2.1)  # seconds after the question
SLOW = "%%spark\nsandbox: count 5000 rate 300"
SILENT = "%%spark\nsandbox: delay 30"
ROUNDS = 7


def seconds_to_stop(kernel: Kernel, box: Sandbox, code: str, moment: float) -> float:
    """Return the seconds until the kernel is idle and the connection closed, and check what is left behind."""
    request = kernel.ask(code)
    assert box.wait_until(lambda: box.open_connections == 1)
    time.sleep(moment)
    began = time.monotonic()
    kernel.interrupt()
    sent = list(kernel.messages(request))
    assert box.wait_until(lambda: box.open_connections == 0, 1.0), "the connection is still open"
    taken = time.monotonic() - began
    final = next(message.content["data"] for message in reversed(sent) if message.kind == "update_display_data")
    assert final["text/plain"].endswith("[stopped]"), "not marked"
    assert code is SILENT or moment < 0.2 or final["text/plain"].startswith("## Section 1"), "the partial text is gone"
    assert [message.content["ename"] for message in sent if message.kind == "error"] == ["SparkInterrupted"]
    return taken


def next_is_clean(kernel: Kernel) -> bool:
    """Tell whether the next answer has nothing of the stopped one, and none of its question was remembered."""
    kernel.run("%%spark\nsandbox: say nothing but this")
    return kernel.value("str(_)") == "'nothing but this'" and kernel.run("%spark_reset")[2].text.count("1") > 0


def after_last_frame(kernel: Kernel, ending: str) -> float:
    """Return the seconds from the question to idle; the last frame is sent 0.1 s after the question."""
    sent: list[Sent] = kernel.run(f"%%spark --no-history\nsandbox: count 11 rate 100\n{ending}")
    return sent[-1].at - sent[0].at - 0.1


def main() -> None:
    with Sandbox() as box, running(box.url()) as kernel:
        kernel.run("%%spark --no-history\nsandbox: count 2")
        for name, code in (("streaming", SLOW), ("silent", SILENT)):
            taken = [seconds_to_stop(kernel, box, code, moment) for moment in MOMENTS]
            show(f"interrupt of a {name} answer, slowest of {len(MOMENTS)}", max(taken), 0.2, "s")
            assert next_is_clean(kernel)
        lingering = [after_last_frame(kernel, "sandbox: linger") for _ in range(ROUNDS)]
        show(f"server that never closes, slowest of {ROUNDS}", max(lingering), 0.1, "s", "opening included")


if __name__ == "__main__":
    main()
