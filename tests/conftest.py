"""Every test runs as on a fresh machine: no keys, no configuration, no keyring, English."""

import os

import pytest

from spark_magic.messages import use_language

_PREFIXES = ("SPARK", "IFLYTEK_SPARK", "XFYUN")
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")


@pytest.fixture(autouse=True)
def fresh_machine(tmp_path_factory, monkeypatch):
    """Keep the developer's own keys, files, keyring and language out of every test."""
    keep = {"SPARK_TEST_BROWSER"}
    for name in list(os.environ):
        if name.startswith(_PREFIXES) and name not in keep:
            monkeypatch.delenv(name)
    for name in _LOCALE:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("SPARK_LANG", "en")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    use_language("")
    yield
    use_language("")
