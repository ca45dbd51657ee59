"""What `spark_magic.task` promises: one step in a thread of its own, and nothing of what comes of it is lost."""

import contextvars
import threading

import pytest

from spark_magic.task import in_thread

NAME = contextvars.ContextVar("name", default="nobody")


def test_a_step_runs_beside_the_caller_in_a_daemon_thread_of_that_name():
    go_on = threading.Event()

    def step():
        go_on.wait(30)
        return threading.current_thread()

    future = in_thread(step, "spark-magic-test")
    assert not future.done()
    go_on.set()
    thread = future.result(30)
    assert (thread.name, thread.daemon) == ("spark-magic-test", True)
    assert thread is not threading.current_thread()


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_a_step_raises_is_raised_where_it_is_waited_for(kind):
    def step():
        raise kind("said")

    future = in_thread(step, "spark-magic-test")
    for _ in range(2):
        with pytest.raises(kind, match="said"):
            future.result(30)


def test_nothing_of_the_callers_context_comes_along_unless_it_is_given():
    NAME.set("the caller")
    assert in_thread(NAME.get, "spark-magic-test").result(30) == "nobody"
    assert in_thread(NAME.get, "spark-magic-test", contextvars.copy_context()).result(30) == "the caller"
