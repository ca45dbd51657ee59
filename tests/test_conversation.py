"""What is remembered is always whole turns, in order, and fits the model."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from spark_magic.conversation import Conversation
from spark_magic.conversation.tokens import TokenScale, estimate
from spark_magic.errors import ConnectionLost, PromptTooLarge
from spark_magic.events import Delta, Finished, Message, Reasoning, Reference, References, Usage
from spark_magic.models import find
from spark_magic.target import Target


class FakeClient:
    """A client that streams what it is told, then ends, fails or goes silent."""

    def __init__(self, *events, model="ultra", problem=None, **changes):
        self.target = Target(replace(find(model), **changes))
        self.events = events
        self.problem = problem
        self.asked = []

    def stream(self, messages):
        self.asked.append(messages)
        yield from self.events
        if self.problem:
            raise self.problem

    def close(self):
        """Nothing is open."""


def says(text, usage=None, **options):
    return FakeClient(Delta(text), Finished("sid", usage), **options)


def ask(conversation, client, question, **options):
    exchange = conversation.ask(client, conversation.plan(client, question, **options))
    for _ in exchange:
        pass
    return exchange.answer


def test_a_follow_up_is_asked_with_the_turns_before_it():
    conversation, client = Conversation(), says("a")
    ask(conversation, client, "one")
    ask(conversation, client, "two", system="be brief")
    roles = [(m.role, m.content) for m in client.asked[1]]
    assert roles == [("system", "be brief"), ("user", "one"), ("assistant", "a"), ("user", "two")]


def test_reasoning_is_kept_with_the_answer_but_never_sent_back():
    conversation = Conversation()
    answer = ask(conversation, FakeClient(Reasoning("hm"), Delta("a"), Finished("s", None)), "q")
    assert answer.reasoning == "hm"
    plan = conversation.plan(says("b"), "next")
    assert all("hm" not in message.content for message in plan.messages)


PICTURE = Message("user", "aGk=", "image")


def contents(plan):
    return [message.content for message in plan.messages]


def test_examples_stand_between_the_system_prompt_and_the_turns():
    conversation, client = Conversation(), says("a")
    ask(conversation, client, "one")
    plan = conversation.plan(client, "two", system="s", examples=[("q1", "0"), ("q2", "1")])
    assert contents(plan) == ["s", "q1", "0", "q2", "1", "one", "a", "two"]
    assert [m.role for m in plan.messages][1:5] == ["user", "assistant"] * 2
    assert len(conversation.turns) == 1


def test_examples_stay_when_turns_are_left_out_and_count():
    conversation, client = Conversation(), says("a", input_tokens=70)
    for number in range(3):
        ask(conversation, client, f"{number} " + "word " * 20)
    plan = conversation.plan(client, "next", examples=[("word " * 20, "0")])
    assert plan.left_out == 2
    assert contents(plan)[1] == "0"
    with pytest.raises(PromptTooLarge):
        conversation.plan(client, "next", examples=[("word " * 100, "0")])


def test_without_a_system_role_the_system_prompt_goes_in_front_of_the_first_example():
    plan = Conversation().plan(says("a", model="lite"), "q", system="s", examples=[("q1", "0")])
    assert contents(plan) == ["s\n\nq1", "0", "q"]


def test_a_turn_asked_again_is_replaced_by_whatever_comes_and_keeps_its_cell():
    conversation = Conversation()
    for number in range(3):
        ask(conversation, says(f"a{number}"), f"q{number}", cell=f"c{number}")
    client = says("new")
    answer = ask(conversation, client, "q1", instead_of=conversation.turns[1], cell="elsewhere")
    assert [m.content for m in client.asked[0]] == ["q0", "a0", "q1"]
    assert [str(turn.answer) for turn in conversation.turns] == ["a0", "new", "a2"]
    assert conversation.turns[1].cell == "c1"
    assert answer.turn == 2


def test_a_turn_asked_again_that_is_gone_meanwhile_becomes_a_new_one():
    conversation = Conversation()
    ask(conversation, says("a"), "q")
    plan = conversation.plan(says("b"), "q", instead_of=conversation.turns[0])
    exchange = conversation.ask(says("b"), plan)
    conversation.turns = []
    assert list(exchange)
    assert exchange.answer.turn == 1


def test_a_picture_is_sent_first_and_again_with_each_follow_up():
    conversation, client = Conversation(), says("a", model="image")
    ask(conversation, client, "what is it?", picture=PICTURE)
    ask(conversation, client, "and its colour?")
    assert [m.content for m in client.asked[1]] == ["aGk=", "what is it?", "a", "and its colour?"]
    assert client.asked[1][0].content_type == "image"


def test_a_picture_stays_when_its_turn_is_left_out_and_counts():
    conversation, client = Conversation(), says("a", model="image", input_tokens=330)
    ask(conversation, client, "word " * 40, picture=PICTURE)
    plan = conversation.plan(client, "word " * 20)
    assert (plan.left_out, contents(plan)[0], len(plan.messages)) == (1, "aGk=", 2)
    with pytest.raises(PromptTooLarge):
        conversation.plan(client, "word " * 60)


def test_a_model_that_sees_no_pictures_gets_none_and_the_plan_says_so():
    conversation = Conversation()
    ask(conversation, says("a", model="image"), "what is it?", picture=PICTURE)
    plan = conversation.plan(says("b", model="ultra"), "next")
    assert plan.picture_left_out
    assert contents(plan) == ["what is it?", "a", "next"]
    assert not conversation.plan(says("b", model="ultra"), "next", history=False).picture_left_out


def test_references_are_collected():
    conversation = Conversation()
    client = FakeClient(References((Reference(1, "u", "t"),)), Delta("a"), Finished("s", None))
    exchange = conversation.ask(client, conversation.plan(client, "q"))
    list(exchange)
    assert exchange.references == (Reference(1, "u", "t"),)


@pytest.mark.parametrize("events", [[], [Delta("half")], [Reasoning("hm"), Delta("half")]])
def test_a_failed_turn_leaves_the_history_as_it_was(events):
    conversation = Conversation()
    ask(conversation, says("a"), "one")
    before = list(conversation.turns)
    with pytest.raises(ConnectionLost):
        ask(conversation, FakeClient(*events, problem=ConnectionLost("connection.lost")), "two")
    assert conversation.turns == before


def test_a_stopped_turn_leaves_the_history_as_it_was():
    conversation, client = Conversation(), says("a")
    events = iter(conversation.ask(client, conversation.plan(client, "q")))
    next(events)
    events.close()
    assert conversation.turns == []


def test_the_turn_is_committed_before_the_last_event_is_seen():
    conversation, client = Conversation(), says("a")
    for event in conversation.ask(client, conversation.plan(client, "q")):
        if isinstance(event, Finished):
            assert len(conversation.turns) == 1


def test_a_cell_run_again_replaces_its_turn_and_later_ones_stay():
    conversation = Conversation()
    for cell in ("c1", "c2", "c3"):
        ask(conversation, says(f"answer {cell}"), f"question {cell}", cell=cell)
    client = says("new")
    answer = ask(conversation, client, "changed", cell="c2")
    assert [m.content for m in client.asked[0]] == ["question c1", "answer c1", "changed"]
    assert [turn.question for turn in conversation.turns] == ["question c1", "changed", "question c3"]
    assert answer.turn == 2


def test_outside_the_conversation_nothing_is_sent_or_remembered():
    conversation = Conversation()
    ask(conversation, says("a"), "one", cell="c1")
    client = says("b")
    answer = ask(conversation, client, "two", cell="c1", history=False)
    assert [m.content for m in client.asked[0]] == ["two"]
    assert (len(conversation.turns), answer.turn) == (1, 0)


def test_whole_oldest_turns_go_when_the_context_is_full_and_it_is_told_once():
    conversation, client = Conversation(), says("字" * 60, input_tokens=200)
    for number in range(4):
        ask(conversation, client, f"{number}" + "问" * 30)
    plan = conversation.plan(client, "问" * 30, system="系" * 15)
    assert plan.left_out == 2
    assert [m.role for m in plan.messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert conversation.newly_left_out(plan) == 2
    ask(conversation, client, "问" * 30)
    later = conversation.plan(client, "问" * 30, system="系" * 15)
    assert later.left_out == 3
    assert conversation.newly_left_out(later) == 0
    assert len(conversation.turns) == 5


def test_a_question_too_large_alone_is_refused_before_sending_with_both_numbers():
    conversation, client = Conversation(), says("a", input_tokens=100)
    with pytest.raises(PromptTooLarge) as refusal:
        conversation.plan(client, "字" * 300)
    assert "200" in refusal.value.sentence
    assert "100" in refusal.value.sentence
    assert client.asked == []


def test_without_a_system_role_the_system_prompt_goes_in_front_of_the_first_question():
    conversation, client = Conversation(), says("a", model="lite")
    ask(conversation, client, "one", system="be brief")
    plan = conversation.plan(client, "two", system="be brief")
    assert plan.messages[0] == Message("user", "be brief\n\none")
    assert plan.messages[-1] == Message("user", "two")
    assert plan.system_in_question


def test_the_servers_own_count_corrects_the_estimate():
    conversation = Conversation()
    first = conversation.plan(says("a"), "字" * 150)
    assert first.tokens == 100
    ask(conversation, says("a", Usage(200, 1, 201)), "字" * 150)
    assert conversation.plan(says("a"), "字" * 150, history=False).tokens == 167


def test_the_extra_of_a_short_question_is_no_factor():
    """A server's template makes 4 tokens of "hi": that says nothing about long questions."""
    conversation, client = Conversation(), says("a", Usage(4, 1, 5), input_tokens=32768)
    ask(conversation, client, "hi")
    assert conversation.plan(client, "word " * 9000, history=False).tokens == pytest.approx(11250, rel=0.1)


def test_blanks_and_other_scripts_count():
    assert estimate("hi" + " " * 80_000) > 8000
    assert estimate("😀" * 100) >= 100
    assert estimate("ก" * 100) >= 100


def test_the_rule_of_thumb_is_the_vendors():
    assert estimate("字" * 15) == pytest.approx(10)
    assert estimate("word " * 8) == pytest.approx(10)


@pytest.mark.parametrize(("counted", "factor"), [(0, 1.0), (1, 0.5), (10_000, 1.0), (10**9, 3.0)])
def test_a_correction_stays_within_reason(counted, factor):
    scale = TokenScale()
    scale.learn(10_000, counted)
    assert scale.factor == pytest.approx(factor, abs=0.01)


def test_reset_forgets_and_counts():
    conversation = Conversation()
    ask(conversation, says("a"), "one")
    assert (conversation.reset(), conversation.turns, conversation.reset()) == (1, [], 0)


class Histories(RuleBasedStateMachine):
    """Whatever happens, the history is a list of complete turns in the order of their cells' first success."""

    def __init__(self):
        super().__init__()
        self.conversation = Conversation()
        self.expected = []

    @rule(cell=st.sampled_from(["c1", "c2", "c3", None]), question=st.text(min_size=1), text=st.text())
    def complete(self, cell, question, text):
        ask(self.conversation, FakeClient(Delta(text), Finished("s", None)), question, cell=cell)
        for place, (known, _, _) in enumerate(self.expected):
            if cell is not None and known == cell:
                self.expected[place] = (cell, question, text)
                return
        self.expected.append((cell, question, text))

    @rule(cell=st.sampled_from(["c1", "c2", None]), text=st.text())
    def fail(self, cell, text):
        with pytest.raises(ConnectionLost):
            ask(
                self.conversation,
                FakeClient(Delta(text), problem=ConnectionLost("connection.lost")),
                "q",
                cell=cell,
            )

    @rule(cell=st.sampled_from(["c1", "c2", None]))
    def stop(self, cell):
        client = says("half")
        events = iter(self.conversation.ask(client, self.conversation.plan(client, "q", cell=cell)))
        next(events)
        events.close()

    @rule()
    def reset(self):
        assert self.conversation.reset() == len(self.expected)
        self.expected = []

    @invariant()
    def history_is_what_was_completed(self):
        turns = [(turn.cell, turn.question, str(turn.answer)) for turn in self.conversation.turns]
        assert turns == self.expected


TestHistories = Histories.TestCase
