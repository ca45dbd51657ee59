"""What `%%spark?` and `--help` say: one entry for each option."""

from typing import Final

HELP: Final[dict[str, tuple[str, str]]] = {}
