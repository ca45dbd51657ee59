"""`%spark_config --check`: which models this account may use, one tiny request each."""

import pytest
from cells import all_models_at, chat_of, use_keys

from spark_magic.errors import ClockSkew, ConnectionFailed, CredentialsMissing, CredentialsRefused, SparkInterrupted
from spark_magic.magics import check
from spark_magic.models import MODELS, SANDBOX_ALIAS
from spark_magic.sandbox import Sandbox, handshake

IN_USE = [model for model in MODELS if not model.retired and model.alias != SANDBOX_ALIAS]


def rows(shown):
    """Return the table's rows by alias, the progress before it left out."""
    lines = shown.split("---", 1)[1].splitlines()[1:]
    return {line.split()[0]: line for line in lines if line.split()[0] in {model.alias for model in MODELS}}


def test_every_model_in_use_is_asked_once(cells, box, capsys):
    cells.run("%spark_config --check")
    table = rows(capsys.readouterr().out)
    assert list(table) == [model.alias for model in IN_USE]
    assert all(" yes" in line for line in table.values())
    assert [chat_of(request) for request in box.requests] == [{"domain": m.domain, "max_tokens": 1} for m in IN_USE]
    assert box.wait_until(lambda: box.open_connections == 0)


def test_a_model_without_licence_has_its_row_and_the_hint_stands_once(cells, box, capsys, monkeypatch):
    """11200 is the most common complaint: quota for one model does not serve another."""
    monkeypatch.setattr(check, "_QUESTION", (check.Message("user", "sandbox: error 11200"),))
    cells.run("%spark_config --check")
    shown = capsys.readouterr().out
    table = rows(shown)
    assert len(table) == len(IN_USE) == len(box.requests)
    assert all(" no " in line and "11200" in line and "licence" in line for line in table.values())
    assert shown.count("claim or buy it for THIS model") == 1


def test_one_models_failure_does_not_keep_the_others_from_being_asked(cells, box, capsys):
    """A domain that the address does not serve: 10404."""
    all_models_at(box, x1="wrong")
    cells.run("%spark_config --check")
    table = rows(capsys.readouterr().out)
    assert "10404" in table.pop("x1")
    assert len(table) == len(IN_USE) - 1
    assert all(" yes" in line for line in table.values())


@pytest.mark.parametrize("answer", ["sandbox: empty", "sandbox: think 1", "sandbox: stall after 1"])
def test_the_first_words_are_enough(cells, box, capsys, monkeypatch, answer):
    """The check is billed: nobody waits for more, not even for an end."""
    monkeypatch.setattr(check, "_QUESTION", (check.Message("user", answer),))
    cells.run("%spark_config --check")
    assert all(" yes" in line for line in rows(capsys.readouterr().out).values())
    assert box.wait_until(lambda: box.open_connections == 0)


def test_refused_credentials_are_said_once(cells, box, monkeypatch, capsys):
    monkeypatch.setenv("SPARK_API_KEY", "another-api-key-0123456789")
    assert isinstance(cells.fails("%spark_config --check"), CredentialsRefused)
    assert capsys.readouterr().out.count("401") == 1
    assert box.handshakes == 1


def test_a_wrong_clock_is_said_once(cells, box, capsys):
    box.clock_offset = 3600
    cells.run("%spark_config --check")
    assert capsys.readouterr().out.count("60 min behind") == 1
    assert box.handshakes == len(box.requests) + 1


def test_a_clock_that_cannot_be_corrected_is_said_once(cells, box, monkeypatch):
    monkeypatch.setattr(handshake, "_is_current", lambda *_: False)
    box.clock_offset = 3600
    assert isinstance(cells.fails("%spark_config --check"), ClockSkew)
    assert box.handshakes == 2


def test_no_network_is_said_once(cells, box):
    box.stop()
    assert isinstance(cells.fails("%spark_config --check"), ConnectionFailed)


def test_no_credentials_are_said_once(cells, box, monkeypatch):
    monkeypatch.delenv("SPARK_APP_ID")
    assert isinstance(cells.fails("%spark_config --check"), CredentialsMissing)
    assert box.handshakes == 0


def test_the_sandbox_alone_where_it_is_chosen(cells, capsys, monkeypatch):
    """It needs no account, and the account's keys are not used on it."""
    monkeypatch.setenv("SPARK_API_KEY", "another-api-key-0123456789")
    cells.run("%spark_config --model sandbox --check")
    assert list(rows(capsys.readouterr().out)) == ["sandbox"]


@pytest.mark.parametrize("alias", ["ultra", "x1"])
def test_a_gateway_of_ones_own_is_asked_alone(cells, capsys, monkeypatch, alias):
    """Its keys are not the vendor's business."""
    with Sandbox() as gateway:
        use_keys(monkeypatch, SPARK_URL=gateway.url(alias))
        cells.run("%spark_config --check")
        assert list(rows(capsys.readouterr().out)) == [alias]
        assert len(gateway.requests) == 1


def test_a_vendors_address_in_the_environment_leaves_the_others_in(cells, monkeypatch):
    """Many have SPARK_URL set for another client."""
    monkeypatch.setenv("SPARK_URL", "wss://spark-api.xf-yun.com/v3.5/chat")
    asked = check._models(cells.magics)
    assert [model.alias for model in asked] == [model.alias for model in IN_USE]


def test_a_retired_model_is_asked_only_when_it_is_chosen(cells):
    cells.magics.model = "v2"
    assert "v2" in [model.alias for model in check._models(cells.magics)]


def test_a_terminal_names_each_model_as_it_is_asked(cells, box, capsys):
    assert box.requests == []
    cells.run("%spark_config --check")
    assert "lite … pro … " in capsys.readouterr().out


def test_a_notebook_shows_each_row_as_soon_as_it_is_known(cells, box, monkeypatch):
    tables = []

    def show(head, rows, *, replaces=None, growing=False):
        assert growing
        assert replaces is (tables or None)
        assert len(rows) == len(box.requests)
        assert all(len(row) == len(head) for row in rows)
        tables.append(len(rows))
        return tables

    monkeypatch.setattr(check, "show_table", show)
    monkeypatch.setattr(cells.shell, "kernel", object(), raising=False)
    cells.run("%spark_config --check")
    assert tables == list(range(1, len(IN_USE) + 1))


def test_a_stop_leaves_what_is_known_on_the_screen(cells, box, monkeypatch, capsys):
    """One line instead of a traceback, and the connection is closed."""

    def words(client):
        if len(box.requests) == 2:
            raise KeyboardInterrupt
        return ask(client)

    ask = check._notices
    monkeypatch.setattr(check, "_notices", words)
    assert isinstance(cells.fails("%spark_config --check"), SparkInterrupted)
    shown = capsys.readouterr().out
    assert list(rows(shown.partition("SparkInterrupted")[0])) == ["lite", "pro"]
    assert "Traceback" not in shown
