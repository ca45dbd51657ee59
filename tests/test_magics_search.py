"""Web search, its sources, and the reasoning models' switch: what goes over the wire and what is shown."""

import pytest
from cells import chat_of
from IPython.core.error import UsageError

import spark_magic
from spark_magic.errors import ConfigurationError

HI = "sandbox: say hi there"
FOUND = "sandbox: references\nsandbox: say hi there"


def ask(cells, options="", text=HI):
    return cells.run(f"%%spark {options}\n{text}")


def search_of(request):
    """Return what a request says of the web search."""
    (tool,) = chat_of(request)["tools"]
    assert tool["type"] == "web_search"
    return tool["web_search"]


# over the wire


def test_by_default_nothing_is_said_of_search_and_thinking(cells, box):
    ask(cells)
    assert {"tools", "thinking"} & set(chat_of(box.requests[0])) == set()


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("--no-search", {"enable": False}),
        ("--search", {"enable": True}),
        ("--references", {"enable": True, "show_ref_label": True}),
        ("--search-mode deep", {"enable": True, "search_mode": "deep"}),
        (
            "--references --search-mode normal",
            {"enable": True, "show_ref_label": True, "search_mode": "normal"},
        ),
    ],
)
def test_search_options_go_over_the_wire(cells, box, options, sent):
    ask(cells, options)
    assert search_of(box.requests[0]) == sent


@pytest.mark.parametrize(("word", "sent"), [("on", "enabled"), ("off", "disabled"), ("auto", "auto")])
@pytest.mark.parametrize("model", ["x1", "x2"])
def test_the_thinking_switch_goes_to_the_models_that_have_it(cells, box, model, word, sent):
    ask(cells, f"-m {model} --thinking {word}")
    assert chat_of(box.requests[0])["thinking"] == {"type": sent}


def test_a_model_that_does_not_think_first_answers_without_reasoning(cells):
    assert ask(cells, "-m sandbox").reasoning == ""
    assert ask(cells, "-m sandbox --thinking on").reasoning != ""


def test_what_a_model_does_not_know_is_not_sent_and_told(cells, box, capsys):
    ask(cells, "-m lite --thinking off --references --search-mode deep")
    assert {"tools", "thinking"} & set(chat_of(box.requests[0])) == set()
    assert "lite does not know thinking, search_mode, references: not sent." in capsys.readouterr().out


def test_references_of_a_model_that_is_not_known_to_give_them_are_asked_for_with_a_note(cells, box, capsys):
    ask(cells, "-m pro --references")
    assert search_of(box.requests[0])["show_ref_label"] is True
    assert "pro is not known to name its sources" in capsys.readouterr().out
    ask(cells, "-m ultra --references")
    assert "not known" not in capsys.readouterr().out


def test_a_setting_holds_until_an_option_says_otherwise(cells, box):
    cells.run("%spark_config --references --no-search --thinking off")
    ask(cells)
    assert search_of(box.requests[0]) == {"enable": False, "show_ref_label": True}
    ask(cells, "--search --no-references")
    assert search_of(box.requests[1]) == {"enable": True, "show_ref_label": False}
    ask(cells, "-m x2")
    assert chat_of(box.requests[2])["thinking"] == {"type": "disabled"}
    cells.run("%spark_config --reset")
    ask(cells)
    assert "tools" not in chat_of(box.requests[3])


@pytest.mark.parametrize("option", ["--thinking maybe", "--search-mode wide"])
def test_another_word_is_refused(cells, option):
    problem = cells.fails(f"%%spark {option}\nhi")
    assert isinstance(problem, UsageError)
    assert option.split()[0] in str(problem)
    assert option.split()[1] not in str(problem)


@pytest.mark.parametrize(
    "wrong",
    [{"thinking": "maybe"}, {"thinking": True}, {"search": 1}, {"search": "no"}, {"search_mode": 1}, {"references": 0}],
)
@pytest.mark.usefixtures("cells")
def test_a_plain_call_with_another_word_is_told_what_there_is(box, wrong):
    name = next(iter(wrong))
    with pytest.raises(ConfigurationError, match=rf"{name} is one of .*, not ") as caught:
        spark_magic.ask(HI, **wrong)
    assert "Nothing was sent" in str(caught.value)
    assert box.requests == []


# on the screen


@pytest.mark.usefixtures("box")
def test_the_sources_stand_numbered_under_the_answer(cells, capsys):
    answer = ask(cells, "--references", FOUND)
    shown = capsys.readouterr().out
    assert answer == "hi there"
    assert [r.url for r in answer.references][:1] == ["https://example.com/sandbox/1"]
    assert shown.index("hi there") < shown.index("Sources") < shown.index("[1] ")
    assert "https://example.com/sandbox/1" in shown
    assert shown.rstrip().splitlines()[-1].startswith("[ultra")


@pytest.mark.usefixtures("box")
def test_sources_are_no_part_of_the_text_that_is_remembered(cells):
    ask(cells, "--references", FOUND)
    (turn,) = cells.magics.state.conversation.turns
    assert "example.com" not in turn.answer
    assert turn.answer.references
