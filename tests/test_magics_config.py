"""`%spark_config` and `%config` set, and `--reset` takes back; nothing wrong is ever half set."""

import pytest
from cells import chat_of, messages_of, report_in, use_keys
from IPython.core.error import UsageError

from spark_magic.config.settings import SETTINGS
from spark_magic.errors import ConfigurationError
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID


@pytest.fixture
def report(capsys):
    """Return a reader of `%spark_config`'s table: name -> (value, origin)."""
    return lambda: report_in(capsys.readouterr().out)


# setting


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("-m lite", "model", "lite"),
        ("--model lite", "model", "lite"),
        ('-s "你现在扮演李白"', "system", "你现在扮演李白"),
        ("--system x", "system", "x"),
        ("-t 0.3", "temperature", 0.3),
        ("--temperature 0", "temperature", 0),
        ("--top-k 2", "top_k", 2),
        ("--max-tokens 8", "max_tokens", 8),
        ("--open-timeout 1.5", "open_timeout", 1.5),
        ("--send-timeout 2", "send_timeout", 2),
        ("--first-timeout 3", "first_timeout", 3),
        ("--idle-timeout 4", "idle_timeout", 4),
        ("--total-timeout 5", "total_timeout", 5),
        ("--lang en", "lang", "en"),
    ],
)
def test_each_option_sets_its_setting_and_shows_the_report(cells, report, option, name, value):
    cells.run(f"%spark_config {option}")
    assert getattr(cells.magics, name) == value
    assert report()[name][1] == "%spark_config"


def test_what_is_set_counts_for_all_further_questions(cells, box):
    cells.run('%spark_config --model x1 --temperature 0.3 --top-k 2 --max-tokens 8 --system "be brief"')
    cells.run("%spark hi")
    assert chat_of(box.requests[0]) == {"domain": "spark-x", "temperature": 0.3, "top_k": 2, "max_tokens": 8}
    cells.run("%spark -m lite -t 0.5 -s '' --no-history hi")
    assert chat_of(box.requests[1]) == {"domain": "lite", "temperature": 0.5, "top_k": 2, "max_tokens": 8}
    assert messages_of(box.requests[1]) == [("user", "hi")]


def test_an_empty_system_prompt_clears_it(cells):
    cells.magics.system = "be brief"
    cells.run('%spark_config --system ""')
    assert cells.magics.system == ""


def test_all_is_set_or_nothing(cells, report):
    cells.run("%spark_config --temperature 0.3")
    report()
    assert isinstance(cells.fails("%spark_config --temperature 0.9 --top-k 9"), UsageError)
    assert isinstance(cells.fails("%spark_config --system x --model nope"), UsageError)
    cells.run("%spark_config")
    rows = report()
    assert rows["temperature"] == ("0.3", "%spark_config")
    assert rows["top_k"] == ("the server's", "default")
    assert rows["system"] == ("", "default")
    assert rows["model"] == ("ultra", "default")


def test_a_model_that_does_not_take_the_temperature_that_is_set_is_not_chosen(cells):
    cells.run("%spark_config --model x1 --temperature 1.5")
    assert "takes 0 to 1" in str(cells.fails("%spark_config --model lite"))
    assert cells.magics.model == "x1"


def test_reset_goes_back_to_ipythons_configuration_and_the_defaults(start, report):
    cells = start(model="lite", temperature=0.5).load()
    cells.run("%spark_config --model x1 --temperature 1.5 --system x --lang zh --open-timeout 1")
    for change in ("max_bytes = 5", "take_over = True", "top_k = 2"):
        cells.run(f"%config SparkMagics.{change}")
    report()
    cells.run("%spark_config --reset")
    rows = report()
    assert rows["model"] == ("lite", "IPython configuration")
    assert rows["temperature"] == ("0.5", "IPython configuration")
    others = set(SETTINGS) - {"model", "temperature", "lang"}
    assert {rows[name][1] for name in others} == {"default"}
    assert (cells.magics.max_bytes, cells.magics.take_over, cells.magics.lang) == (8 * 1024 * 1024, False, "")


def test_reset_and_set_in_one(cells):
    cells.run("%spark_config --top-k 2 --system x")
    cells.run("%spark_config --reset --top-k 3")
    assert (cells.magics.top_k, cells.magics.system) == (3, "")


# languages


def test_the_language_changes_at_once_and_everywhere(cells, capsys):
    cells.run("%spark_config --lang zh")
    assert "设置" in capsys.readouterr().out
    cells.run("%%spark?")
    assert "向讯飞星火提问" in capsys.readouterr().out
    cells.run("%spark_reset")
    assert "已忘记" in capsys.readouterr().out
    cells.fails("%spark hi")
    assert "没有找到凭证" in capsys.readouterr().out
    cells.run("%spark_config --lang auto")
    assert "setting" in capsys.readouterr().out


def test_the_language_may_come_from_ipythons_configuration(start, capsys):
    cells = start(lang="zh").load()
    cells.run("%spark_reset")
    assert "已忘记" in capsys.readouterr().out


# IPython's own ways


def test_config_shows_no_secret_and_no_address(cells, capsys, monkeypatch):
    use_keys(monkeypatch, SPARK_URL="ws://127.0.0.1:9/v4.0/chat")
    cells.run("%spark_config")
    capsys.readouterr()
    cells.run("%config SparkMagics")
    shown = capsys.readouterr().out
    for name in SETTINGS:
        assert f"SparkMagics.{name}=" in shown
    for hidden in (APP_ID, API_KEY, API_SECRET, "127.0.0.1", "xf-yun"):
        assert hidden not in shown


@pytest.mark.parametrize("change", ["temperature = 7", "top_k = 0", "max_tokens = 0", "model = 'utlra'"])
def test_a_wrong_value_by_config_is_told_before_anything_is_sent(cells, box, capsys, change):
    cells.run(f"%config SparkMagics.{change}")
    assert isinstance(cells.fails("%spark hi"), ConfigurationError)
    assert "out of range" in capsys.readouterr().out or change.startswith("model")
    assert box.handshakes == 0


@pytest.mark.parametrize(
    "change", ["lang = 'fr'", "open_timeout = 0", "idle_timeout = float('nan')", "max_bytes = 0", "temperature = 'hot'"]
)
def test_a_value_that_never_makes_sense_is_not_taken(cells, caplog, change):
    name = change.split()[0]
    before = getattr(cells.magics, name)
    cells.run(f"%config SparkMagics.{change}")
    assert name in caplog.text
    assert getattr(cells.magics, name) == before


def test_a_configuration_that_never_makes_sense_is_told_when_loading(start):
    cells = start(lang="fr")
    assert "lang" in str(cells.fails("%load_ext spark_magic"))
    assert not cells.has("cell", "spark")
    assert not any(type(c).__name__ == "SparkMagics" for c in cells.shell.configurables)
