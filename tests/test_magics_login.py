"""`%spark_config login` and `logout`: nothing typed is shown, and whoever changes their mind has changed nothing."""

import getpass
from types import SimpleNamespace

import pytest
from IPython.core.error import StdinNotImplementedError, UsageError

from spark_magic.credentials import credentials_file, find_credentials
from spark_magic.errors import ConfigurationError, CredentialsMissing

VALUES = {"APPID": "canary00", "APIKey": "canary-key-0123456789abcdef", "APISecret": "canary-secret-0123456789abcd"}


@pytest.fixture
def typed(monkeypatch):
    """Answer the prompts: label -> what is typed, or what is raised instead."""
    answers = dict(VALUES)

    def ask(prompt):
        answer = answers[prompt.removesuffix(": ")]
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr(getpass, "getpass", ask)
    return answers


@pytest.fixture
def old(cells, typed, capsys):
    """Return what was kept by an earlier login."""
    assert typed == VALUES
    cells.run("%spark_config login")
    capsys.readouterr()
    return credentials_file().read_bytes()


def kept():
    found = find_credentials()
    return [getattr(found, name).reveal() for name in ("app_id", "api_key", "api_secret")]


@pytest.mark.usefixtures("typed")
def test_login_keeps_the_three_in_a_file_of_ones_own_and_shows_none(cells, capsys):
    cells.run("%spark_config login")
    shown = capsys.readouterr()
    assert f"Credentials kept in {credentials_file()}." in shown.out
    assert not any(value in shown.out + shown.err for value in VALUES.values())
    assert credentials_file().stat().st_mode & 0o777 == 0o600
    assert kept() == list(VALUES.values())


def test_login_keeps_them_in_the_keyring_where_there_is_one(cells, typed, capsys, monkeypatch):
    keyring = pytest.importorskip("keyring")
    ring = {}
    monkeypatch.setattr(keyring, "get_keyring", lambda: SimpleNamespace(priority=5))
    monkeypatch.setattr(keyring, "set_password", lambda service, name, value: ring.update({(service, name): value}))
    monkeypatch.setattr(keyring, "get_password", lambda service, name: ring.get((service, name)))
    cells.run("%spark_config login")
    assert "Credentials kept in keyring." in capsys.readouterr().out
    assert not credentials_file().exists()
    assert kept() == list(typed.values())


def test_blanks_around_what_is_pasted_do_not_count(cells, typed):
    typed["APIKey"] = f"  {VALUES['APIKey']}\t\n"
    cells.run("%spark_config login")
    assert kept() == list(VALUES.values())


@pytest.mark.parametrize("label", VALUES)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "is empty: nothing was changed"),
        ("   ", "is empty: nothing was changed"),
        (KeyboardInterrupt(), "Cancelled: nothing was changed"),
        (EOFError(), "Cancelled: nothing was changed"),
        (StdinNotImplementedError("no"), "SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET"),
    ],
)
def test_changing_ones_mind_leaves_all_as_it_was(cells, typed, old, label, answer, said):  # noqa: PLR0913, PLR0917
    """The cell fails, so that Run All stops; nothing that was typed is shown or kept."""
    typed.update(dict.fromkeys(VALUES, "another-value-0123456789"))
    typed[label] = answer
    problem = cells.fails("%spark_config login")
    assert type(problem) is UsageError
    assert said in str(problem)
    assert credentials_file().read_bytes() == old


def test_what_cannot_be_a_key_is_refused_and_not_shown(cells, typed, old, capsys):
    typed["APISecret"] = "two words"
    assert isinstance(cells.fails("%spark_config login"), ConfigurationError)
    assert "two words" not in capsys.readouterr().out
    assert credentials_file().read_bytes() == old


@pytest.mark.usefixtures("old")
def test_logout_removes_what_login_kept(cells, capsys):
    cells.run("%spark_config logout")
    assert f"Credentials removed from {credentials_file()}." in capsys.readouterr().out
    with pytest.raises(CredentialsMissing):
        find_credentials()
    cells.run("%spark_config logout")
    assert "no saved credentials" in capsys.readouterr().out


@pytest.mark.usefixtures("typed")
def test_values_in_other_places_are_told(cells, capsys, monkeypatch):
    """They win over what was typed, and a log-out leaves them where they are."""
    monkeypatch.setenv("SPARKAI_API_KEY", "from-elsewhere-0123")
    cells.run("%spark_config login")
    assert "Values in SPARKAI_API_KEY are still there and come first." in capsys.readouterr().out
    cells.run("%spark_config logout")
    shown = capsys.readouterr().out
    assert "Values in SPARKAI_API_KEY are still there" in shown
    assert "from-elsewhere" not in shown


@pytest.mark.usefixtures("typed")
def test_the_prompt_is_the_one_of_the_moment(cells, monkeypatch):
    """A kernel puts its own in place for as long as a cell runs."""
    cells.run("%spark_config login")
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"later-{prompt[:3]}-value")
    cells.run("%spark_config login")
    assert kept()[0] == "later-APP-value"
