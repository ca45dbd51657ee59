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


def reserve() -> Any:
    """Return a handle before anything is shown: its `display` shows a bundle (`raw=True`), its `update` replaces it."""
    from IPython.display import DisplayHandle  # noqa: PLC0415  # as above

    make: Any = DisplayHandle  # nor is this
    return make()
