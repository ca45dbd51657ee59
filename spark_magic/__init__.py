"""iFLYTEK Spark (讯飞星火) in a notebook: `%load_ext spark_magic`, then `%%spark`.

The names below are loaded when they are used: loading the extension must not load a web client.
"""

from importlib import import_module
from typing import Any, Final

__version__ = "0.1.0"

_HOMES: Final = {
    "Answer": "answer",
    "Client": "client",
    "Conversation": "conversation",
    "Credentials": "credentials",
    "Message": "events",
    "Settings": "config",
    "SparkError": "errors",
    "SparkInterrupted": "errors",
    "ask": "magics.function",
    "map_prompts": "magics.map_prompts",
}
__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension", *_HOMES]  # noqa: PLE0604  # strings all


def load_ipython_extension(shell: Any) -> None:
    """Register the magics; for `%load_ext spark_magic`."""
    from .magics import load  # noqa: PLC0415  # see above

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics out and close what is open; for `%unload_ext spark_magic`."""
    from .magics import unload  # noqa: PLC0415  # see above

    unload(shell)


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
