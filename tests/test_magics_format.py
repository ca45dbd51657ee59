"""`--format` and `--schema`: an answer is checked, asked for once more, and put where it goes."""

import json

import pytest
from cells import messages_of
from IPython.core.error import UsageError

import spark_magic
from spark_magic.answer import Answer
from spark_magic.errors import AnswerInvalid, ConfigurationError, ConnectionLost

PRICES = "{'type': 'object', 'properties': {'price': {'type': 'number'}}, 'required': ['price']}"


def ask(cells, options, *lines):
    return cells.run("\n".join([f"%%spark {options}", *lines]))


def turns(cells):
    return [(turn.question, str(turn.answer)) for turn in cells.magics.state.conversation.turns]


def newest(box, back=1):
    return messages_of(box.requests[-back])[-1][1]


# what is sent


@pytest.mark.parametrize(
    ("name", "words"),
    [("text", "without Markdown"), ("json", "JSON alone"), ("code", "fenced"), ("html", "HTML source")],
)
def test_the_form_is_asked_for_behind_the_question_and_remembered(cells, box, name, words):
    ask(cells, f"-f {name}", "sandbox: line {}", "hello")
    assert newest(box).startswith("sandbox: line {}\nhello\n\n")
    assert words in newest(box)
    assert turns(cells)[0][0] == newest(box)


@pytest.mark.parametrize("options", ["", "-f markdown"])
def test_markdown_is_asked_for_without_a_word(cells, box, options):
    ask(cells, options, "hello")
    assert newest(box) == "hello"


def test_the_words_are_in_the_language_of_the_messages(cells, box):
    cells.run("%spark_config --lang zh")
    ask(cells, "-f json", "sandbox: line {}")
    assert "请只回答 JSON" in newest(box)


def test_a_dry_run_shows_the_words_and_the_schema(cells, capsys):
    cells.run(f"wanted = {PRICES}")
    ask(cells, "--dry-run --schema wanted", "hello")
    shown = capsys.readouterr().out
    assert "JSON alone" in shown
    assert '"required": ["price"]' in shown


# json


def test_json_is_parsed(cells, box):
    answer = ask(cells, "-f json -o data", 'sandbox: line Sure: {"a": [1, 2.5, null]} as you like')
    assert cells.names["data"] == {"a": [1, 2.5, None]} == answer.data
    assert answer.startswith("Sure")
    assert (answer.form, answer.value, answer.turn) == ("json", answer.data, 1)
    assert len(box.requests) == 1


@pytest.mark.usefixtures("box")
def test_without_json_a_variable_gets_the_answer_itself(cells):
    answer = ask(cells, "-o kept", "sandbox: line {}")
    assert cells.names["kept"] is answer
    assert answer.data is None


@pytest.mark.usefixtures("box")
def test_a_schema_implies_json_and_checks(cells):
    cells.run(f"wanted = {PRICES}")
    assert ask(cells, "--schema wanted", 'sandbox: line {"price": 3}').data == {"price": 3}


@pytest.mark.usefixtures("box")
def test_a_schema_may_be_a_file(cells, tmp_path, monkeypatch):
    (tmp_path / "price.json").write_text(json.dumps({"type": "integer"}))
    monkeypatch.chdir(tmp_path)
    assert ask(cells, "--schema price.json -o n", "sandbox: line 5") == "5"
    assert cells.names["n"] == 5


@pytest.mark.usefixtures("box")
def test_a_pydantic_model_gives_its_instance(cells):
    pytest.importorskip("pydantic")
    cells.run("import pydantic\nclass Price(pydantic.BaseModel):\n    price: float")
    ask(cells, "--schema Price -o p", 'sandbox: line {"price": "3"}')
    assert cells.names["p"] == cells.names["Price"](price=3.0)


# repairing


def test_what_is_not_valid_is_asked_for_once_more(cells, box, capsys):
    cells.run(f"wanted = {PRICES}")
    answer = ask(
        cells,
        "--schema wanted -o p",
        'sandbox: line {"price": "three"}',
        'sandbox: then Sorry: {"price": 3}',
        "how much?",
    )
    assert cells.names["p"] == {"price": 3}
    assert answer == 'Sorry: {"price": 3}'
    question, bad, repair = messages_of(box.requests[1])
    assert question == messages_of(box.requests[0])[-1]
    assert bad == ("assistant", '{"price": "three"}')
    assert "$.price: 'three' is not of type 'number'" in repair[1]
    assert "Not valid at $.price: 'three' is not of type 'number'. Asked once more" in capsys.readouterr().out


def test_one_turn_is_remembered_with_the_repaired_answer(cells, box):
    ask(cells, "", "sandbox: say before")
    ask(cells, "-f json", "sandbox: line no", "sandbox: then [1]", "give")
    ask(cells, "", "next")
    assert [role for role, _ in messages_of(box.requests[-1])] == ["user", "assistant"] * 2 + ["user"]
    assert messages_of(box.requests[-1])[3] == ("assistant", "[1]")
    assert [answer for _, answer in turns(cells)][:2] == ["before", "[1]"]


def test_both_requests_are_billed(cells, box, capsys):
    answer = ask(cells, "-f json", "sandbox: line no no", "sandbox: then [1]", "give")
    first, second = (sum(len(text) for _, text in messages_of(request)) for request in box.requests)
    assert first < second
    ledger = cells.magics.state.ledger
    assert ledger.total.total_tokens == answer.usage.total_tokens
    shown = capsys.readouterr().out
    assert "both are billed, the first with " in shown
    assert f"{answer.usage.prompt_tokens} + {answer.usage.completion_tokens} tokens]" in shown
    told = int(shown.split("the first with ")[1].split(" +")[0])
    assert 0 < told < answer.usage.prompt_tokens


def test_the_estimate_of_tokens_learns_from_the_first_request_only(cells, box):
    ask(cells, "-f json", "sandbox: line [1]", "sandbox: then [1]", "give")
    alone = cells.magics.state.conversation.scale.factor
    cells.run("%spark_reset")
    cells.magics.state.conversations.clear()
    ask(cells, "-f json", "sandbox: line no", "sandbox: then [1]", "give")
    assert cells.magics.state.conversation.scale.factor in (1.0, alone)
    assert len(box.requests) == 3


def test_a_second_bad_answer_fails_and_nothing_is_remembered(cells, box, capsys):
    cells.run(f"wanted = {PRICES}")
    problem = cells.fails('%%spark --schema wanted -o p\nsandbox: line {}\nsandbox: then {"price": []}\nhow much?')
    assert isinstance(problem, AnswerInvalid)
    assert problem.values["path"] == "$.price"
    lines = str(problem).split("\n")
    assert lines[0] == "The answer is not valid at $.price: [] is not of type 'number'."
    assert "what belongs there" in lines[1]
    shown = capsys.readouterr().out
    assert '{"price": []}' in shown
    assert "not valid · not remembered]" in shown
    assert "p" not in cells.names
    assert turns(cells) == []
    assert len(box.requests) == 2
    assert cells.magics.state.ledger.total.total_tokens > 0
    ask(cells, "", "next")
    assert len(messages_of(box.requests[-1])) == 1


def test_what_fails_in_the_second_request_is_that_failure(cells, box, monkeypatch):
    refuse = spark_magic.client.client.Client.stream

    def second_fails(client, messages):
        if len(messages) > 1:
            raise ConnectionLost("connection.lost")
        return refuse(client, messages)

    monkeypatch.setattr("spark_magic.client.client.Client.stream", second_fails)
    assert isinstance(cells.fails("%%spark -f json\nsandbox: line no"), ConnectionLost)
    assert turns(cells) == []
    assert len(box.requests) == 1
    monkeypatch.undo()


@pytest.mark.usefixtures("box")
def test_after_a_failure_the_conversation_is_free(cells):
    cells.fails("%%spark -f json\nsandbox: line no")
    assert ask(cells, "", "sandbox: say hi").turn == 1


def test_a_question_outside_the_conversation_is_repaired_all_the_same(cells, box):
    answer = ask(cells, "-f json --no-history", "sandbox: line no", "sandbox: then [1]", "give")
    assert (answer.data, answer.turn, len(box.requests)) == ([1], 0, 2)
    assert turns(cells) == []


def test_a_retry_keeps_the_form(cells, box):
    ask(cells, "-f json", 'sandbox: line {"a": 1}')
    again = cells.run("%spark_retry -o data")
    assert again.data == {"a": 1} == cells.names["data"]
    assert newest(box).count("JSON alone") == 1


# options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-f xml", "one of markdown, text, json, code, html"),
        ("-f text --schema wanted", "-f json only"),
        ("-f code --background", "--background"),
    ],
)
def test_options_that_do_not_go_together_are_refused(cells, box, options, words):
    problem = cells.fails(f"%%spark {options}\nhello")
    assert isinstance(problem, UsageError)
    assert words in " ".join(str(problem).split())
    assert not box.requests


@pytest.mark.parametrize(("value", "key"), [("5", "schema.kind"), ("{'type': 'nope'}", "schema.broken")])
def test_a_bad_schema_is_told_before_anything_is_sent(cells, box, value, key):
    cells.run(f"wanted = {value}")
    problem = cells.fails("%%spark --schema wanted\nhello")
    assert isinstance(problem, ConfigurationError)
    assert problem.key == key
    assert not box.requests
    assert cells.fails("%%spark --schema nowhere\nhello").key == "schema.unknown"


# code


def filled(cells, monkeypatch):
    calls = []
    monkeypatch.setattr(cells.shell, "set_next_input", lambda text, replace=False: calls.append((text, replace)))
    return calls


FENCED = [
    "sandbox: line ```python",
    "sandbox: line made = 1",
    "sandbox: line ```",
    "sandbox: line ```sh",
    "sandbox: line ls",
]


@pytest.mark.usefixtures("box")
def test_code_becomes_the_next_cell_and_is_not_run(cells, monkeypatch):
    calls = filled(cells, monkeypatch)
    answer = ask(cells, "-f code -o kept", *FENCED)
    assert calls == [("made = 1", False)]
    assert "made" not in cells.names
    assert cells.names["kept"] is answer


@pytest.mark.usefixtures("box")
def test_without_a_block_a_note_says_so(cells, monkeypatch, capsys):
    calls = filled(cells, monkeypatch)
    ask(cells, "-f code", "sandbox: line no code")
    assert not calls
    assert "no code block in the answer" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_other_formats_fill_nothing(cells, monkeypatch):
    calls = filled(cells, monkeypatch)
    ask(cells, "", *FENCED)
    assert not calls


# the plain call


@pytest.mark.usefixtures("box")
def test_ask_takes_the_schema_itself(cells):
    assert cells  # its settings are asked with
    answer = spark_magic.ask('sandbox: line {"price": 1}', schema={"required": ["price"]})
    assert answer.data == {"price": 1}
    with pytest.raises(UsageError):
        spark_magic.ask("hi", format="xml")


@pytest.mark.usefixtures("box")
def test_ask_fills_the_next_cell_too(cells, monkeypatch):
    calls = filled(cells, monkeypatch)
    spark_magic.ask("\n".join(FENCED), format="code")
    assert calls == [("made = 1", False)]


# the answer as text


def test_an_answer_is_text_wherever_text_is_used(cells, capsys):
    cells.names["ans"] = Answer("**hi**")
    cells.run("print(ans, f'<{ans}>', ans.upper())")
    assert capsys.readouterr().out == "**hi** <**hi**> **HI**\n"
    assert cells.run("'{}'.format(ans) + ans.format()") == "**hi****hi**"


@pytest.mark.parametrize(
    ("answer", "html"),
    [
        (Answer("**hi**"), "<strong>hi</strong>"),
        (Answer("**hi** <b>", form="text"), "\n**hi** &lt;b&gt;</pre>"),
        (Answer("<b onclick=x>", form="html"), "&lt;"),
    ],
)
def test_an_answer_looked_at_later_is_laid_out_in_its_form(cells, answer, html):
    data, _ = cells.shell.display_formatter.format(answer)
    assert html in data["text/html"]
    assert data["text/plain"] == answer
    assert "<b" not in data["text/html"]
