"""Every test runs as on a fresh machine: no keys, no configuration, no keyring, English."""

import os
import signal

import pytest

from spark_magic.messages import use_language

_PREFIXES = ("SPARK", "IFLYTEK_SPARK", "XFYUN")
_NETWORK = [f(name) for name in ("https_proxy", "all_proxy", "no_proxy") for f in (str.lower, str.upper)]
_NETWORK += ["SSL_CERT_FILE", "SSL_CERT_DIR"]
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")


# A shell starts what runs in its background with interrupts ignored; these tests raise them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_machine(tmp_path_factory, monkeypatch):
    """Keep the developer's own keys, files, keyring and language out of every test."""
    keep = {"SPARK_TEST_BROWSER"}
    for name in list(os.environ):
        if name.startswith(_PREFIXES) and name not in keep:
            monkeypatch.delenv(name)
    for name in (*_LOCALE, *_NETWORK, "VIRTUAL_ENV"):  # IPython warns of another environment than the one it runs in
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setenv("SPARK_LANG", "en")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    use_language("")
    yield
    use_language("")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Ask again at once: only the tests of the pauses themselves want them as long as they are."""
    for name in ("_FIRST_PAUSE", "_JITTER", "_RATE_PAUSE"):
        monkeypatch.setattr(f"spark_magic.client.retry.{name}", 0.001)


@pytest.fixture
def start():
    """Return a maker of IPythons in this process, with settings as an ipython_config.py would have them."""
    from cells import Cells

    made = []

    def begin(**settings):
        made.append(Cells(**settings))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def cells(start, capsys):
    """Return an IPython with the extension loaded; what it has shown so far is forgotten."""
    made = start().load()
    capsys.readouterr()
    return made


@pytest.fixture
def box(monkeypatch):
    """Return a sandbox in the vendor's place: every model of the catalogue is there, and the keys are its own."""
    from cells import all_models_at, use_keys

    from spark_magic.sandbox import Sandbox

    with Sandbox() as running:
        all_models_at(running)
        use_keys(monkeypatch)
        yield running


@pytest.fixture
def gateway():
    """Return a running sandbox of its own, which nothing else knows of."""
    from spark_magic.sandbox import Sandbox

    with Sandbox() as running:
        yield running


@pytest.fixture
def watch(capsys):
    """Listen to everything a secret could get out through, from here on."""
    from watching import Watch

    listening = Watch(capsys.readouterr)
    yield listening
    listening.close()


@pytest.fixture
def vendor(monkeypatch):
    """Return a sandbox whose keys are the canaries, in the vendor's place; the keys are in the environment."""
    from canaries import CANARIES, ENVIRONMENT
    from cells import all_models_at

    from spark_magic.sandbox import Sandbox

    with Sandbox(**CANARIES) as running:
        all_models_at(running)
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def notebook(vendor, start, watch):
    """Return an IPython that shows the locals of every frame, and knows a client and credentials with canary keys."""
    from asking import at

    from spark_magic.client import Client
    from spark_magic.credentials import find_credentials

    made = start().load()
    made.run("%xmode Verbose\n%spark_config --retries 0")
    credentials = find_credentials()
    made.names.update(creds=credentials, client=Client(at(vendor), credentials), key=credentials.api_key)
    assert watch.leaks() == set()
    return made
