"""What stands between the user's own objects and a question: credentials never travel."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from ..credentials import Credentials, known_secrets
from ..errors.echo import has_any, pieces_of
from ..secret import Secret, without_frames

_MASK: Final = "****"
_SHORTEST: Final = 6  # characters; taking a shorter value out would tear up words
_LONG: Final = 16  # characters: a key, which is looked for in other forms, too; an app id is not


class Screen:
    """Take the known credentials out of texts; `withheld` tells whether there were any.

    Known are those of this machine, and those that the user's own variables hold as Secret or Credentials.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        """Take the user's variables; nothing is looked for before there is a text."""
        self.withheld = False
        self._variables = variables
        self._known: list[Secret] | None = None

    @property
    def secrets(self) -> list[Secret]:
        """The credentials, the longest first."""
        if self._known is None:
            self._known = _longest_first([*known_secrets(), *_held(self._variables)])
        return self._known

    @cached_property
    @without_frames
    def _pieces(self) -> Secret:
        """What a text must not have of the long ones, in whatever form: made once, not for every text."""
        pieces = (piece for secret in self.secrets for piece in _pieces_of(secret))
        return Secret(" ".join(pieces))

    @without_frames
    def __call__(self, text: str) -> str:
        """Return the text without them; where it has one in another form (base64, say), nothing of it is left."""
        shown = text
        for secret in self.secrets:
            shown = shown.replace(secret.reveal(), _MASK)
        if has_any(shown, self._pieces.reveal().split()):
            shown = _MASK
        self.withheld |= shown != text
        return shown


def _pieces_of(secret: Secret) -> list[str]:
    value = secret.reveal()
    return pieces_of(value) if len(value) >= _LONG else []


@without_frames
def _longest_first(secrets: list[Secret]) -> list[Secret]:
    values = {secret.reveal() for secret in secrets if len(secret.reveal()) >= _SHORTEST}
    return [Secret(value) for value in sorted(values, key=len, reverse=True)]


def _held(variables: Mapping[str, Any]) -> list[Secret]:
    """Return what the variables themselves hold."""
    values = list(variables.values())
    held = [value for value in values if type(value) is Secret]
    held += [s for c in values if type(c) is Credentials for s in (c.app_id, c.api_key, c.api_secret)]
    return held
