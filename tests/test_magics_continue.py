"""`--continue` goes on where an answer was cut or stopped, and both halves are one answer and one turn."""

import signal

import pytest
from cells import chat_of, messages_of
from IPython.core.error import UsageError

from spark_magic.errors import ConnectionLost, SparkInterrupted
from spark_magic.messages import say

CUT = "%%spark --max-tokens 4\nsandbox: say The quick brown fox jumps over the lazy"
LOST = "%%spark\nsandbox: drop after 5\nsandbox: say The quick brown fox jumps over"
GO_ON = say("sent.go_on")


def refused(cells, words, source):
    """Run a cell that is refused in these words."""
    problem = cells.fails(source)
    assert isinstance(problem, UsageError)
    assert words in str(problem)


def turns(cells, name="default"):
    return cells.magics.state.conversation_named(name).turns


# what is sent, and what comes of it


def test_an_answer_that_was_cut_goes_on_and_stays_one_turn(cells, box, capsys):
    cells.run("%spark -s 'be brief' first")
    cut = cells.run(CUT.replace("%%spark", "%%spark -s 'be brief'"))
    assert cut.cut
    assert "cut at max_tokens; `%spark --continue` goes on" in capsys.readouterr().out
    answer = cells.run("%spark --continue sandbox: say  dog, at last.")
    before, after = messages_of(box.requests[1]), messages_of(box.requests[2])
    assert after == [*before, ("assistant", str(cut)), ("user", f"{GO_ON}\nsandbox: say  dog, at last.")]
    assert chat_of(box.requests[2])["max_tokens"] == 4
    assert answer == "The quick brown fox jumps over the lazy dog, at last."
    assert [str(turn.answer) for turn in turns(cells)[1:]] == [answer]
    assert turns(cells)[1].question == before[-1][1]
    assert answer.turn == 2
    shown = capsys.readouterr().out
    assert "Goes on with the answer of turn 2." in shown
    assert "in place of" not in shown
    assert str(answer) in shown  # all of it, from its beginning


@pytest.mark.usefixtures("box")
def test_the_line_that_goes_on_names_the_conversation(cells, capsys):
    cells.run(CUT.replace("%%spark", "%%spark -n fox"))
    assert "cut at max_tokens; `%spark -n fox --continue` goes on" in capsys.readouterr().out
    answer = cells.run("%spark -n fox --continue sandbox: say  dog")
    assert [turn.answer for turn in turns(cells, "fox")] == [answer]
    assert turns(cells) == []


def test_an_answer_whose_connection_was_lost_goes_on_and_is_added(cells, box):
    cells.run("%spark first")
    assert isinstance(cells.fails(LOST), ConnectionLost)
    assert len(turns(cells)) == 1
    part = cells.magics.state.last["default"].exchange.text
    assert 0 < len(part) < 30
    rest = "The quick brown fox jumps over"[len(part) :]
    answer = cells.run(f"%%spark --continue\nsandbox: say {rest} it")
    assert answer == "The quick brown fox jumps over it"
    assert messages_of(box.requests[-1])[-2] == ("assistant", part)
    assert [turn.answer for turn in turns(cells)][1:] == [answer]
    assert not answer.cut


def test_words_that_are_repeated_come_once(cells, capsys):
    cells.run("%spark_config --model sandbox")
    cells.run(CUT)
    capsys.readouterr()
    answer = cells.run("%spark --continue sandbox: say jumps over the lazy dog.")
    assert answer == "The quick brown fox jumps over the lazy dog."
    assert "lazy dog." in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_code_that_was_cut_within_is_one_block(cells):
    cells.run("%%spark --max-tokens 4\nsandbox: say\nHere:\n```python\nfor number in range(3):\n    pri")
    answer = cells.run("%%spark --continue\nsandbox: say\n```python\nnt(number)\n```")
    assert answer.code_blocks == ("for number in range(3):\n    print(number)",)


@pytest.mark.usefixtures("box")
def test_reasoning_tokens_and_seconds_are_those_of_both(cells, box):
    first = cells.run("%%spark -m x1 --max-tokens 4\nsandbox: think 3\nsandbox: say one two three four five six")
    answer = cells.run("%%spark --continue --max-tokens 999\nsandbox: think 2\nsandbox: say  seven")
    assert answer.reasoning.startswith(f"{first.reasoning}\n\n")
    assert len(answer.reasoning) > len(first.reasoning) + 2
    counted = box.requests[1]
    assert counted["parameter"]["chat"]["max_tokens"] == 999
    assert answer.usage.prompt_tokens > first.usage.prompt_tokens * 2
    assert answer.usage.completion_tokens > first.usage.completion_tokens
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.seconds > first.seconds
    assert not answer.cut  # the second half alone was counted against its max_tokens


@pytest.mark.usefixtures("box")
def test_the_estimate_of_tokens_learns_from_each_request_alone(cells):
    """The sum of both halves is no size of any request."""
    cells.run(CUT)
    conversation, learnt = cells.magics.state.conversation, []
    conversation.scale.learn = lambda *sizes: learnt.append(sizes[1])
    first = conversation.turns[0].answer.usage.prompt_tokens
    answer = cells.run("%spark --continue sandbox: say  dog")
    assert learnt == [answer.usage.prompt_tokens - first]


@pytest.mark.usefixtures("box")
def test_without_words_of_ones_own_both_forms_work(cells):
    """A `%%spark` cell with an empty body never reaches us: the line form needs none."""
    first = cells.run(CUT)
    second = cells.run("%spark --continue")
    third = cells.run("%%spark --continue\n\n")
    assert second.startswith(first)
    assert third.startswith(second)
    assert len(turns(cells)) == 1


@pytest.mark.usefixtures("box")
def test_the_joined_answer_is_what_o_names_and_the_value_is(cells):
    cells.run(CUT.replace("%%spark", "%%spark -o kept"))
    answer = cells.run("%spark --continue sandbox: say  dog")
    assert cells.names["kept"] is answer


def test_the_next_question_sees_the_whole(cells, box):
    cells.run(CUT)
    answer = cells.run("%spark --continue sandbox: say  dog")
    cells.run("%spark next")
    roles = [role for role, _ in messages_of(box.requests[-1])]
    assert roles == ["user", "assistant", "user"]
    assert messages_of(box.requests[-1])[1][1] == answer


def test_a_retry_after_it_asks_the_question_itself_again(cells, box):
    cells.run(CUT)
    cells.run("%spark --continue sandbox: say  dog")
    assert cells.run("%spark_retry").endswith("lazy")
    assert messages_of(box.requests[-1]) == messages_of(box.requests[0])
    assert len(turns(cells)) == 1


def test_a_dry_run_shows_all_and_sends_nothing(cells, box, capsys):
    cells.run(CUT)
    capsys.readouterr()
    cells.run("%spark --continue --dry-run shorter")
    shown = capsys.readouterr().out
    assert "jumps over the lazy" in shown
    assert GO_ON in shown
    assert "shorter" in shown
    assert len(box.requests) == 1


def test_an_answer_outside_the_conversation_goes_on_outside(cells, box):
    cells.run("%spark first")
    cells.run(CUT.replace("%%spark", "%%spark --no-history"))
    answer = cells.run("%spark --continue sandbox: say  dog")
    assert answer.endswith("lazy dog")
    assert len(turns(cells)) == 1
    assert len(messages_of(box.requests[-1])) == 3


@pytest.mark.usefixtures("box")
def test_each_conversation_goes_on_for_itself(cells):
    cells.run(CUT.replace("%%spark", "%%spark -n a"))
    cells.run("%spark for nobody")
    assert cells.run("%spark --continue -n a sandbox: say  dog").endswith("lazy dog")
    assert len(turns(cells)) == len(turns(cells, "a")) == 1


@pytest.mark.usefixtures("box")
def test_a_complete_answer_goes_on_too_and_that_is_said(cells, capsys):
    cells.run("%spark sandbox: say all of it")
    answer = cells.run("%spark --continue sandbox: say , and more")
    assert answer == "all of it, and more"
    assert "The answer of turn 1 was complete" in capsys.readouterr().out
    assert len(turns(cells)) == 1


@pytest.mark.usefixtures("box")
def test_after_a_restart_the_last_turn_that_was_loaded_goes_on(cells):
    cells.run(CUT)
    cells.magics.state.last.clear()
    assert cells.run("%spark --continue sandbox: say  dog").endswith("lazy dog")
    assert len(turns(cells)) == 1


# when it fails


@pytest.mark.usefixtures("box")
def test_what_came_of_a_failed_continuation_is_there_for_the_next(cells):
    """The turn that was cut stays as it was until the whole is complete."""
    cut = cells.run(CUT)
    assert isinstance(cells.fails("%%spark --continue\nsandbox: drop after 4\nsandbox: say  dog, who"), ConnectionLost)
    assert [turn.answer for turn in turns(cells)] == [cut]
    part = cells.magics.state.last["default"].exchange.text
    assert part.startswith(f"{cut} ")
    cells.fails("%spark --continue sandbox: error 10008")
    assert cells.magics.state.last["default"].exchange.text == part
    answer = cells.run("%spark --continue sandbox: say  sleeps")
    assert answer == f"{part} sleeps"
    assert [turn.answer for turn in turns(cells)] == [answer]


@pytest.mark.usefixtures("box")
def test_letters_that_might_have_been_repeated_are_not_lost_with_the_connection(cells):
    cut = cells.run(CUT)
    cells.fails("%%spark --continue\nsandbox: drop after 2\nsandbox: say jumps over the lazy dog")
    assert cells.magics.state.last["default"].exchange.text == f"{cut}jump"


@pytest.mark.usefixtures("box")
def test_a_stop_leaves_both_partial_answers_and_nothing_half_remembered(cells, monkeypatch):
    from spark_magic.display.terminal import TerminalView

    whole, seen = TerminalView.take, []

    def stopping(self, event):
        whole(self, event)
        seen.append(getattr(event, "text", ""))
        if "fifth" in "".join(seen) or "second half" in "".join(seen):
            seen.clear()
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(TerminalView, "take", stopping)
    stopped = cells.fails("%%spark\nsandbox: linger\nsandbox: say first fifth of it")
    assert isinstance(stopped, SparkInterrupted)
    assert str(stopped).endswith("`%spark --continue` goes on with it.")
    assert turns(cells) == []
    part = cells.magics.state.last["default"].exchange.text
    assert "fifth" in part
    monkeypatch.setattr(TerminalView, "take", whole)
    answer = cells.run("%spark --continue sandbox: say , and the rest")
    assert answer == f"{part}, and the rest"


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("ending", ["error 10013", "error 10014 after 3", "error 10019 after 99"])
def test_what_moderation_objects_to_cannot_be_continued(cells, box, ending):
    cells.shell.run_cell(f"%%spark\nsandbox: {ending}\nsandbox: say one two three four five")
    refused(cells, "Moderation has objected", "%spark --continue")
    assert len(box.requests) == 1


@pytest.mark.usefixtures("box")
def test_where_no_word_came_there_is_nothing_to_go_on_with(cells):
    cells.fails("%spark sandbox: error 11200")
    refused(cells, "%spark_retry", "%spark --continue")


@pytest.mark.usefixtures("box")
def test_an_empty_question_without_it_is_still_refused(cells):
    cells.run(CUT)
    refused(cells, "prompt is empty", "%spark -t 0.5")


# that it was cut


@pytest.mark.usefixtures("box")
def test_an_answer_that_the_model_has_ended_is_not_called_cut(cells, capsys):
    answer = cells.run("%%spark --max-tokens 400\nsandbox: say short")
    assert not answer.cut
    assert "cut" not in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_only_the_second_half_is_held_against_max_tokens(cells):
    """Both together have more tokens than either may have."""
    cells.run(CUT)
    answer = cells.run("%spark --continue sandbox: say  dog")
    assert answer.usage.completion_tokens > 4
    assert not answer.cut


@pytest.mark.usefixtures("box")
def test_the_models_own_limit_cuts_too(cells, capsys):
    long = "word " * 3400
    assert cells.run(f"%%spark -m lite\nsandbox: say\n{long}").cut
    assert "cut at max_tokens" in capsys.readouterr().out


def test_the_function_does_not_know_it():
    import spark_magic

    with pytest.raises(TypeError, match="further"):
        spark_magic.ask("x", further=True)
