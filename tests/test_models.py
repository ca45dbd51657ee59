"""What `spark_magic.models` promises: the right address for every name people use, and no wrong pair."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.auth import check_address
from spark_magic.errors import ConfigurationError, UnknownModel
from spark_magic.messages import use_language
from spark_magic.models import (
    DEFAULT_ALIAS,
    MODELS,
    SANDBOX_ALIAS,
    SYNONYMS,
    Model,
    at_address,
    catalogue,
    check_pair,
    find,
)

HOST = "wss://spark-api.xf-yun.com"
ULTRA = find("ultra")
MINE = Model("mine", "wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat", "xspark13b6k", patch_id="resource")


def shown(caught):
    """Return the error as the user sees it."""
    return str(caught.value)


# the catalogue


def test_aliases_are_lower_case_and_unlike():
    aliases = [model.alias for model in MODELS]
    assert len(set(aliases)) == len(aliases)
    assert all(alias == alias.lower() for alias in aliases)
    assert not set(aliases) & set(SYNONYMS)


def test_the_default_and_the_sandbox_are_in_it():
    assert not find(DEFAULT_ALIAS).retired
    assert find(SANDBOX_ALIAS).url.startswith("ws://127.0.0.1/")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.alias)
def test_every_row_makes_sense(model):
    check_address(model.url)
    assert model.domain
    assert 0 < model.temperature_least < model.temperature_most <= 2
    assert model.input_tokens % 1024 == 0
    assert model.output_tokens % 1024 == 0
    assert model.web_search or not model.references or model.alias == SANDBOX_ALIAS
    assert hash(model)


def test_thinking_models_take_what_the_vendor_documents():
    """Also proves the keyword names the catalogue passes past mypy."""
    for alias in ("x1", "x2"):
        model = find(alias)
        assert (model.temperature_most, model.system_role, model.reasoning, model.web_search) == (2.0, True, True, True)


@pytest.mark.parametrize(
    ("alias", "url", "domain"),
    [
        ("lite", f"{HOST}/v1.1/chat", "lite"),
        ("v2", f"{HOST}/v2.1/chat", "generalv2"),
        ("pro", f"{HOST}/v3.1/chat", "generalv3"),
        ("pro-128k", f"{HOST}/chat/pro-128k", "pro-128k"),
        ("max", f"{HOST}/v3.5/chat", "generalv3.5"),
        ("max-32k", f"{HOST}/chat/max-32k", "max-32k"),
        ("ultra", f"{HOST}/v4.0/chat", "4.0Ultra"),
        ("x1", f"{HOST}/v1/x1", "spark-x"),
        ("x2", f"{HOST}/x2", "spark-x"),
    ],
)
def test_the_vendors_pairs_of_address_and_domain(alias, url, domain):
    """The protocol page, section 1; the domain's case matters."""
    model = find(alias)
    assert (model.url, model.domain) == (url, domain)


def test_a_custom_row_takes_the_built_in_ones_place():
    mine = dataclasses.replace(MINE, alias="ultra")
    assert catalogue([mine])["ultra"] is mine
    assert find("ultra", [mine]) is mine
    assert find("v4.0", [mine]) is mine
    assert find("MINE", [MINE]) is MINE


# find


@pytest.mark.parametrize("alias", [model.alias for model in MODELS])
def test_an_alias_is_found_in_any_case_and_with_blanks(alias):
    assert find(f" {alias.upper()} ") is catalogue()[alias]


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("v1.1", "lite"),
        ("v2.1", "v2"),
        ("v3.1", "pro"),
        ("v3.5", "max"),
        ("V4.0", "ultra"),
        ("general", "lite"),
        ("generalv2", "v2"),
        ("generalv3", "pro"),
        ("generalv3.5", "max"),
        ("4.0Ultra", "ultra"),
        ("X1.5", "x1"),
    ],
)
def test_old_versions_and_domains_are_names_too(name, alias):
    assert find(name).alias == alias


@pytest.mark.parametrize(
    ("name", "nearest"), [("utlra", "ultra"), ("ultra4", "ultra"), ("spark-lite", "lite"), ("generalv35", "max")]
)
def test_an_unknown_name_names_the_nearest_and_all(name, nearest):
    with pytest.raises(UnknownModel) as caught:
        find(name)
    assert f"Did you mean {nearest}? " in shown(caught)
    assert ", ".join(catalogue()) in shown(caught)
    use_language("zh")
    assert f"是不是 {nearest}？" in shown(caught)


def test_a_name_like_none_names_all_and_no_nearest():
    with pytest.raises(UnknownModel) as caught:
        find("qqqqqqqq", [MINE])
    assert "Did you mean" not in shown(caught)
    assert "object at" not in shown(caught)
    assert "mine" in shown(caught)


@given(st.text(max_size=20))
def test_any_name_is_a_model_or_unknown(name):
    with contextlib.suppress(UnknownModel):
        assert find(name) in MODELS


# at_address


def test_neither_url_nor_domain_is_the_default():
    assert at_address("", "", ULTRA) is ULTRA


@pytest.mark.parametrize(
    ("path", "domain", "alias"),
    [
        ("/v1.1/chat", "general", "lite"),
        ("/v2.1/chat", "generalv2", "v2"),
        ("/v3.1/chat", "generalv3", "pro"),
        ("/v3.5/chat", "generalv3.5", "max"),
    ],
)
def test_the_tutorials_addresses_bring_their_model(path, domain, alias):
    """The four pairs of the widely copied script work as they are, and each URL without its domain."""
    both = at_address(HOST + path, domain, ULTRA)
    assert (both.alias, both.domain, both.url) == (alias, domain, HOST + path)
    alone = at_address(HOST + path, "", ULTRA)
    assert (alone.alias, alone.domain) == (alias, find(alias).domain)


def test_a_domain_that_is_served_at_one_address_brings_it():
    assert at_address("", "generalv3.5", ULTRA).url == f"{HOST}/v3.5/chat"
    assert at_address("", "general", ULTRA).url == f"{HOST}/v1.1/chat"
    assert at_address("", "general", ULTRA).domain == "general"


def test_the_defaults_own_domain_keeps_the_default():
    x2 = find("x2")
    assert at_address("", "spark-x", x2) == x2
    assert at_address("", "x1", find("x1")).domain == "x1"
    assert at_address("", "4.0Ultra", find("sandbox")).alias == "sandbox"


def test_the_sandbox_makes_no_domain_ambiguous():
    assert at_address("", "4.0Ultra", find("lite")).alias == "ultra"


def test_a_domain_served_at_two_addresses_asks_for_the_url():
    with pytest.raises(ConfigurationError) as caught:
        at_address("", "spark-x", ULTRA)
    assert caught.value.key == "model.ambiguous"
    assert "x1, x2" in shown(caught)


def test_a_domain_nobody_serves_is_a_mismatch():
    with pytest.raises(ConfigurationError) as caught:
        at_address("", "4.0ultra", ULTRA)
    assert caught.value.key == "model.mismatch"
    assert f"{ULTRA.url} 4.0Ultra" in shown(caught)


@pytest.mark.parametrize(
    ("path", "domain", "pair"),
    [
        ("/v3.5/chat", "generalv3", "generalv3.5"),
        ("/v1.1/chat", "generalv3.5", "lite"),
        ("/x2", "x1", "spark-x"),
        ("/v4.0/chat", "4.0ultra", "4.0Ultra"),
    ],
)
def test_a_pair_known_to_be_wrong_names_the_right_one(path, domain, pair):
    """The gateway would say 10404 PathDomainError."""
    with pytest.raises(ConfigurationError) as caught:
        at_address(HOST + path, domain, ULTRA)
    assert caught.value.key == "model.mismatch"
    assert f"{HOST}{path} {pair}" in shown(caught)


def test_the_shared_domain_is_told_apart_by_its_address():
    assert at_address(f"{HOST}/v1/x1", "spark-x", ULTRA).alias == "x1"
    assert at_address(f"{HOST}/x2", "spark-x", ULTRA).alias == "x2"
    assert at_address(f"{HOST}/v1/x1", "x1", ULTRA).alias == "x1"


def test_a_closing_slash_and_the_hosts_case_make_no_difference():
    assert at_address("wss://SPARK-API.xf-yun.com/v3.5/chat/", "generalv3.5", ULTRA).alias == "max"


def test_an_unknown_address_keeps_the_defaults_limits_but_not_its_patch():
    default = dataclasses.replace(ULTRA, patch_id="resource")
    model = at_address("wss://mine.example/v9/chat", "mine", default)
    assert (model.url, model.domain, model.patch_id) == ("wss://mine.example/v9/chat", "mine", None)
    assert (model.input_tokens, model.system_role) == (default.input_tokens, default.system_role)
    assert at_address("wss://mine.example/v9/chat", "", default).domain == default.domain


def test_a_known_path_at_another_host_is_an_unknown_address():
    model = at_address("wss://mine.example/v3.5/chat", "", ULTRA)
    assert (model.alias, model.domain) == ("ultra", "4.0Ultra")


def test_on_this_machine_the_path_decides():
    """A sandbox serves every model's path at a port of its own."""
    model = at_address("ws://127.0.0.1:8000/v3.5/chat", "", ULTRA)
    assert (model.alias, model.url, model.domain) == ("max", "ws://127.0.0.1:8000/v3.5/chat", "generalv3.5")
    with pytest.raises(ConfigurationError):
        at_address("ws://localhost:8000/v3.5/chat", "lite", ULTRA)


def test_custom_rows_are_known_addresses():
    model = at_address(MINE.url, "", ULTRA, [MINE])
    assert model == MINE
    with pytest.raises(ConfigurationError):
        at_address(MINE.url, "lite", ULTRA, [MINE])


def test_an_unknown_address_goes_by_its_domain():
    """The footer must not name a model that did not answer."""
    assert at_address("wss://maas.xf-yun.com/v1.1/chat", "xdeepseekr1", ULTRA).alias == "xdeepseekr1"


def test_an_address_is_written_in_one_way():
    model = dataclasses.replace(ULTRA, url="WSS://Spark-API.xf-yun.com:443/v4.0/chat/")
    assert model.url == ULTRA.url


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.alias)
def test_the_catalogues_own_pairs_are_right(model):
    check_pair(model)


def test_a_wrong_pair_is_refused_and_shows_no_key():
    wrong = dataclasses.replace(find("max"), domain="generalv3")
    with pytest.raises(ConfigurationError) as caught:
        check_pair(wrong)
    assert "generalv3.5" in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        at_address("wss://spark-api.xf-yun.com/v4.0/chat?authorization=CANARY", "nope", ULTRA)
    assert "CANARY" not in str(caught.value)
