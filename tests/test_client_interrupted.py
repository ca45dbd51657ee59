"""An interrupt at any line of the bare client, where nobody holds it back, leaves no connection and no descriptor."""

import gc
import os

import pytest
from asking import client_of, question, text_of
from interruptions import Tracer, open_sockets

QUESTION = "sandbox: error 10008\nsandbox: first 1\nsandbox: think 1\nsandbox: say one two\nnumber {}"

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts file descriptors")  # noqa: PTH112


def lines_of(gateway):
    """Return the lines that a question runs through once everything is loaded."""
    for number in (-2, -1):
        tracer = Tracer()
        with tracer.tracing():
            list(client_of(gateway).stream(question(QUESTION.format(number))))
    return list(tracer.lines)


EVERY_SIXTH = [pytest.param(0), *(pytest.param(start, marks=pytest.mark.slow) for start in range(1, 6))]


@pytest.mark.parametrize("start", EVERY_SIXTH)
@pytest.mark.filterwarnings("ignore:unclosed <s:ResourceWarning")  # between two lines that nobody holds together
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_every_sixth_line_closes_the_connection(gateway, start):
    lines, client = lines_of(gateway), client_of(gateway)
    before, kept = open_sockets(), []
    assert len(lines) > 250
    for number, line in enumerate(lines[start::6]):
        tracer = Tracer(line)
        try:
            with tracer.tracing():
                list(client.stream(question(QUESTION.format(number))))
        except KeyboardInterrupt:
            pass
        else:
            assert not tracer.fired, f"{line}: the interrupt was lost"
        if open_sockets() > before:
            gc.collect()
        ended = gateway.wait_until(lambda: gateway.open_connections == 0 and open_sockets() <= before)
        kept += [] if ended else [line]
    assert kept == []
    gc.collect()
    assert list(client._calls.values()) == []
    assert text_of(client.stream(question("sandbox: say next"))) == "next"
