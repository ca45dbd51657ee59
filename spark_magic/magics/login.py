"""`%spark_config login` and `logout`: the credentials come in hidden and are kept where nobody else looks."""

import getpass  # by its module: a kernel puts its own prompt there for as long as a cell runs
from typing import Final

from IPython.core.error import StdinNotImplementedError, UsageError

from ..credentials import Credentials, forget_credentials, present_credentials, save_credentials
from ..messages import say
from ..secret import Secret

CREDENTIAL_LABELS: Final = {"app_id": "APPID", "api_key": "APIKey", "api_secret": "APISecret"}


def login() -> None:
    """Ask for the three values, hidden, and keep them; UsageError, and nothing changed, when one is not given."""
    values = {name: _asked(label) for name, label in CREDENTIAL_LABELS.items()}
    place = save_credentials(Credentials.from_secrets(**values, source="login"))
    print(say("login.done", place=place))  # noqa: T201  # a magic's answer to its user
    _tell_of("login.others", besides=place)


def _asked(label: str) -> Secret:
    try:
        value = Secret(getpass.getpass(f"{label}: "))
    except (KeyboardInterrupt, EOFError):
        refusal = "login.cancelled"
    except StdinNotImplementedError:
        refusal = "login.no_prompt"
    else:
        if value.reveal().strip():
            return value
        refusal = "login.empty"
    raise UsageError(say(refusal, label=label))  # out here, where no frame of the prompt's comes along


def logout() -> None:
    """Remove what `login` kept."""
    places = forget_credentials()
    print(say("logout.done", places=", ".join(places)) if places else say("logout.nothing"))  # noqa: T201  # as above
    _tell_of("logout.others")


def _tell_of(key: str, besides: str = "") -> None:
    """Say which other places still hold a value: they win over the one that `login` keeps."""
    places = {source for _, source in present_credentials().values()} - {besides}
    if places:
        print(say(key, places=", ".join(sorted(places))))  # noqa: T201  # as above
