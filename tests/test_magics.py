"""`%%spark` and `%spark`: every option does what it says, and the kernel remembers."""

import pytest
from cells import chat_of, messages_of
from IPython.core.error import UsageError

from spark_magic.answer import Answer
from spark_magic.models import MODELS, SANDBOX_ALIAS

HI = "sandbox: say hi there"


def ask(cells, options="", text=HI):
    return cells.run(f"%%spark {options}\n{text}")


# asking and remembering


def test_the_cells_text_is_the_prompt_and_the_answer_is_shown_once(cells, box, capsys):
    answer = ask(cells, text="first line\n\nsandbox: say *hi*")
    assert messages_of(box.requests[0]) == [("user", "first line\n\nsandbox: say *hi*")]
    assert capsys.readouterr().out.count("*hi*") == 1
    assert isinstance(answer, Answer)
    assert answer == "*hi*"


@pytest.mark.usefixtures("box")
def test_a_cells_value_is_its_answer_with_all_its_facts(cells):
    ask(cells, "-m x2", "sandbox: say\nA:\n```python\nx = 1\n```\n")
    answer = cells.names["_"]
    assert answer is cells.names["Out"][answer_number(cells)]
    assert (answer.model, answer.turn, answer.code_blocks) == ("x2", 1, ("x = 1",))
    assert answer.reasoning.startswith("This is scripted")
    assert answer.usage.total_tokens > 0
    assert answer.sid
    assert answer.seconds > 0
    assert cells.run("f'{_}'").startswith("A:")


def answer_number(cells):
    return cells.shell.execution_count - 1


def test_the_kernel_remembers(cells, box):
    ask(cells)
    ask(cells, text="sandbox: say again")
    assert messages_of(box.requests[1]) == [("user", HI), ("assistant", "hi there"), ("user", "sandbox: say again")]


def test_both_names_are_one(cells, box):
    ask(cells)
    cells.run(f"%%xinghuo\n{HI}")
    cells.run(f"%xinghuo {HI}")
    assert len(messages_of(box.requests[2])) == 5


def test_nothing_on_the_line_or_in_the_cell_is_expanded(cells, box):
    """IPython would evaluate `{…}` and `$x` on a magic's line."""
    cells.run("x = 'secret of mine'")
    cells.run("%spark what do $x and {x} mean")
    cells.run('%%spark --system "{x} $x"\n{x} and $x')
    assert messages_of(box.requests[0]) == [("user", "what do $x and {x} mean")]
    assert "secret" not in str(box.requests)


# options, long and short


@pytest.mark.parametrize("option", ["-m lite", "--model lite", "--model=lite", "-mlite", "--model LITE", "-m v1.1"])
def test_another_model_for_this_question(cells, box, option):
    assert ask(cells, option).model == "lite"
    assert chat_of(box.requests[0])["domain"] == "lite"
    ask(cells)
    assert chat_of(box.requests[1])["domain"] == "4.0Ultra"


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("alias", [model.alias for model in MODELS if model.alias != SANDBOX_ALIAS])
def test_every_model_of_the_catalogue_can_be_asked(cells, alias):
    """The sandbox refuses a wrong pair of URL and domain."""
    assert ask(cells, f"--model {alias}") == "hi there"


@pytest.mark.parametrize("option", ['-s "be brief"', "--system 'be brief'", '--system="be brief"', '-s"be brief"'])
def test_another_system_prompt_for_this_question(cells, box, option):
    ask(cells, option)
    ask(cells)
    assert messages_of(box.requests[0])[0] == ("system", "be brief")
    assert messages_of(box.requests[1])[0][0] == "user"


def test_an_empty_system_prompt_is_none(cells, box):
    cells.magics.system = "be brief"
    ask(cells, '--system ""')
    assert messages_of(box.requests[0]) == [("user", HI)]


@pytest.mark.parametrize(
    ("option", "name", "sent"),
    [
        ("-t 0.3", "temperature", 0.3),
        ("--temperature 1", "temperature", 1),
        ("-t 0", "temperature", 0.01),
        ("-m x1 -t 1.7", "temperature", 1.7),
        ("--top-k 6", "top_k", 6),
        ("--max-tokens 7", "max_tokens", 7),
        ("--max-tokens 999999", "max_tokens", 999999),
    ],
)
def test_how_it_answers(cells, box, option, name, sent):
    """Temperature 0 goes out as the smallest value the model takes; a max_tokens beyond the table as it is."""
    ask(cells, option)
    assert {key: chat_of(box.requests[0])[key] for key in chat_of(box.requests[0]) if key != "domain"} == {name: sent}


def test_what_is_not_said_is_left_to_the_server(cells, box):
    ask(cells)
    assert chat_of(box.requests[0]) == {"domain": "4.0Ultra"}


def test_a_question_outside_the_conversation(cells, box, capsys):
    ask(cells)
    outside = ask(cells, "--no-history", "sandbox: say alone")
    ask(cells)
    assert messages_of(box.requests[1]) == [("user", "sandbox: say alone")]
    assert "alone" not in str(box.requests[2])
    assert outside.turn == 0
    assert "not remembered" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("option", ["-o poem", "--output poem", "--output=poem"])
def test_the_answer_goes_into_a_variable(cells, option):
    ask(cells, option)
    assert cells.names["poem"] == "hi there"
    assert cells.names["_"] is cells.names["poem"]


def test_a_dry_run_shows_the_request_and_sends_nothing(cells, box, capsys):
    ask(cells)
    capsys.readouterr()
    assert ask(cells, "--dry-run -t 0 -s 'be brief' -o kept", "how\nmany?") is None
    shown = capsys.readouterr().out
    for part in (
        "ultra",
        box.url(),
        "temperature 0.01",
        "tokens",
        "system",
        "be brief",
        "assistant",
        "hi there",
        "how",
    ):
        assert part in shown
    assert "kept" not in cells.names
    assert box.handshakes == 1
    assert len(cells.magics.state.conversation.turns) == 1


def test_a_dry_run_needs_no_keys_and_checks_the_options(cells, capsys):
    assert cells.run("%spark --dry-run hi") is None
    assert "Not sent" in capsys.readouterr().out
    assert isinstance(cells.fails("%spark --dry-run -t 7 hi"), UsageError)


@pytest.mark.usefixtures("box")
def test_a_dry_run_shows_no_control_characters(cells, capsys):
    """An earlier answer is the server's text; the terminal must not obey it."""
    ask(cells, text="sandbox: say a\x1b]52;c;eA==\x07b")
    capsys.readouterr()
    ask(cells, "--dry-run")
    assert "\x1b]" not in capsys.readouterr().out


# the line form


@pytest.mark.parametrize(
    "text",
    [
        "what's up",
        "what's a monad?",
        "say \"hi\" and 'ho'",
        '"quoted" first',
        "a -t 0.3 in the middle is text",
        "f(x",
        "50% of 3 is?  # no comment",
        "C:\\new\\table",
        "什么是单子？",
        "it's 5 o'clock; isn't it?",
    ],
)
def test_the_rest_of_the_line_is_the_prompt_as_it_is(cells, box, text):
    cells.run(f"%spark {text}")
    assert messages_of(box.requests[0]) == [("user", text)]


def test_options_come_first(cells, box):
    cells.run("%spark -m x1 --top-k=2 -s \"it's me\" --no-history what's up")
    assert messages_of(box.requests[0]) == [("system", "it's me"), ("user", "what's up")]
    assert chat_of(box.requests[0]) == {"domain": "spark-x", "top_k": 2}


@pytest.mark.parametrize(("line", "prompt"), [("-- -1 is what?", "-1 is what?"), ("-t 0.5 -- --help", "--help")])
def test_two_dashes_end_the_options(cells, box, line, prompt):
    cells.run(f"%spark {line}")
    assert messages_of(box.requests[0]) == [("user", prompt)]


@pytest.mark.usefixtures("box")
def test_an_answer_can_be_assigned(cells, capsys):
    cells.run(f"poem = %spark {HI}")
    assert cells.names["poem"] == "hi there"
    capsys.readouterr()
    cells.run("poem")
    assert "hi there" in capsys.readouterr().out
