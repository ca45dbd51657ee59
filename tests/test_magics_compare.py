"""One question to several models: who is asked, what is remembered, what fails, and what a stop leaves behind."""

import os
import re
import signal
import socket
import threading
from contextlib import contextmanager

import pytest
from asking import client_of
from cells import all_models_at, chat_of, messages_of, write_config
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError
from watching import tells

import spark_magic
from spark_magic.answer import Answer
from spark_magic.config.file import config_file, read_config_file
from spark_magic.conversation import Exchange
from spark_magic.display import terminal
from spark_magic.errors import (
    ConfigurationError,
    ConversationBusy,
    Moderated,
    PromptTooLarge,
    QuotaExceeded,
    SparkInterrupted,
)
from spark_magic.magics import race
from spark_magic.magics.values import models
from spark_magic.models import MODELS

HI = "sandbox: say hi there"
THREE = ["ultra", "x2", "lite"]
DOMAINS = {model.alias: model.domain for model in MODELS}


def ask(cells, options="-m ultra,x2,lite", text=HI):
    return cells.run(f"%%spark {options}\n{text}")


def turns(cells):
    return cells.magics.state.conversation.turns


def ours():
    """Return the threads of comparisons."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("spark-magic-compared")]


def put_away(box):
    """Tell whether nothing of a comparison is left."""
    for thread in ours():
        thread.join(10)
    return not ours() and box.wait_until(lambda: box.open_connections == 0)


# asking


def test_each_model_answers_once_and_the_value_has_all_answers_by_alias(cells, box, capsys):
    answers = ask(cells, "-m ultra,x2,lite -o kept -t 0.5")
    shown = capsys.readouterr().out
    assert answers is cells.names["kept"] is cells.names["_"]
    assert list(answers) == THREE
    assert all(isinstance(answer, Answer) and answer == "hi there" for answer in answers.values())
    assert [answer.model for answer in answers.values()] == THREE
    assert {chat_of(request)["domain"] for request in box.requests} == {DOMAINS[alias] for alias in THREE}
    assert {chat_of(request)["temperature"] for request in box.requests} == {0.5}
    assert len(box.requests) == 3
    assert shown.count("hi there") == 3  # and no dict below it
    heads = re.findall(r"^\[(\w+) · [\d.]+ s · \d+ \+ \d+ tokens · not remembered\]$", shown, re.MULTILINE)
    assert heads == THREE
    assert put_away(box)


def test_the_answers_are_shown_one_below_the_other_each_whole(cells, box, capsys):
    ask(cells, text="sandbox: count 40 rate 400")
    parts = re.split(r"^(ultra|x2|lite)\n-+\n", capsys.readouterr().out, flags=re.MULTILINE)
    assert parts[1::2] == THREE
    texts = [part.rpartition("\n[")[0].strip() for part in parts[2::2]]
    assert texts[0] in texts[1]  # x2 has thought before
    assert texts[0] == texts[2]
    assert len(box.requests) == 3


def test_all_are_asked_at_the_same_time(cells, box):
    """None of them would ever end by itself."""
    with interrupted_when(lambda: box.wait_until(lambda: len(box.requests) == 3)) as seen:
        cells.fails("%%spark -m ultra,x2,lite\nsandbox: stall after 2")
    assert seen == [True]
    assert put_away(box)


def test_a_plain_call_does_the_same(cells, box):
    answers = spark_magic.ask(HI, model="ultra, lite", keep="lite")
    assert list(answers) == ["ultra", "lite"]
    assert [turn.answer.model for turn in turns(cells)] == ["lite"]
    for model in ("ultra,,lite", "ultra,", ",", ",".join("abcdefg")):
        with pytest.raises(UsageError, match="-m/--model"):
            spark_magic.ask(HI, model=model)
    assert len(box.requests) == 2


@pytest.mark.usefixtures("box")
def test_on_one_line_too(cells):
    assert list(cells.run(f"%spark -m lite,v4.0 {HI}")) == ["lite", "ultra"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters=",", exclude_categories=["Z", "Cc", "Cs"]), min_size=1),
        min_size=1,
        max_size=6,
    )
)
def test_several_aliases_stand_between_commas_with_or_without_blanks(names):
    assert models(" , ".join(names)) == ",".join(names)


# the conversation


def test_the_conversation_is_the_context_of_all_and_none_joins_it(cells, box):
    cells.run("%spark sandbox: say one")
    ask(cells)
    cells.run("%spark sandbox: say three")
    compared, after = box.requests[1:4], box.requests[4]
    assert [[text for _, text in messages_of(request)] for request in compared] == [["sandbox: say one", "one", HI]] * 3
    assert [text for _, text in messages_of(after)] == ["sandbox: say one", "one", "sandbox: say three"]
    assert [turn.answer for turn in turns(cells)] == ["one", "three"]


def test_outside_the_conversation_they_get_nothing_of_it(cells, box):
    cells.run("%spark sandbox: say one")
    ask(cells, "-m ultra,lite --no-history")
    assert [len(messages_of(request)) for request in box.requests] == [1, 1, 1]


def test_the_one_to_keep_joins_the_conversation_and_is_its_last_question(cells, box, capsys):
    cells.run("%spark sandbox: say one")
    answers = ask(cells, "-m ultra,x2,lite --keep x2")
    shown = capsys.readouterr().out
    assert [turn.answer for turn in turns(cells)] == ["one", answers["x2"]]
    assert {alias: answer.turn for alias, answer in answers.items()} == {"ultra": 0, "x2": 2, "lite": 0}
    assert re.findall(r"\[(\w+) .* not remembered\]", shown) == ["ultra", "lite"]
    cells.run("%spark_retry")
    assert chat_of(box.requests[-1])["domain"] == DOMAINS["x2"]
    assert [turn.answer.model for turn in turns(cells)] == ["ultra", "x2"]
    assert len(box.requests) == 5


def test_without_one_to_keep_the_last_question_is_the_one_before(cells, box):
    cells.run("%spark -m x2 sandbox: say one")
    ask(cells, "-m ultra,lite")
    assert cells.run("%spark_retry") == "one"
    assert chat_of(box.requests[-1])["domain"] == DOMAINS["x2"]


def test_another_conversation_by_its_name(cells, box, capsys):
    ask(cells, "-m ultra,lite -n other --keep ultra")
    assert turns(cells) == []
    assert len(cells.magics.state.conversation_named("other").turns) == 1
    assert len(box.requests) == 2
    assert "lite · " in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_what_a_model_does_not_get_of_the_conversation_is_told_of_each(cells, capsys):
    cells.run(f"%%spark\n{'word ' * 5000}\nsandbox: say one")
    capsys.readouterr()
    for _ in range(2):
        ask(cells, "-m ultra,lite,pro", "\n".join([*["word " * 50] * 40, HI]))
        assert capsys.readouterr().out.count("The oldest turn no longer fits") == 2  # into 8K, twice


@pytest.mark.usefixtures("box")
def test_of_answers_that_were_cut_only_the_kept_one_says_how_to_go_on(cells, capsys):
    answers = ask(cells, "-m ultra,x2 --keep x2 --max-tokens 2", "sandbox: say one two three four")
    assert all(answer.cut for answer in answers.values())
    shown = capsys.readouterr().out
    assert shown.count("cut at max_tokens") == 2 * shown.count("--continue")
    assert "--continue" in shown


@pytest.mark.usefixtures("box")
def test_every_exchange_is_in_the_ledger_once(cells):
    ask(cells, "-m ultra,lite --keep lite")
    records = cells.magics.state.ledger.records
    assert sorted((spent.model, spent.turn, spent.fate) for spent in records) == [
        ("lite", 1, "complete"),
        ("ultra", 0, "complete"),
    ]


def test_a_question_of_the_conversation_is_in_the_way_of_the_one_to_keep_alone(cells, box):
    conversation = cells.magics.state.conversation
    client = client_of(box)
    pending = iter(conversation.ask(client, conversation.plan(client, "sandbox: stall after 1")))
    next(pending)
    assert isinstance(cells.fails(f"%%spark -m ultra,lite --keep lite\n{HI}"), ConversationBusy)
    assert len(box.requests) == 1
    assert list(ask(cells, "-m ultra,lite")) == ["ultra", "lite"]
    pending.close()


# refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-m ultra,,lite", "a model is missing beside a comma"),
        ("-m ultra, lite", "no blanks between them"),
        ("-m a,b,c,d,e,f,g", "7 models are too many: 6 at most"),
        ("-m ultra,lite,ultra", "ultra is named twice"),
        ("-m ultra,v4.0", "maybe by its older name"),
        ("-m ultra,nosuchmodel", "nosuchmodel"),
        ("-m ultra,lite --keep x2", "x2 is none of the models that are asked: ultra, lite"),
        ("-m ultra,lite --keep nosuchmodel", "nosuchmodel"),
        ("-m ultra --keep ultra", "the answer of one alone is remembered anyway"),
        ("--keep ultra", "the answer of one alone is remembered anyway"),
        ("-m ultra,lite --keep lite --no-history", "exclude each other"),
        ("-m ultra,lite --background", "--background goes with one model at a time"),
        ("-m ultra,lite -f json", "-f json goes with one model at a time"),
        ("-m ultra,lite -f code", "-f code goes with one model at a time"),
        ("-m ultra,lite -f html", "-f html goes with one model at a time"),
        ("-m ultra,lite --schema x", "--schema goes with one model at a time"),
        ("-m ultra,x2 -t 1.5", "temperature 1.5 is out of range"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_is_sent(cells, box, capsys, options, words):
    assert isinstance(cells.fails(f"%%spark {options}\n{HI}"), UsageError)
    assert words in capsys.readouterr().err
    assert box.handshakes == 0


def test_going_on_is_for_one_model(cells, box, capsys):
    cells.run("%spark sandbox: say one")
    assert isinstance(cells.fails("%%spark --continue -m ultra,lite\n\n"), UsageError)
    assert "--continue goes with one model at a time" in capsys.readouterr().err
    assert len(box.requests) == 1


@pytest.mark.parametrize("line", ["%spark_config -m ultra,lite", "%spark_retry -m ultra,lite"])
def test_where_one_model_is_meant_several_are_refused(cells, box, capsys, line):
    cells.run("%spark sandbox: say one")
    assert isinstance(cells.fails(line), UsageError)
    assert "it takes one model; several, side by side: %%spark -m ultra,x2,lite" in capsys.readouterr().err
    assert cells.magics.model == ""
    assert len(box.requests) == 1


def test_no_alias_of_the_users_own_has_a_comma():
    write_config('[[models]]\nalias = "a,b"\nurl = "wss://spark-api.xf-yun.com/v4.0/chat"\ndomain = "4.0Ultra"')
    with pytest.raises(ConfigurationError, match="has a comma"):
        read_config_file()


def test_a_question_too_large_for_one_is_sent_to_none(cells, box):
    assert isinstance(cells.fails(f"%%spark -m ultra,lite\n{'word ' * 20_000}"), PromptTooLarge)
    assert box.handshakes == 0


def test_without_credentials_nothing_is_sent(cells, box, monkeypatch):
    monkeypatch.delenv("SPARK_API_KEY")
    assert isinstance(cells.fails(f"%%spark -m sandbox,lite\n{HI}"), ConfigurationError)
    assert box.handshakes == 0


# dry runs


def test_a_dry_run_shows_each_model_and_the_messages_once_for_those_who_get_the_same(cells, box, capsys):
    assert cells.run(f"%%spark -m ultra,x2,lite --dry-run -s brief -t 0.5 --keep ultra\n{HI}") is None
    shown = capsys.readouterr().out
    titles = re.findall(
        r"^Not sent: (\w+), ws://127\.0\.0\.1:\d+\S+, temperature 0\.5, about \d+ tokens$", shown, re.MULTILINE
    )
    assert titles == THREE
    assert shown.count(HI) == 2  # with a system prompt and, for lite, with none
    assert "lite has no system role" in shown
    assert box.handshakes == 0
    assert cells.magics.state.last == {}


# failing


def test_one_that_fails_says_so_in_its_place_and_the_others_go_on(cells, box, capsys):
    all_models_at(box, x2="nonsense")
    answers = ask(cells, "-m ultra,x2,lite --keep x2")
    shown = capsys.readouterr().out
    assert list(answers) == ["ultra", "lite"]
    assert cells.names["_"] is answers
    own = shown.partition("x2\n--\n")[2].partition("lite\n----\n")[0]
    assert own.startswith("BadRequest: ")
    assert re.search(r"code 10404 · sid \w+", own)
    assert "Not in the result, because it failed: x2." in shown
    assert turns(cells) == []


@pytest.mark.parametrize(
    ("directive", "kind"),
    [("error 11200", QuotaExceeded), ("error 10013", Moderated), ("error 11200 after 2", QuotaExceeded)],
)
def test_when_all_fail_the_cell_fails_with_the_first_ones_error(cells, box, capsys, directive, kind):
    problem = cells.fails(f"%%spark -m ultra,lite -o kept --keep lite\nsandbox: {directive}")
    assert isinstance(problem, kind)
    shown = capsys.readouterr().out
    assert "Traceback" not in shown
    assert shown.count(f"{kind.__name__}: ") == 3  # in each place, and what fails the cell
    assert "kept" not in cells.names
    assert turns(cells) == []
    assert put_away(box)


@pytest.mark.usefixtures("box")
def test_an_answer_that_moderation_warns_of_is_given_and_not_remembered(cells, capsys):
    answers = ask(cells, "-m ultra,lite --keep lite", "sandbox: error 10019 after 99\nsandbox: say all of it")
    assert list(answers.values()) == ["all of it"] * 2
    assert capsys.readouterr().out.count("warned by moderation · not remembered") == 2
    assert turns(cells) == []


@pytest.mark.parametrize("place", ["display.terminal.TerminalView.take", "conversation.exchange.Exchange._take"])
def test_a_mistake_of_ours_is_raised_and_leaves_nothing_under_way(cells, box, monkeypatch, place):
    monkeypatch.setattr(f"spark_magic.{place}", lambda *_: 1 / 0)
    assert isinstance(cells.fails("%%spark -m ultra,lite\nsandbox: stall after 2"), ZeroDivisionError)
    assert put_away(box)


@pytest.mark.parametrize("directive", ["error 11200", "error 10014 after 2", "drop after 2", "raw {}", "say hi"])
def test_no_key_is_told_however_they_end(notebook, watch, directive):
    """Not on the screen, in tracebacks with all locals, logs or pickles."""
    assert tells(notebook, watch, f"%%spark -m ultra,x2 --keep x2\nsandbox: {directive}") == set()


# stopping


@contextmanager
def interrupted_when(moment):
    """Interrupt this thread when `moment` has returned, in another one; yields what it has returned."""
    seen = []

    def wait():
        seen.append(moment())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield seen
    finally:
        thread.join()


@contextmanager
def silent_server():
    """Yield an address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"


def at_silent(box, alias, address):
    """Let one model live there, the others at the sandbox."""
    all_models_at(box)
    text = (
        config_file()
        .read_text(encoding="utf-8")
        .replace(box.url(alias), address + "/" + box.url(alias).split("/", 3)[3])
    )
    write_config(text)


def test_a_stop_ends_all_of_them_also_one_that_hangs(cells, box, capsys):
    with silent_server() as address:
        at_silent(box, "x2", address)
        with interrupted_when(lambda: box.wait_until(lambda: len(box.requests) == 2)):
            problem = cells.fails("%%spark -m ultra,x2,lite -o kept --keep ultra\nsandbox: stall after 3")
        assert isinstance(problem, SparkInterrupted)
        assert not problem.complete
        assert put_away(box)
    shown = capsys.readouterr().out
    assert "nothing is remembered" in shown
    assert turns(cells) == []
    assert "kept" not in cells.names
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    all_models_at(box)
    assert list(ask(cells)) == THREE


def test_a_stop_says_which_answer_is_remembered_all_the_same(cells, box, capsys):
    with silent_server() as address:
        at_silent(box, "x2", address)
        with interrupted_when(lambda: box.wait_until(lambda: len(turns(cells)) == 1)):
            problem = cells.fails(f"%%spark -m ultra,x2 --keep ultra\n{HI}")
    assert isinstance(problem, SparkInterrupted)
    assert "the answer of ultra was complete and is remembered" in capsys.readouterr().out
    assert [turn.answer for turn in turns(cells)] == ["hi there"]


def test_a_stop_while_the_last_line_is_drawn_loses_nothing(cells, box, monkeypatch, capsys):
    whole, drawn = terminal.footer, []

    def signalled(*arguments):
        drawn.append(arguments)
        if len(drawn) == 2:
            signal.raise_signal(signal.SIGINT)
        return whole(*arguments)

    monkeypatch.setattr(terminal, "footer", signalled)
    problem = cells.fails(f"%%spark -m ultra,lite --keep lite\n{HI}")
    assert isinstance(problem, SparkInterrupted)
    assert problem.complete
    assert "nothing of it is lost" in capsys.readouterr().out
    assert [turn.answer.model for turn in turns(cells)] == ["lite"]
    assert put_away(box)


def test_a_second_stop_is_raised_where_it_comes(cells, box, monkeypatch):
    """Should anything of ours hang, it still can be stopped."""
    stopped, stop = [], Exchange.stop

    def hanging(exchange):
        stopped.append(exchange)

    monkeypatch.setattr(Exchange, "stop", hanging)
    monkeypatch.setattr(race, "_GOODBYE", 0.01)

    def again():
        box.wait_until(lambda: len(box.requests) == 2)
        os.kill(os.getpid(), signal.SIGINT)
        return box.wait_until(lambda: len(stopped) == 2)

    with interrupted_when(again) as seen:
        assert isinstance(cells.fails("%%spark -m ultra,lite\nsandbox: stall after 3"), KeyboardInterrupt)
    assert seen == [True]
    assert len(ours()) == 2
    for exchange in set(stopped):
        stop(exchange)
    assert put_away(box)
