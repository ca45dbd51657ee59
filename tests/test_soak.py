"""A thousand turns with one fault in five: nothing grows, and every remembered turn is what the server sent."""

from pathlib import Path

import pytest
from kernels import Kernel

from spark_magic.sandbox import Sandbox

TURNS = 1000
FAULTS = (
    "error 11200",
    "error 10014 after 2",
    "error 10019 after 99",
    "drop after 2",
    "close 1011",
    "raw junk",
    "stall after 1",
    "error 10008 after 1",
)
STATE = "get_ipython()._spark_magic_state"
QUESTION = "turn {number}\nsandbox: {fault}\nsandbox: say the answer of turn {number} in a few words"


@pytest.fixture
def server():
    """A sandbox in the vendor's place."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def kernel(server, tmp_path):
    """A kernel of its own, that gives up on a silent server soon and asks again without a pause."""
    started = Kernel(tmp_path, server)
    started.run("%spark_config --idle-timeout 0.3 --first-timeout 5 --max-tokens 50")
    started.run("from spark_magic.client import retry; retry._FIRST_PAUSE = retry._JITTER = retry._RATE_PAUSE = 0.001")
    yield started
    started.close()


def fault(number):
    """Name the fault of a turn: every fifth fails, every seventh is busy once and then answers."""
    if number % 5 == 4:
        return FAULTS[number // 5 % len(FAULTS)]
    return "error 10008\nsandbox: first 1" if number % 7 == 0 else "delay 0"


def memory(kernel):
    """Return the resident pages and the number of objects after a full collection."""
    return kernel.value("[__import__('gc').collect(), int(open('/proc/self/statm').read().split()[1])][1]")


def held(kernel):
    """Return the counts that must stay flat: comms, sockets, threads."""
    kernel.run("held = interruptions.Subject(get_ipython()).held()", "counting")
    return kernel.value("[held[0], held[1], len(held[2]), len(__import__('threading').enumerate())]")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_turns_leave_nothing_behind(kernel, server):
    """The conversation is emptied now and then, as its request would grow; the counts are compared after a warm-up."""
    kernel.run("%spark_config --warn-tokens 0")
    kernel.run(f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import interruptions")
    answers, expected, before, pages = [], [], [], 0
    for number in range(TURNS):
        failing = number % 5 == 4
        warned = failing and "10019" in fault(number)
        text = QUESTION.format(number=number, fault=fault(number))
        run = kernel.run(f"%%spark\n{text}", f"cell-{number}", fails=failing and not warned)
        expected += [] if failing else [f"the answer of turn {number} in a few words"]
        assert failing or run.text == expected[-1]
        if number % 50 == 49:
            answers += kernel.value(f"[str(turn.answer) for turn in {STATE}.conversation.turns]")
            kernel.run("%spark_reset")
            kernel.run("%reset -f out")
            kernel.run("import interruptions")
        if number == TURNS // 5 - 1:
            before, pages = held(kernel), memory(kernel)
    assert answers == expected
    assert server.wait_until(lambda: server.open_connections == 0)
    assert held(kernel) == before
    assert memory(kernel) < pages * 1.1, "memory grows"
