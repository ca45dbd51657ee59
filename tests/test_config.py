"""What `spark_magic.config` promises: settings that make a target, and a file of the user's own, strictly read."""

import math
import os

import pytest
from cells import write_config
from traitlets import TraitError
from traitlets.config import Config

from spark_magic.config import Settings
from spark_magic.config.file import ConfigFile, config_file, read_config_file
from spark_magic.config.settings import SETTINGS, TIMEOUTS, address_sources, allowed_hosts
from spark_magic.errors import ConfigurationError, UnknownModel
from spark_magic.messages import language, use_language
from spark_magic.models import SANDBOX_ALIAS, find
from spark_magic.target import Limits, Parameters, Target

HOST = "wss://spark-api.xf-yun.com"
MINE = """
[[models]]
alias = "mine"
url = "wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat"
domain = "my-service-id"
patch_id = "my-resource-id"
"""


def refused(content, mode=0o600):
    """Write the file, and return what reading it fails with."""
    write_config(content)
    config_file().chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        read_config_file()
    assert str(config_file()) in str(caught.value)
    return str(caught.value)


# settings


def test_without_any_setting_the_default_model_is_asked_with_the_servers_defaults():
    assert Settings().target() == Target(find("ultra"), Parameters(), Limits())


def test_every_setting_is_a_traitlet_that_ipythons_configuration_can_set():
    traits = Settings.class_traits(config=True)
    assert set(traits) == set(SETTINGS)
    assert all(trait.help for trait in traits.values())
    assert not {"url", "domain", "patch_id", "app_id", "api_key", "api_secret", "allowed_hosts"} & set(traits)


def test_the_defaults_are_those_of_a_target():
    settings = Settings()
    assert all(getattr(settings, name) == getattr(Limits(), name) for name in Limits.__dataclass_fields__)


def test_all_settings_reach_the_target():
    values = {"temperature": 0.3, "top_k": 2, "max_tokens": 7}
    limits = dict.fromkeys(TIMEOUTS, 3.0) | {"max_bytes": 99}
    target = Settings(model="lite", **values, **limits).target()
    assert target == Target(find("lite"), Parameters(**values), Limits(**limits))


def test_what_is_given_for_one_question_comes_first():
    target = Settings(model="lite", temperature=0.3, top_k=2).target("x1", temperature=0.0, top_k=None)
    assert target == Target(find("x1"), Parameters(temperature=0.0, top_k=2))


def test_a_config_object_sets_them():
    settings = Settings(config=Config(Settings={"model": "lite", "temperature": "0.5"}))
    assert settings.target() == Target(find("lite"), Parameters(temperature=0.5))


@pytest.mark.parametrize("name", TIMEOUTS)
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "soon"])
def test_a_timeout_that_no_clock_reaches_is_refused(name, value):
    settings = Settings()
    with pytest.raises(TraitError, match=name):
        setattr(settings, name, value)
    assert getattr(settings, name) == getattr(Limits(), name)


@pytest.mark.parametrize(("name", "value"), [("lang", "fr"), ("max_bytes", 0), ("temperature", "hot"), ("model", 3)])
def test_other_values_that_never_make_sense_are_refused(name, value):
    with pytest.raises(TraitError, match=name):
        Settings(**{name: value})


def test_the_language_is_one_of_them():
    settings = Settings(lang="zh")
    assert language() == "zh"
    settings.lang = ""
    assert language() == "en"
    use_language("")


def test_an_unknown_model_names_the_nearest_custom_ones_included():
    write_config(MINE)
    with pytest.raises(UnknownModel, match="Did you mean mine"):
        Settings(model="mien").target()


# addresses from the environment


@pytest.mark.parametrize(
    ("variables", "alias", "url", "domain"),
    [
        ({"SPARK_URL": f"{HOST}/v3.5/chat"}, "max", f"{HOST}/v3.5/chat", "generalv3.5"),
        ({"SPARKAI_URL": f"{HOST}/v1.1/chat", "SPARKAI_DOMAIN": "general"}, "lite", f"{HOST}/v1.1/chat", "general"),
        ({"SPARK_DOMAIN": "generalv2"}, "v2", f"{HOST}/v2.1/chat", "generalv2"),
        ({"SPARK_DOMAIN": "4.0Ultra"}, "ultra", f"{HOST}/v4.0/chat", "4.0Ultra"),
        ({"SPARK_URL": f"{HOST}/x2", "SPARKAI_URL": f"{HOST}/v1/x1"}, "x2", f"{HOST}/x2", "spark-x"),
        ({"SPARK_URL": "  ", "SPARKAI_URL": f" {HOST}/v1/x1\n"}, "x1", f"{HOST}/v1/x1", "spark-x"),
        ({"SPARK_URL": "ws://127.0.0.1:9/v4.0/chat"}, "ultra", "ws://127.0.0.1:9/v4.0/chat", "4.0Ultra"),
        ({"SPARK_URL": "wss://mine.example/x", "SPARK_DOMAIN": "d"}, "d", "wss://mine.example/x", "d"),
    ],
)
def test_the_environment_replaces_the_default_models_address(monkeypatch, variables, alias, url, domain):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    model = Settings().chosen_model()
    assert (model.alias, model.url, model.domain) == (alias, url, domain)


def test_a_model_that_is_named_or_set_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("SPARK_URL", f"{HOST}/v3.5/chat")
    assert Settings().chosen_model("lite") == find("lite")
    assert Settings(model="x2").chosen_model() == find("x2")
    assert Settings(model="ultra").chosen_model() == find("ultra")


@pytest.mark.parametrize(
    "variables",
    [
        {"SPARK_URL": f"{HOST}/v3.5/chat", "SPARK_DOMAIN": "generalv3"},
        {"SPARK_DOMAIN": "spark-x"},
        {"SPARK_DOMAIN": "4.0ultra"},
    ],
)
def test_a_pair_that_does_not_belong_together_is_refused(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError):
        Settings().target()


def test_the_variables_in_use_are_named(monkeypatch):
    assert address_sources() == {"url": "", "domain": ""}
    monkeypatch.setenv("SPARKAI_URL", "wss://a.example/x")
    monkeypatch.setenv("SPARK_DOMAIN", "d")
    assert address_sources() == {"url": "SPARKAI_URL", "domain": "SPARK_DOMAIN"}


def test_trusted_hosts_come_from_the_environment_and_the_file(monkeypatch):
    assert allowed_hosts() == ()
    monkeypatch.setenv("SPARK_ALLOWED_HOSTS", "a.example, b.example c.example")
    write_config('allowed_hosts = ["d.example"]')
    assert allowed_hosts() == ("a.example", "b.example", "c.example", "d.example")
    assert Settings().target().allowed_hosts == allowed_hosts()


# the file


def test_without_a_file_there_is_nothing_in_it():
    assert read_config_file() == ConfigFile()


def test_its_models_are_found_by_their_alias():
    write_config(MINE)
    model = Settings(model="Mine").chosen_model()
    assert (model.domain, model.patch_id, model.system_role) == ("my-service-id", "my-resource-id", False)


def test_a_row_may_take_a_built_in_ones_place_and_say_everything_about_it():
    write_config("""
[[models]]
alias = "ultra"
url = "ws://127.0.0.1:8765/v4.0/chat"
domain = "4.0Ultra"
input_tokens = 1000
output_tokens = 100
temperature_least = 0.5
temperature_most = 1
system_role = true
reasoning = true
web_search = true
references = true
retired = true
legacy_domains = ["old"]
""")
    model = Settings().chosen_model()
    assert (model.url, model.input_tokens, model.temperature_most) == ("ws://127.0.0.1:8765/v4.0/chat", 1000, 1)
    assert model.legacy_domains == ("old",)


def test_a_row_with_a_wrong_pair_is_refused_when_it_is_chosen():
    """It keeps nobody from asking another model; a row in a built-in one's place knows better."""
    write_config(f'[[models]]\nalias = "mine"\nurl = "{HOST}/v3.5/chat"\ndomain = "generalv3"\n')
    assert Settings().chosen_model() == find("ultra")
    with pytest.raises(ConfigurationError, match=r"generalv3\.5"):
        Settings(model="mine").target()
    write_config(f'[[models]]\nalias = "max"\nurl = "{HOST}/v3.5/chat"\ndomain = "generalv4"\n')
    assert Settings(model="max").chosen_model().domain == "generalv4"


def test_the_mark_that_windows_editors_put_in_front_does_no_harm():
    write_config("\ufeff" + MINE)
    assert read_config_file().models[0].alias == "mine"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("alowed_hosts = []", "unknown key 'alowed_hosts' in the file; known are allowed_hosts, models"),
        (MINE + 'ulr = "x"', "unknown key 'ulr' in [[models]]; known are alias, domain"),
        (MINE + "input_tokens = '8K'", "$.models[0].input_tokens"),
        (MINE + "system_role = 'yes'", "$.models[0].system_role"),
        ('[[models]]\nalias = "a"\nurl = "b"', "missing required field `domain` - at `$.models[0]`"),
        ('[models]\nalias = "a"', "$.models"),
        ("models = 3", "$.models"),
        ("models = [3]", "$.models[0]"),
        ('allowed_hosts = "a.example"', "$.allowed_hosts"),
        ("[[models]\n", "line 1"),
        ("a = 1\na = 2\n", "line 2"),
        (MINE + MINE, "'mine'"),
        (MINE.replace('"mine"', f'"{SANDBOX_ALIAS}"'), "'sandbox'"),
        (MINE.replace('"mine"', '"two words"'), "'two words'"),
        (MINE.replace('"mine"', '""'), "''"),
        (MINE.replace('"mine"', '"-m"'), "'-m'"),
    ],
)
def test_what_is_wrong_in_it_is_named(content, said):
    """A misspelt key would otherwise be ignored in silence."""
    assert said in refused(content)


def test_what_is_no_text_is_named_by_its_path():
    write_config("")
    config_file().write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError) as caught:
        read_config_file()
    assert str(config_file()) in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's folder closed by its own access lists")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o606])
def test_a_file_that_others_can_read_or_change_is_not_trusted(mode):
    assert f"chmod 600 {config_file()}" in refused(MINE, mode)


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "other.toml").write_text(MINE, encoding="utf-8")
    config_file().parent.mkdir(parents=True)
    config_file().symlink_to(tmp_path / "other.toml")
    with pytest.raises(ConfigurationError) as caught:
        read_config_file()
    assert caught.value.key == "file.symlink"
