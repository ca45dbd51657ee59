"""What `%spark_config` shows: every setting with its value and origin, and the catalogue."""

import pytest
from cells import CREDENTIALS, ROWS, report_in, use_keys, write_config

from spark_magic.config.file import config_file
from spark_magic.credentials import Credentials, save_credentials
from spark_magic.errors import ConfigurationError, HostRefused
from spark_magic.models import MODELS
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID


@pytest.fixture
def report(capsys):
    """Return a reader of `%spark_config`'s table: name -> (value, origin)."""
    return lambda: report_in(capsys.readouterr().out)


# the report


def test_it_shows_every_setting_with_its_value_and_origin(cells, report):
    cells.run("%spark_config")
    rows = report()
    assert set(rows) == ROWS
    assert rows["model"] == ("ultra", "default")
    assert rows["url"] == ("wss://spark-api.xf-yun.com/v4.0/chat", "catalogue")
    assert rows["domain"] == ("4.0Ultra", "catalogue")
    assert rows["temperature"] == ("the server's", "default")
    assert rows["open_timeout"] == ("10", "default")
    assert rows["lang"] == ("en", "SPARK_LANG")
    assert {rows[name] for name in CREDENTIALS} == {("missing", "")}


def test_each_value_names_the_place_it_came_from(start, report, monkeypatch):
    monkeypatch.delenv("SPARK_LANG")
    cells = start(model="lite", top_k=3).load()
    cells.run("%config SparkMagics.max_tokens = 9")
    cells.run('%spark_config --temperature 0.3 --system "be  brief"')
    rows = report()
    assert rows["model"] == ("lite", "IPython configuration")
    assert rows["top_k"] == ("3", "IPython configuration")
    assert rows["max_tokens"] == ("9", "%config")
    assert rows["temperature"] == ("0.3", "%spark_config")
    assert rows["system"] == ("be brief", "%spark_config")
    assert rows["lang"] == ("en", "locale")


def test_the_last_one_to_set_a_value_is_named(cells, report):
    cells.run("%spark_config --top-k 3")
    cells.run("%config SparkMagics.top_k = 4")
    report()
    cells.run("%spark_config")
    assert report()["top_k"] == ("4", "%config")


def test_credentials_are_masked_and_their_places_named(cells, report, capsys, monkeypatch):
    save_credentials(Credentials.of("sandbox0", "file-key-0123456789abcdef", API_SECRET))
    monkeypatch.setenv("XFYUN_API_KEY", API_KEY)
    cells.run("%spark_config")
    shown = capsys.readouterr()
    assert not any(value in shown.out + shown.err for value in (APP_ID, API_KEY, API_SECRET, "0123456789"))
    cells.run("%spark_config")
    rows = report()
    assert rows["APPID"] == ("****", str(config_file().with_name("credentials.json")))
    assert rows["APIKey"] == ("****ey-0", "XFYUN_API_KEY")


def test_missing_credentials_are_explained_but_not_for_the_sandbox(cells, capsys):
    cells.run("%spark_config")
    assert "%spark_config login" in capsys.readouterr().out
    cells.run("%spark_config --model sandbox")
    assert "%spark_config login" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "value", "rows"),
    [
        (
            "SPARK_URL",
            "wss://spark-api.xf-yun.com/v3.5/chat",
            {
                "model": ("max", "SPARK_URL"),
                "url": ("wss://spark-api.xf-yun.com/v3.5/chat", "SPARK_URL"),
                "domain": ("generalv3.5", "catalogue"),
            },
        ),
        (
            "SPARKAI_DOMAIN",
            "generalv3",
            {
                "model": ("pro", "SPARKAI_DOMAIN"),
                "url": ("wss://spark-api.xf-yun.com/v3.1/chat", "catalogue"),
                "domain": ("generalv3", "SPARKAI_DOMAIN"),
            },
        ),
    ],
)
def test_an_address_from_the_environment_is_shown_as_such(cells, report, monkeypatch, variable, value, rows):  # noqa: PLR0913, PLR0917
    monkeypatch.setenv(variable, value)
    cells.run("%spark_config")
    assert report().items() >= rows.items()


def test_a_chosen_model_does_not_have_the_environments_address(cells, report, monkeypatch):
    monkeypatch.setenv("SPARK_URL", "wss://spark-api.xf-yun.com/v3.5/chat")
    cells.run("%spark_config --model x2")
    rows = report()
    assert rows["model"] == ("x2", "%spark_config")
    assert rows["url"] == ("wss://spark-api.xf-yun.com/x2", "catalogue")
    assert rows["domain"] == ("spark-x", "catalogue")


def test_a_model_of_the_users_own_names_the_file(cells, report):
    write_config('[[models]]\nalias = "mine"\nurl = "wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat"\ndomain = "d"\n')
    cells.run("%spark_config --model mine")
    assert report()["url"][1] == str(config_file())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("alowed_hosts = []", "unknown key 'alowed_hosts' in the file"),
        ('[[models]]\nalias = "a"\nulr = "x"', "unknown key 'ulr' in [[models]]"),
        ("[[models]\n", "line 1"),
        ("# exposed", "chmod 600"),
    ],
)
def test_a_config_file_that_is_not_right_is_told_before_anything_is_sent(cells, report, capsys, content, said):
    """And the report still shows all it can."""
    write_config(content)
    config_file().chmod(0o644 if "exposed" in content else 0o600)
    for source in ("%spark_config --list-models", "%%spark\nhi", "%%spark -m lite\nhi", "%spark_config --check"):
        assert isinstance(cells.fails(source), ConfigurationError)
        shown = capsys.readouterr().out
        assert said in shown
        assert str(config_file()) in shown
    problem = cells.fails("%spark_config")
    assert said in str(problem)
    assert report()["temperature"] == ("the server's", "default")


def test_a_host_nobody_trusts_is_told_with_the_real_path_of_the_file(cells, report, monkeypatch):
    use_keys(monkeypatch, SPARK_URL="wss://example.com/v4.0/chat")
    problem = cells.fails("%spark_config")
    assert isinstance(problem, HostRefused)
    assert f"SPARK_ALLOWED_HOSTS or to allowed_hosts in {config_file()}" in str(problem)
    assert report()["url"] == ("wss://example.com/v4.0/chat", "SPARK_URL")
    assert str(config_file()) in str(cells.fails("%spark hi"))
    assert str(config_file()) in str(cells.fails("%spark_config --check"))
    monkeypatch.setenv("SPARK_ALLOWED_HOSTS", "other.example, example.com")
    cells.run("%spark_config")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "wss://[::1/chat", "ws://spark-api.xf-yun.com/v4.0/chat", "x"])
def test_an_address_that_is_none_is_told_before_anything_is_sent(cells, monkeypatch, url):
    use_keys(monkeypatch, SPARK_URL=url)
    for source in ("%spark_config", "%spark hi", "%spark_config --check"):
        assert isinstance(cells.fails(source), ConfigurationError)


@pytest.mark.parametrize("url", ["wss://me:CANARY@spark-api.xf-yun.com/x", "wss://a.xf-yun.com/x?authorization=CANARY"])
def test_a_key_inside_an_address_is_not_shown(cells, monkeypatch, capsys, url):
    """Some clients' documentation has signed addresses to paste."""
    use_keys(monkeypatch, SPARK_URL=url)
    for source in ("%spark_config", "%spark_config --check", "%spark hi"):
        assert isinstance(cells.fails(source), ConfigurationError)
    cells.run("%spark --dry-run hi")
    shown = capsys.readouterr()
    assert "CANARY" not in shown.out + shown.err


def test_a_wrong_pair_of_url_and_domain_is_told_before_anything_is_sent(cells, monkeypatch, capsys):
    use_keys(monkeypatch, SPARK_URL="wss://spark-api.xf-yun.com/v3.5/chat", SPARK_DOMAIN="generalv3")
    for source in ("%spark_config", "%spark hi", "%spark_config --check"):
        assert isinstance(cells.fails(source), ConfigurationError)
        assert "wss://spark-api.xf-yun.com/v3.5/chat generalv3.5" in capsys.readouterr().out


# the catalogue


def test_the_catalogue_is_a_table(cells, capsys):
    write_config('[[models]]\nalias = "mine"\nurl = "wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat"\ndomain = "d"\n')
    cells.run("%spark_config --list-models --model lite")
    shown = capsys.readouterr().out
    for model in MODELS:
        (line,) = [line for line in shown.splitlines() if line.split()[0] == model.alias]
        for fact in (model.domain, model.url, f"{model.input_tokens:,}", f"{model.output_tokens:,}"):
            assert fact in line
        assert ("reasoning" in line) == model.reasoning
        assert ("system prompt" in line) == model.system_role
        assert ("retired" in line) == model.retired
        assert ("in use" in line) == (model.alias == "lite")
    assert "mine" in shown
    assert "setting" not in shown
