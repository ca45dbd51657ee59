"""`%spark_retry` asks the last question again, and its answer takes the last one's place."""

import pytest
from cells import chat_of, messages_of
from IPython.core.error import UsageError

HI = "sandbox: say hi there"


def refused(cells, words, source):
    """Run a cell that is refused in these words."""
    problem = cells.fails(source)
    assert isinstance(problem, UsageError)
    assert words in str(problem)


def turns(cells, name="default"):
    return [(turn.question, str(turn.answer)) for turn in cells.magics.state.conversation_named(name).turns]


def in_cell(cells, monkeypatch, identity, source, *, fails=False):
    """Run a cell as a frontend does that names its cells."""
    request = {"metadata": {"cellId": identity}, "header": {"msg_id": f"{identity}-{cells.shell.execution_count}"}}
    monkeypatch.setattr(cells.shell, "get_parent", lambda: request, raising=False)
    return cells.fails(source) if fails else cells.run(source)


# the same again


def test_the_answer_takes_the_place_of_the_last_one(cells, box, capsys):
    cells.run("%spark first")
    cells.run(f"%%spark\n{HI}")
    answer = cells.run("%spark_retry")
    assert answer == "hi there"
    assert answer.turn == 2
    assert "Asked again in place of turn 2" in capsys.readouterr().out
    assert box.requests[2]["payload"] == box.requests[1]["payload"]
    assert [question for question, _ in turns(cells)] == ["first", HI]


def test_with_its_own_options_but_for_those_given_now(cells, box):
    cells.run(f"%%spark -m max -t 0.3 --top-k 2 -s 'be brief' -o kept\n{HI}")
    cells.names["kept"] = None
    cells.run("%spark_retry -t 0.9 -s 'be long'")
    assert chat_of(box.requests[1]) == {**chat_of(box.requests[0]), "temperature": 0.9}
    assert messages_of(box.requests[1])[0] == ("system", "be long")
    assert cells.names["kept"] == "hi there"
    cells.run("%spark_retry -m lite -o other")
    assert chat_of(box.requests[2])["domain"] == "lite"
    assert chat_of(box.requests[2])["temperature"] == 0.9
    assert cells.names["other"] == "hi there"
    assert len(turns(cells)) == 1


def test_variables_are_not_read_again(cells, box):
    cells.names["word"] = "one"
    cells.run("%%spark\nsay {{word}}")
    cells.names["word"] = "two"
    cells.run("%spark_retry")
    assert messages_of(box.requests[1]) == messages_of(box.requests[0])


def test_a_failed_retry_leaves_the_old_turn_and_the_next_one_takes_its_place(cells, box):
    cells.run(f"%%spark\n{HI}")
    cells.magics.retries = 0
    box.stop()
    cells.fails("%spark_retry")
    assert turns(cells) == [(HI, "hi there")]
    box.start()
    from cells import all_models_at

    all_models_at(box)  # it has another port now
    answer = cells.run("%spark_retry")
    assert answer.turn == 1
    assert turns(cells) == [(HI, "hi there")]
    assert len(messages_of(box.requests[-1])) == 1


def test_a_question_that_failed_is_asked_again_and_added(cells, box):
    cells.run("%spark first")
    failing = "sandbox: error 10008\nsandbox: first 3\nsandbox: say late"
    cells.fails(f"%%spark\n{failing}")
    assert len(turns(cells)) == 1
    assert cells.run("%spark_retry") == "late"
    assert turns(cells)[1:] == [(failing, "late")]
    assert len(messages_of(box.requests[-1])) == 3


def test_an_answer_outside_the_conversation_stays_outside(cells, box):
    cells.run("%spark first")
    cells.run(f"%%spark --no-history\n{HI}")
    cells.run("%spark_retry")
    assert messages_of(box.requests[-1]) == [("user", HI)]
    assert [question for question, _ in turns(cells)] == ["first"]
    cells.run("%spark second")
    cells.run("%spark_retry --no-history")
    assert len(messages_of(box.requests[-1])) == 1


def test_a_dry_run_shows_it_and_changes_nothing(cells, box, capsys):
    cells.run(f"%%spark\n{HI}")
    capsys.readouterr()
    assert cells.run("%spark_retry --dry-run -t 0.2") is None
    shown = capsys.readouterr().out
    assert "hi there" in shown
    assert "temperature 0.2" in shown
    assert len(box.requests) == 1
    cells.run("%spark_retry")
    assert "temperature" not in chat_of(box.requests[1])


# which question


def test_each_conversation_has_its_own_last_question(cells, box):
    cells.run("%spark -n a for a")
    cells.run("%spark for nobody")
    cells.run("%spark_retry -n a")
    assert messages_of(box.requests[-1]) == [("user", "for a")]
    cells.run("%spark_retry")
    assert messages_of(box.requests[-1]) == [("user", "for nobody")]
    assert len(turns(cells)) == len(turns(cells, "a")) == 1


def test_the_place_is_that_of_the_last_question_not_of_the_last_turn(cells, box, monkeypatch):
    """The first cell was run again: it is the first turn that the retry replaces."""
    in_cell(cells, monkeypatch, "A", "%spark one")
    in_cell(cells, monkeypatch, "B", "%spark two")
    in_cell(cells, monkeypatch, "A", "%spark three")
    in_cell(cells, monkeypatch, "C", "%spark_retry")
    assert messages_of(box.requests[-1]) == [("user", "three")]
    assert [question for question, _ in turns(cells)] == ["three", "two"]


@pytest.mark.usefixtures("box")
def test_the_turn_stays_its_cells(cells, monkeypatch):
    """Running the cell that asked replaces the turn that a retry has made, the answer's or the failed question's."""
    in_cell(cells, monkeypatch, "A", "%spark one")
    in_cell(cells, monkeypatch, "R", "%spark_retry")
    in_cell(cells, monkeypatch, "A", "%spark uno")
    assert [question for question, _ in turns(cells)] == ["uno"]
    late = "sandbox: error 10008\\nsandbox: first 3\\nsandbox: say late"
    in_cell(cells, monkeypatch, "B", f"get_ipython().run_cell_magic('spark', '', '{late}')", fails=True)
    in_cell(cells, monkeypatch, "R", "%spark_retry")
    assert len(turns(cells)) == 2
    in_cell(cells, monkeypatch, "B", "%spark dos")
    assert [question for question, _ in turns(cells)] == ["uno", "dos"]


@pytest.mark.usefixtures("box")
def test_a_retry_cell_that_is_run_again_never_touches_an_older_turn(cells, monkeypatch):
    late = "sandbox: error 10008\\nsandbox: first 3\\nsandbox: say late"
    in_cell(cells, monkeypatch, "A", f"get_ipython().run_cell_magic('spark', '', '{late}')", fails=True)
    in_cell(cells, monkeypatch, "R", "%spark_retry")
    in_cell(cells, monkeypatch, "B", f"get_ipython().run_cell_magic('spark', '', '{late} later')", fails=True)
    in_cell(cells, monkeypatch, "R", "%spark_retry")
    assert [answer for _, answer in turns(cells)] == ["late", "late later"]


def test_after_a_restart_it_is_the_last_turn_that_was_loaded(cells, box):
    cells.run("%spark one")
    cells.run("%spark two")
    cells.magics.state.last.clear()
    cells.run("%spark_retry")
    assert messages_of(box.requests[-1])[-1] == ("user", "two")
    assert [question for question, _ in turns(cells)] == ["one", "two"]


def test_a_turn_that_was_taken_away_is_not_asked_again(cells, box):
    cells.run("%spark one")
    cells.run("%spark two")
    conversation = cells.magics.state.conversation
    conversation.turns = conversation.turns[:1]
    cells.run("%spark_retry")
    assert messages_of(box.requests[-1]) == [("user", "one")]


@pytest.mark.parametrize("source", ["%spark_retry", "%spark --continue", "%%spark --continue\nx"])
def test_where_nothing_was_asked_there_is_nothing_to_ask_again(cells, box, source):
    refused(cells, "Nothing has been asked", source)
    first, newline, rest = source.partition("\n")
    refused(cells, "no conversation", f"{first} -n other{newline}{rest}")
    assert "other" not in cells.magics.state.conversations
    assert not box.requests


@pytest.mark.usefixtures("box")
def test_a_reset_forgets_the_last_question_too(cells):
    cells.run("%spark one")
    cells.run("%spark_reset")
    assert isinstance(cells.fails("%spark_retry"), UsageError)
    cells.fails("%spark sandbox: error 10013")
    cells.run("%spark_reset")
    assert isinstance(cells.fails("%spark_retry"), UsageError)


# the line


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    ("line", "words"), [("hello", "options only"), ("-m nobody", "nobody"), ("-t 9", "temperature 9")]
)
def test_what_is_wrong_on_the_line_is_a_usage_error(cells, line, words):
    cells.run("%spark one")
    refused(cells, words, f"%spark_retry {line}")


def test_the_help_says_that_variables_are_not_read_again(cells, capsys):
    cells.run("%spark_retry --help")
    assert "variables are not read again" in capsys.readouterr().out
