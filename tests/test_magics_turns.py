"""What the user is told about a question, what a failed one leaves behind, forgetting, and the plain call."""

import pytest
from cells import chat_of, messages_of

import spark_magic
from spark_magic.errors import CredentialsMissing, Moderated, QuotaExceeded, SparkError

HI = "sandbox: say hi there"


def ask(cells, options="", text=HI):
    return cells.run(f"%%spark {options}\n{text}")


# notes


def test_a_system_prompt_for_a_model_without_that_role_goes_before_the_first_question(cells, box, capsys):
    ask(cells)
    ask(cells, "-m lite -s 'be brief'")
    assert messages_of(box.requests[1])[0] == ("user", f"be brief\n\n{HI}")
    assert [role for role, _ in messages_of(box.requests[1])] == ["user", "assistant", "user"]
    assert "lite has no system role" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_a_max_tokens_beyond_the_documented_limit_is_told(cells, capsys):
    ask(cells, "-m lite --max-tokens 4097")
    assert "above the documented 4,096" in capsys.readouterr().out
    ask(cells, "-m lite --max-tokens 4096")
    assert "documented" not in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_a_retired_model_is_told(cells, capsys):
    ask(cells, "-m v2")
    assert "retired v2" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_turns_that_no_longer_fit_are_told_once(cells, capsys):
    long = "word " * 5000
    ask(cells, "-m pro", f"{long}\n{HI}")
    ask(cells, "-m pro", f"{long}\n{HI}")
    assert "The oldest turn no longer fits" in capsys.readouterr().out
    ask(cells, "-m pro", "sandbox: say short")
    assert "no longer fit" not in capsys.readouterr().out


# failing


@pytest.mark.parametrize(
    ("directive", "kind"),
    [("error 11200", QuotaExceeded), ("error 10013", Moderated), ("drop after 1", SparkError), ("raw {}", SparkError)],
)
def test_a_failed_question_fails_the_cell_and_is_not_remembered(cells, box, capsys, directive, kind):
    ask(cells)
    assert isinstance(cells.fails(f"%%spark -o kept\nsandbox: {directive}"), kind)
    assert "Traceback" not in capsys.readouterr().out
    assert "kept" not in cells.names
    ask(cells)
    assert len(messages_of(box.requests[2])) == 3


@pytest.mark.usefixtures("box")
def test_an_empty_answer_is_an_answer(cells):
    answer = ask(cells, text="sandbox: empty")
    assert (answer, answer.turn) == ("", 1)
    assert answer.sid
    assert len(cells.magics.state.conversation.turns) == 1


def test_without_credentials_the_error_says_what_to_do(cells, capsys):
    assert isinstance(cells.fails("%spark hi"), CredentialsMissing)
    shown = capsys.readouterr().out
    for part in ("APPID, APIKey, APISecret", "login", "SPARK_APP_ID, SPARK_API_KEY, SPARK_API_SECRET", "sandbox"):
        assert part in shown


def test_the_sandbox_needs_no_credentials(cells):
    assert ask(cells, "-m sandbox").model == "sandbox"


# forgetting


@pytest.mark.parametrize(("turns", "words"), [(0, "0 turns"), (1, "1 turn."), (2, "2 turns")])
def test_reset_forgets_and_says_how_many(cells, box, capsys, turns, words):
    for _ in range(turns):
        ask(cells)
    capsys.readouterr()
    cells.run("%spark_reset")
    assert words in capsys.readouterr().out
    ask(cells)
    assert len(messages_of(box.requests[-1])) == 1


def test_the_system_prompt_stays_unless_asked_for(cells, box, capsys):
    cells.magics.system = "be brief"
    cells.run("%spark_reset")
    assert "system prompt stays" in capsys.readouterr().out
    ask(cells)
    cells.run("%spark_reset --system")
    assert "forgotten, too" in capsys.readouterr().out
    ask(cells)
    assert [messages_of(request)[0][0] for request in box.requests] == ["system", "user"]


# the plain call


def test_ask_is_the_same_as_a_plain_call(cells, box):
    ask(cells)
    answer = spark_magic.ask(HI, model="x1", system="be brief", temperature=0.5, top_k=3, max_tokens=9)
    assert messages_of(box.requests[1])[0] == ("system", "be brief")
    assert chat_of(box.requests[1]) == {"domain": "spark-x", "temperature": 0.5, "top_k": 3, "max_tokens": 9}
    assert answer.turn == 2
    assert spark_magic.ask(HI, no_history=True).turn == 0


@pytest.mark.usefixtures("cells")
def test_ask_refuses_what_it_does_not_know():
    for name in ("colour", "output", "dry_run", "help", "word"):
        with pytest.raises(TypeError, match=f"no option '{name}'"):
            spark_magic.ask("hi", **{name: "x"})
    with pytest.raises(ValueError, match="empty"):
        spark_magic.ask(" \n")


@pytest.mark.usefixtures("capsys")
def test_ask_before_load_ext_and_load_ext_after_it(start, box):
    """They share one conversation and one set of settings."""
    cells = start(temperature=0.5)
    spark_magic.ask(HI)
    cells.load()
    ask(cells)
    assert chat_of(box.requests[0])["temperature"] == 0.5
    assert len(messages_of(box.requests[1])) == 3
