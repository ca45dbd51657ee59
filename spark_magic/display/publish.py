"""The one door to IPython's display."""

from collections.abc import Mapping
from typing import Any


def publish(data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None, *, updatable: bool = False) -> Any:
    """Show a bundle; return the handle whose `update` replaces it if it is to be updatable."""
    from IPython.display import display  # noqa: PLC0415  # known only where it runs

    options: dict[str, Any] = {"metadata": metadata} if metadata else {}
    if updatable:
        options["display_id"] = True
    show: Any = display  # IPython's display is not annotated
    return show(dict(data), raw=True, **options)
