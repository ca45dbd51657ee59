"""No secret leaves with a failure: every one there is, with canary keys, is shown in every way there is."""

import json
import os

import pytest
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, ENVIRONMENT, FORMS, leaked
from cells import write_config
from watching import SETTING, all_of, tells, ways_to_show

from spark_magic.config.file import read_config_file
from spark_magic.credentials import Credentials, credentials_file, save_credentials
from spark_magic.errors import CODES, ConfigurationError
from spark_magic.private_file import write_private

MADE = Credentials.of(**CANARIES)
OTHER_KEY = "d02b86fa4c9e4d7185a3f60b1ce97d24"  # of the right shape, and nobody's

# questions

CODE_FAILURES = [*(f"sandbox: error {code}" for code in CODES), "sandbox: error 10013 after 2", "sandbox: error 99999"]
OTHER_FAILURES = [
    *("sandbox: close", "sandbox: close 1011 after 2", "sandbox: drop", "sandbox: drop after 2", "sandbox: nonsense"),
    *("sandbox: raw no JSON", "sandbox: raw {}", 'sandbox: raw {"header":{"code":0,"sid":"s"}}', "half a \ud800"),
    *("sandbox: error 11200", "sandbox: error 10014 after 2"),
]
CHAINED = "try:\n  %spark {}\nexcept Exception as e:\n  raise OSError(1) from e"
BY_HAND = "list(client.stream([spark_magic.Message('user', {!r})]))"


def test_no_code_tells(notebook, watch):
    for text in CODE_FAILURES:
        problem = notebook.fails(f"%spark {text}")
        assert watch.leaks(problem, *ways_to_show(problem)) == set(), text


@pytest.mark.parametrize("text", OTHER_FAILURES)
def test_no_failed_question_tells(notebook, watch, text):
    """Neither by itself, nor from a plain client, nor where the user's error is raised from it, which shows frames."""
    notebook.run("import spark_magic")
    for source in (f"%spark {text}", f"spark_magic.ask({text!r})", CHAINED.format(text), BY_HAND.format(text)):
        assert watch.leaks(all_of(notebook.fails(source), notebook)) == set(), source


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("--first-timeout 0.1", "sandbox: delay 3"),
        ("--idle-timeout 0.1", "sandbox: stall after 1"),
        ("--total-timeout 0.2", "sandbox: count 1000 rate 20"),
    ],
)
def test_no_deadline_tells(notebook, watch, options, text):
    notebook.run(f"%spark_config {options}")
    assert watch.leaks(all_of(notebook.fails(f"%spark {text}"), notebook)) == set()
    notebook.run("%spark_config --reset")


def test_no_refusal_of_keys_or_clock_tells(notebook, watch, vendor, monkeypatch):
    for name in ("SPARK_API_KEY", "SPARK_API_SECRET"):
        with monkeypatch.context() as patch:
            patch.setenv(name, OTHER_KEY)
            for source in ("%spark hi", "%spark_config --check"):
                problem = notebook.fails(source)
                assert watch.leaks(all_of(problem, notebook)) == set(), source
                assert leaked(all_of(problem, notebook), {"other": OTHER_KEY}) == set()
    vendor.clock_offset = 3600
    assert tells(notebook, watch, "%spark hi") == set()


ADDRESSES = [
    "ws://127.0.0.1:9/v4.0/chat",  # nobody listens
    "wss://127.0.0.1:9/v4.0/chat",
    "wss://no-such-host.xf-yun.com.invalid./v4.0/chat",
    "wss://somebody.example/v4.0/chat",  # a stranger
    "ws://spark-api.xf-yun.com/v4.0/chat",  # in the clear
    f"wss://spark-api.xf-yun.com/v4.0/chat?authorization={FORMS['base64'](API_KEY)}&date=x&host=y",
    f"wss://{API_KEY}:{API_SECRET}@spark-api.xf-yun.com/v4.0/chat",
    f"wss://spark-api.xf-yun.com/v4.0/chat#{API_KEY}",
    API_KEY,  # pasted into the wrong variable
    f"{API_KEY}:{API_SECRET}",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_no_wrong_address_tells(notebook, watch, monkeypatch, url):
    """Also one that somebody has copied with its signature."""
    monkeypatch.setenv("SPARK_URL", url)
    monkeypatch.setenv("SPARK_DOMAIN", "4.0Ultra")
    monkeypatch.setenv("SPARK_ALLOWED_HOSTS", "no-such-host.xf-yun.com.invalid.")
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source


def test_a_key_in_place_of_the_domain_is_not_told(notebook, watch, monkeypatch):
    monkeypatch.setenv("SPARK_DOMAIN", API_SECRET)
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source
    monkeypatch.setenv("SPARK_URL", "ws://127.0.0.1:9/elsewhere")
    for source in ("%spark hi", "%spark --dry-run hi", *SETTING[:1], *SETTING[5:7]):
        assert tells(notebook, watch, source) == set(), source


def test_no_tls_failure_tells(notebook, watch, monkeypatch, vendor):
    monkeypatch.setenv("SPARK_URL", vendor.url().replace("ws://", "wss://"))
    monkeypatch.setenv("SPARK_DOMAIN", "4.0Ultra")
    assert watch.leaks(all_of(notebook.fails("%spark hi"), notebook)) == set()


# files and variables

CONFIGS = [
    f'api_key = "{API_KEY}"',
    f'api_secret = "{API_SECRET}',
    f'[[models]]\nalias = "x"\napi_key = "{API_KEY}"',
    f'models = "{API_KEY}"',
    f'allowed_hosts = "{API_SECRET}"',
    f"[{API_KEY}]\n[{API_KEY}]",
    f"{API_SECRET} = 1\n{API_SECRET} = 2",
    f'[[models]]\nalias = "{API_KEY} {API_SECRET}"\nurl = "wss://a"\ndomain = "b"',
    f"key = {API_KEY}",
]


@pytest.mark.parametrize("content", CONFIGS)
@pytest.mark.parametrize("source", ["%spark hi", "%spark_config", "%spark_config --list-models"])
def test_a_key_in_config_toml_is_not_told(notebook, watch, content, source):
    write_config(content)
    assert watch.leaks(all_of(notebook.fails(source), notebook)) == set()


@pytest.mark.parametrize("content", CONFIGS)
def test_a_key_in_config_toml_is_in_no_frame(watch, content):
    """Without a magic in between."""
    write_config(content)
    with pytest.raises(ConfigurationError) as caught:
        read_config_file()
    assert watch.leaks(all_of(caught.value)) == set()


FILES = [
    json.dumps([API_KEY, API_SECRET]),
    json.dumps(CANARIES)[:-1],
    json.dumps(CANARIES | {"api_key": [API_KEY]}),
    json.dumps(CANARIES | {"api_key": f"{API_KEY} {API_SECRET}"}),
    json.dumps(CANARIES | {"api_secret": f"'{API_SECRET}'"}),
    f"SPARK_API_KEY={API_KEY}\n",
    json.dumps(CANARIES).encode("utf-16"),
]


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_wrong_credentials_file_is_not_told(notebook, watch, monkeypatch, content, mode):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    write_private(credentials_file(), content if isinstance(content, bytes) else content.encode())
    credentials_file().chmod(mode)
    for source in ("%spark hi", "%spark_config", "%spark_config --check"):
        assert tells(notebook, watch, source) == set(), source


JUNK = [f"{API_KEY} {API_SECRET}", f"{API_KEY}\n{APP_ID}", f'"{API_KEY}"', f"{API_SECRET}\u200b", f"{API_KEY}é"]


@pytest.mark.parametrize("junk", JUNK)
def test_a_malformed_variable_is_not_told(notebook, watch, monkeypatch, junk):
    for name in ENVIRONMENT:
        with monkeypatch.context() as patch:
            patch.setenv(name, junk)
            for source in ("%spark hi", "%spark_config", "%spark_config --check"):
                assert tells(notebook, watch, source) == set(), source


@pytest.mark.parametrize("junk", [*JUNK, API_KEY.encode(), [API_KEY], None, 7, bytearray(API_KEY, "ascii")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_key_is_refused_without_telling(watch, junk, place):
    """Of whatever type; the frames of ours have none of the three in the clear."""
    values = [APP_ID, API_KEY, API_SECRET]
    values[place] = junk
    with pytest.raises((ConfigurationError, TypeError)) as caught:
        Credentials.of(*values)
    assert watch.leaks(all_of(caught.value)) == set()


def test_keys_from_the_file_do_not_get_into_the_environment(notebook, vendor, watch, monkeypatch):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name)
    save_credentials(MADE)
    notebook.run("%spark hello")
    notebook.run("%spark_config")
    assert len(vendor.requests) == 1
    assert watch.leaks(dict(os.environ), notebook.run("%env")) == set()
