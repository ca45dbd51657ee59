"""Who asks a table's rows: threads of this kernel, or an executor of the user's."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

from ..errors import ConfigurationError


@contextmanager
def executor_for(own: Executor | None, workers: int) -> Iterator[Executor]:
    """Give the user's own executor, or threads that end with the block."""
    if own is not None:
        yield own
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="spark-magic-map")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def found_executor(wanted: Any, variables: Mapping[str, Any]) -> Executor | None:
    """Return the executor of this name among the variables, or the object itself; None where none is wanted.

    Dask's client, ipyparallel's clients and views stand for their own executors. ConfigurationError for what is none.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        if wanted not in variables:
            raise ConfigurationError("executor.unknown", name=wanted)
        wanted = variables[wanted]
    found = wanted
    for name in ("get_executor", "executor"):  # Dask's client; ipyparallel's client and views
        if not isinstance(found, Executor) and hasattr(found, name):
            made = getattr(found, name)
            found = made() if callable(made) and not isinstance(made, Executor) else made
    if isinstance(found, Executor) or callable(getattr(found, "submit", None)):
        return cast("Executor", found)
    raise ConfigurationError("executor.kind", kind=type(wanted).__name__)
