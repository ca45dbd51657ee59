"""What `spark_magic.messages` promises: every sentence in both languages, in the user's own."""

import locale
import string

import pytest

from spark_magic.messages import LANGUAGES, TABLE, TABLES, has, language, listed, say, use_language

# Parts of other sentences, and the user's own stop, for which there is nothing to do.
WITHOUT_HINT = {
    "model.nearest",
    "interrupted",
    *(f"interrupted.{how}" for how in ("complete", "go_on", "kept", "run", "ahead", "fresh")),
}

# What begins like this is no failure: words on the screen, help, refusals of a magic line, reports.
OTHERS = (
    *("ability.", "dry_run.", "format.", "help.", "label.", "load.", "login.", "logout.", "note.", "reset.", "shown."),
    *("sent.", "usage."),
)
FAILURES = {key: texts for key, texts in TABLE.items() if not key.startswith(OTHERS)}


def placeholders(text):
    """Name what is put into a sentence, with conversion and format."""
    return {
        (name, conversion, spec) for _, name, spec, conversion in string.Formatter().parse(text) if name is not None
    }


@pytest.mark.parametrize("key", TABLE)
def test_every_sentence_is_there_in_both_languages_with_the_same_placeholders(key):
    english, chinese = TABLE[key]
    assert english.strip()
    assert chinese.strip()
    assert placeholders(english) == placeholders(chinese)


@pytest.mark.parametrize("key", TABLE)
def test_placeholders_have_names(key):
    for text in TABLE[key]:
        assert all(name.isidentifier() for name, _, _ in placeholders(text))


@pytest.mark.parametrize("key", [key for key in FAILURES if not key.endswith(".hint")])
def test_every_failure_says_what_to_do(key):
    """Its own hint, or its group's: `deadline.open` has `deadline.hint`."""
    assert key in WITHOUT_HINT or has(f"{key}.hint") or has(f"{key.rpartition('.')[0]}.hint")


@pytest.mark.parametrize("key", [key for key in FAILURES if key.endswith(".hint")])
def test_every_hint_belongs_to_a_failure(key):
    stem = key.removesuffix(".hint")
    assert any(other == stem or other.rpartition(".")[0] == stem for other in TABLE if other != key)


def test_no_key_stands_in_two_tables():
    assert len(TABLE) == sum(map(len, TABLES))


def test_the_chinese_sentences_are_chinese():
    """Labels may be the same in both, sentences not."""
    for key, (english, chinese) in FAILURES.items():
        assert english.isascii(), key
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese), key


def test_say_puts_the_values_in():
    assert say("connect.dns", host="h.example") == "The address of h.example was not found."
    use_language("zh")
    assert say("connect.dns", host="h.example") == "找不到 h.example 的地址。"


def test_a_list_within_a_sentence_has_the_languages_own_comma():
    assert listed(["a", "b"]) == "a, b"
    use_language("zh")
    assert listed(["a", "b"]) == "a、b"


def test_a_key_that_does_not_exist_is_a_key_error():
    assert not has("no.such.key")
    with pytest.raises(KeyError):
        say("no.such.key")


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_setting_wins_over_the_environment(monkeypatch, name):
    for variable in ("SPARK_LANG", "LC_ALL", "LANG"):
        monkeypatch.setenv(variable, "zh_CN" if name == "en" else "en_US")
    use_language(name)
    assert language() == name
    use_language("")
    assert language() != name


@pytest.mark.parametrize("name", ["fr", "", "EN", "zh_CN"])
def test_any_other_setting_leaves_it_to_the_environment(monkeypatch, name):
    monkeypatch.setenv("SPARK_LANG", "zh")
    use_language("en")
    use_language(name)
    assert language() == "zh"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SPARK_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ({"SPARK_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"SPARK_LANG": "fr", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"SPARK_LANG": " ZH_cn "}, "zh"),
        ({"SPARK_LANG": "Chinese (Simplified)_China"}, "zh"),
    ],
)
def test_the_language_of_the_environment(monkeypatch, environment, expected):
    """`SPARK_LANG`, then the locale the way POSIX looks for it, then English."""
    monkeypatch.delenv("SPARK_LANG")
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert language() == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Chinese (Simplified)_China", "zh"), ("zh_CN", "zh"), ("English_Germany", "en"), (None, "en")],
)
def test_without_variables_the_systems_own_locale_decides(monkeypatch, name, expected):
    """Windows sets no variables and names its locales in words."""
    monkeypatch.delenv("SPARK_LANG")
    monkeypatch.setattr(locale, "getlocale", lambda: (name, None))
    assert language() == expected
