"""A string that never shows itself."""

import functools
import hmac
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_SHOWN = 4  # characters of a long secret that tell two keys apart and give nothing away
_LONG = 16


class Secret:
    """Hold a secret so that printing, formatting, logging or pickling it cannot give it away.

    The text comes out through `reveal()` alone. `repr`, `str` and f-strings show a mask: the last four
    characters of a long secret, nothing of a short one.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]  # a key in a dict would be compared in variable time

    def __init__(self, value: str) -> None:
        """Take the text to protect; TypeError for anything else."""
        if not isinstance(value, str):
            message = f"a Secret is made of a str, not of {type(value).__name__}"
            del value  # the traceback keeps this frame
            raise TypeError(message)
        self._value = value

    def reveal(self) -> str:
        """Return the text itself; for the one line that signs or sends it."""
        return self._value

    def masked(self) -> str:
        """Return what may be shown: `****3b4c`, or `****` for fewer than 16 characters."""
        return "****" + (self._value[-_SHOWN:] if len(self._value) >= _LONG else "")

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare with another secret in constant time; never equal to a plain string."""
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (side.reveal().encode("utf-8", "surrogatepass") for side in (self, other))
        return hmac.compare_digest(mine, theirs)

    def __repr__(self) -> str:
        """Show the mask."""
        return f"Secret({self.masked()!r})"

    def __str__(self) -> str:
        """Show the mask."""
        return self.masked()

    def __format__(self, spec: str) -> str:
        """Show the mask, whatever the format."""
        return format(self.masked(), spec)

    def __copy__(self) -> "Secret":
        """Share the one instance."""
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        """Share the one instance: a copy made through pickling would be refused."""
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse: a pickled secret ends up in files and on other machines."""
        message = "a Secret is never pickled; read it again where it is needed"
        raise TypeError(message)

    def __getstate__(self) -> NoReturn:
        """Refuse: serializers that are not pickle ask for this."""
        self.__reduce_ex__(0)


def without_frames(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Let a function's exceptions out without its frames, whatever they are: Ctrl-C and MemoryError as well.

    For functions that have a secret in the clear: a traceback keeps the locals of every frame, and debuggers and
    IPython's verbose mode show them.
    """

    @functools.wraps(function)
    def guarded(*arguments: _Parameters.args, **named: _Parameters.kwargs) -> _Result:
        try:
            return function(*arguments, **named)
        except BaseException as problem:
            del arguments, named
            problem.__context__ = problem.__cause__ = problem.__traceback__ = None
            raise

    return guarded
