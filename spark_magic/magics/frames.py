"""What of an error reaches the user's cell: the error itself, and nothing of the frames it came through."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from IPython.core.error import UsageError

from ..errors import SparkError
from .interrupt import interruptible

_Result = TypeVar("_Result")


def without_our_frames(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Let our errors and the user's interrupt out without the frames of our work; those of a bug stay.

    IPython shows their locals where the user's own error is raised from one of ours, and so does `%debug`.
    """

    @functools.wraps(function)
    def bare(*arguments: Any, **named: Any) -> _Result:
        try:
            with interruptible():
                return function(*arguments, **named)
        except (SparkError, UsageError, KeyboardInterrupt) as problem:
            del arguments, named
            problem.__context__ = problem.__cause__ = None
            raise problem.with_traceback(None) from None

    return bare
