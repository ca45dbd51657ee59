"""What `spark_magic.credentials` promises: each value from the first place that has it, and no value shown."""

import dataclasses
import json
import traceback

import keyring
import keyring.backend
import keyring.errors
import pytest

from spark_magic import credentials
from spark_magic.credentials import (
    NAMES,
    VARIABLES,
    Credentials,
    credentials_file,
    find_credentials,
    forget_credentials,
    present_credentials,
    save_credentials,
)
from spark_magic.errors import ConfigurationError, CredentialsMissing
from spark_magic.messages import use_language
from spark_magic.private_file import read_private, write_private
from spark_magic.secret import Secret

VALUES = {"app_id": "canary-id", "api_key": "canary-key-0123456789abcdef", "api_secret": "canary-secret-0123456789abcd"}


class Keyring(keyring.backend.KeyringBackend):
    """A keyring in memory; `fails` is what it raises instead of working, as a locked one does."""

    priority = 5

    def __init__(self):
        super().__init__()
        self.entries = {}
        self.asked = 0
        self.fails = None

    def get_password(self, service, username):
        self._act()
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self._act()
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self._act()
        del self.entries[service, username]

    def _act(self):
        self.asked += 1
        if self.fails:
            raise self.fails


@pytest.fixture
def ring(monkeypatch):
    """Return the keyring in use."""
    fake = Keyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: fake)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(fake, name))
    return fake


def in_environment(monkeypatch, values):
    for name, value in values.items():
        monkeypatch.setenv(VARIABLES[name][0], value)


def in_file(values):
    write_private(credentials_file(), json.dumps(values).encode())


def in_keyring(ring, values):
    ring.entries["spark_magic", "credentials"] = json.dumps(values)


def revealed(found):
    return {name: getattr(found, name).reveal() for name in NAMES}


def all_with(mark):
    return {name: f"{mark}-{name}" for name in NAMES}


# finding


def test_a_fresh_machine_has_none_and_the_error_says_what_to_do():
    with pytest.raises(CredentialsMissing) as caught:
        find_credentials()
    text = str(caught.value)
    for word in ("APPID, APIKey, APISecret", "SPARK_APP_ID, SPARK_API_KEY, SPARK_API_SECRET", "login", "sandbox"):
        assert word in text
    use_language("zh")
    assert "没有找到凭证" in str(caught.value)
    assert present_credentials() == {}


def test_only_what_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("SPARK_API_KEY", VALUES["api_key"])
    with pytest.raises(CredentialsMissing) as caught:
        find_credentials()
    assert "APPID, APISecret not found" in caught.value.sentence
    assert "SPARK_API_KEY" not in caught.value.hint
    assert VALUES["api_key"] not in str(caught.value)


def test_the_environment_wins_over_the_file_and_the_file_over_the_keyring(monkeypatch, ring):
    """Value by value: each comes from the first place that has it, and `sources` says from which."""
    in_keyring(ring, all_with("ring"))
    assert revealed(find_credentials()) == all_with("ring")
    in_file({"app_id": "file-app_id", "api_key": "file-api_key"})
    monkeypatch.setenv("SPARK_APP_ID", "environment-app_id")
    found = find_credentials()
    assert revealed(found) == {
        "app_id": "environment-app_id",
        "api_key": "file-api_key",
        "api_secret": "ring-api_secret",
    }
    assert dict(found.sources) == {
        "app_id": "SPARK_APP_ID",
        "api_key": str(credentials_file()),
        "api_secret": "keyring",
    }


def test_the_keyring_is_left_alone_where_the_places_before_it_suffice(monkeypatch, ring):
    """It may ask the user for a password."""
    in_environment(monkeypatch, VALUES)
    find_credentials()
    assert ring.asked == 0


def test_the_file_is_left_alone_where_the_environment_suffices(monkeypatch):
    in_environment(monkeypatch, VALUES)
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text("not JSON", encoding="utf-8")
    assert revealed(find_credentials()) == VALUES


@pytest.mark.parametrize(("name", "variable"), [(name, v) for name in NAMES for v in VARIABLES[name]])
def test_other_clients_variables_are_read_too(monkeypatch, name, variable):
    in_file(all_with("file"))
    monkeypatch.setenv(variable, "from-environment")
    found = find_credentials()
    assert getattr(found, name).reveal() == "from-environment"
    assert found.sources[name] == variable


@pytest.mark.parametrize("name", NAMES)
def test_among_the_variables_ours_wins_and_an_empty_one_does_not_count(monkeypatch, name):
    for variable in VARIABLES[name]:
        monkeypatch.setenv(variable, f"of-{variable}")
    first, second, *_ = VARIABLES[name]
    assert present_credentials()[name][1] == first
    monkeypatch.setenv(first, "  ")
    assert present_credentials()[name][0].reveal() == f"of-{second}"


def test_blanks_around_a_value_are_cut_off(monkeypatch):
    in_environment(monkeypatch, {name: f" \t{value}\r\n" for name, value in VALUES.items()})
    assert revealed(find_credentials()) == VALUES


@pytest.mark.parametrize(
    "junk", ["a b", "a\nb", '"quoted"', "'quoted'", "ключ", "密钥", "a\x00b", "a\u200bb", "a\x1b[2J"]
)
def test_what_cannot_be_a_key_is_refused_without_showing_it(junk):
    """The error names the value and where it came from, and does not echo it."""
    with pytest.raises(ConfigurationError) as caught:
        Credentials.of("id", junk, "secret", source="the form")
    assert caught.value.key == "credentials.malformed"
    assert "api_key from the form" in caught.value.sentence
    assert junk not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_variable_is_named(monkeypatch, name):
    in_environment(monkeypatch, VALUES)
    monkeypatch.setenv(VARIABLES[name][0], f'"{VALUES[name]}"')
    with pytest.raises(ConfigurationError) as caught:
        find_credentials()
    assert VARIABLES[name][0] in caught.value.sentence
    assert VALUES[name] not in str(caught.value)


def test_an_explicit_value_may_not_be_empty():
    with pytest.raises(ConfigurationError):
        Credentials.of("id", " ", "secret")


# showing


def test_showing_credentials_shows_masks():
    made = Credentials.of(**VALUES)
    shown = f"{made} {made!r} {[made]} {dataclasses.asdict(made)}"
    assert "****" in shown
    for value in VALUES.values():
        assert value not in shown
        assert value[:8] not in shown


def test_where_they_came_from_makes_no_difference_to_equality():
    assert Credentials.of(**VALUES, source="a") == Credentials.of(**VALUES, source="b")
    assert Credentials.of(**VALUES) != Credentials.of(**VALUES | {"api_key": "x"})


# the file


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"app_id": 1}', b'{"app_id": null}', b"\xff"])
def test_a_file_that_is_no_json_of_strings_is_an_error_not_an_empty_file(content):
    write_private(credentials_file(), content)
    with pytest.raises(ConfigurationError) as caught:
        find_credentials()
    assert caught.value.key == "file.unreadable"
    assert str(credentials_file()) in str(caught.value)


def test_unknown_keys_in_the_file_are_ignored_and_empty_values_do_not_count(ring):
    in_file({"app_id": " ", "new": "x", "api_key": "file-key"})
    in_keyring(ring, all_with("ring"))
    found = find_credentials()
    assert revealed(found) == all_with("ring") | {"api_key": "file-key"}


def test_a_file_others_can_read_is_not_trusted():
    in_file(VALUES)
    credentials_file().chmod(0o644)
    with pytest.raises(ConfigurationError) as caught:
        find_credentials()
    assert caught.value.key == "file.exposed"


# the keyring


@pytest.mark.parametrize("stored", ["", "not JSON", "[]", "null", '{"app_id": 1}'])
def test_another_programs_entry_in_the_keyring_does_not_count(ring, stored):
    ring.entries["spark_magic", "credentials"] = stored
    with pytest.raises(CredentialsMissing):
        find_credentials()


def test_unknown_keys_in_the_keyring_are_ignored(ring):
    in_keyring(ring, all_with("ring") | {"new": "x"})
    assert revealed(find_credentials()) == all_with("ring")


@pytest.mark.parametrize("problem", [keyring.errors.KeyringLocked("locked"), OSError("gone"), LookupError("GLib")])
def test_a_keyring_that_does_not_work_is_none(ring, problem):
    ring.fails = problem
    with pytest.raises(CredentialsMissing):
        find_credentials()
    assert save_credentials(Credentials.of(**VALUES)) == str(credentials_file())


@pytest.mark.parametrize("problem", [ModuleNotFoundError("no.such.backend"), RuntimeError("no bus")])
def test_a_keyring_that_cannot_be_loaded_is_none(monkeypatch, problem):
    """PYTHON_KEYRING_BACKEND may name one that is not installed."""

    def fails():
        raise problem

    monkeypatch.setattr(keyring, "get_keyring", fails)
    with pytest.raises(CredentialsMissing):
        find_credentials()


def test_a_keyring_that_keeps_plain_text_is_none(ring):
    """Our own file is at least closed to others."""
    ring.priority = 0.5
    assert save_credentials(Credentials.of(**VALUES)) == str(credentials_file())
    assert ring.asked == 0


def test_without_the_keyring_package_the_file_serves(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    assert save_credentials(Credentials.of(**VALUES)) == str(credentials_file())
    assert revealed(find_credentials()) == VALUES


# saving and forgetting


def test_saved_in_the_keyring_where_there_is_one(ring):
    """And no older file is left, which would win over it."""
    in_file(all_with("old"))
    assert save_credentials(Credentials.of(**VALUES)) == "keyring"
    assert not credentials_file().exists()
    found = find_credentials()
    assert revealed(found) == VALUES
    assert set(found.sources.values()) == {"keyring"}
    assert forget_credentials() == ["keyring"]
    assert ring.entries == {}
    assert forget_credentials() == []


def test_saved_in_a_private_file_where_there_is_no_keyring():
    path = save_credentials(Credentials.of(**VALUES))
    assert path == str(credentials_file())
    assert json.loads(read_private(credentials_file())) == VALUES  # read_private refuses all but 0600
    assert revealed(find_credentials()) == VALUES
    assert forget_credentials() == [path]
    assert not credentials_file().exists()
    assert forget_credentials() == []


def test_forgetting_clears_both_places(ring):
    in_keyring(ring, VALUES)
    in_file(VALUES)
    assert forget_credentials() == [str(credentials_file()), "keyring"]
    assert present_credentials() == {}


def test_forgetting_removes_a_link_and_not_what_it_points_to(tmp_path):
    target = tmp_path / "other"
    target.write_text("other", encoding="utf-8")
    credentials_file().parent.mkdir(parents=True)
    credentials_file().symlink_to(target)
    assert forget_credentials() == [str(credentials_file())]
    assert target.exists()


def test_the_file_is_in_the_users_own_configuration_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert credentials_file() == tmp_path / "spark_magic" / "credentials.json"
    assert credentials.credentials_file().parent.name == "spark_magic"


def test_a_keyring_that_does_not_forget_is_not_said_to_have_forgotten(ring, monkeypatch):
    in_keyring(ring, VALUES)

    def locked(*_):
        raise keyring.errors.KeyringLocked

    monkeypatch.setattr(keyring, "delete_password", locked)
    with pytest.raises(ConfigurationError) as caught:
        forget_credentials()
    assert caught.value.key == "keyring.locked"


def test_a_keyring_entry_with_half_a_character_does_not_count(ring):
    ring.entries["spark_magic", "credentials"] = '"\ud800"'
    with pytest.raises(CredentialsMissing):
        find_credentials()


def test_a_folder_in_the_files_place_is_an_error_of_ours():
    credentials_file().mkdir(parents=True)
    with pytest.raises(ConfigurationError) as caught:
        forget_credentials()
    assert caught.value.key == "file.unwritable"


def everything_in(problem):
    """All locals of the frames that an error carries along, its context's too."""
    texts = []
    while problem is not None:
        frames = [frame for frame, _ in traceback.walk_tb(problem.__traceback__)]
        texts += [repr(value) for frame in frames[1:] for value in frame.f_locals.values()]
        problem = problem.__context__
    return "\n".join(texts)


def test_a_refused_key_is_in_no_frame(monkeypatch):
    """`%debug` and `sys.last_exc` show frames."""
    monkeypatch.setenv("SPARK_API_KEY", "CANARY with blanks")
    with pytest.raises(ConfigurationError) as caught:
        find_credentials()
    assert "CANARY" not in everything_in(caught.value)
    in_file(all_with("CANARY two"))
    monkeypatch.delenv("SPARK_API_KEY")
    with pytest.raises(ConfigurationError) as caught:
        find_credentials()
    assert "CANARY" not in everything_in(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        Credentials.from_secrets(*(Secret(text) for text in ("a", "CANARY x", "b")), "login")
    assert "CANARY" not in everything_in(caught.value)


def test_keys_that_cannot_be_saved_are_in_no_frame():
    credentials_file().mkdir(parents=True)
    keys = Credentials.of("a", "CANARYKEY", "b")
    with pytest.raises(ConfigurationError) as caught:
        save_credentials(keys)
    assert "CANARYKEY" not in everything_in(caught.value)
