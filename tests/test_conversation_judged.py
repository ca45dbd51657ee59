"""An answer is looked at before it is remembered: taken, asked for once more, or not remembered at all."""

import pytest

from spark_magic.conversation import Conversation, Refused, Taken
from spark_magic.errors import AnswerInvalid, ConnectionLost, ConversationBusy
from spark_magic.events import Delta, Finished, Message, Notice, Reasoning, Reference, References, StartedOver, Usage
from spark_magic.models import find
from spark_magic.target import Target

NOTICE = Notice("note.asked_once_more", {"path": "$", "problem": "p"})


class Scripted:
    """A client with one stream of events for each time it is asked; what is no event is raised."""

    def __init__(self, *scripts):
        self.target = Target(find("ultra"))
        self.scripts = list(scripts)
        self.asked = []
        self.closed = 0

    def stream(self, messages):
        self.asked.append(messages)
        return self._events(self.scripts.pop(0), self.closed)

    def _events(self, script, closed):
        for event in script:
            if self.closed > closed:
                raise ConnectionLost("connection.lost")
            if isinstance(event, BaseException):
                raise event
            yield event

    def close(self):
        self.closed += 1


def says(text, *before, moderated=False, tokens=1):
    return [*before, Delta(text), Finished(f"sid {text}", Usage(tokens, tokens, 2 * tokens), moderated)]


def judge(text, usage):
    """Take digits only."""
    if text.isdigit():
        return Taken(int(text))
    return Refused(f"no digits; {usage.total_tokens}", NOTICE, AnswerInvalid("answer.invalid", path="$", problem=text))


def exchange_of(conversation, client, question="q", **options):
    plan = conversation.plan(client, question, **options)
    return conversation.ask(client, plan, form="json", judge=judge)


def test_an_answer_that_is_taken_is_remembered_with_its_data():
    conversation, client = Conversation(), Scripted(says("5"))
    events = list(exchange := exchange_of(conversation, client))
    assert events[-1].data == exchange.answer.data == 5
    assert exchange.answer.form == "json"
    assert [turn.answer for turn in conversation.turns] == ["5"]
    assert len(client.asked) == 1


def test_one_that_is_not_taken_is_void_and_asked_for_once_more():
    thoughts = (Reasoning("hm"), References((Reference(1, "u", "t"),)))
    conversation, client = Conversation(), Scripted(says("bad", *thoughts), says("5", Reasoning("oh")))
    exchange = exchange_of(conversation, client)
    events = list(exchange)
    assert [*map(type, events)].count(Finished) == 1
    assert events.index(NOTICE) + 1 == events.index(StartedOver())
    assert client.asked[1] == (*client.asked[0], Message("assistant", "bad"), Message("user", "no digits; 2"))
    answer = exchange.answer
    assert (answer, answer.reasoning, answer.references, answer.sid) == ("5", "oh", (), "sid 5")
    assert [(turn.question, turn.answer) for turn in conversation.turns] == [("q", "5")]


def test_both_requests_are_counted():
    exchange = exchange_of(Conversation(), Scripted(says("bad", tokens=10), says("5", tokens=30)))
    list(exchange)
    assert exchange.usage == exchange.answer.usage == Usage(40, 40, 80)


def test_the_scale_of_tokens_learns_nothing_from_two_requests_in_one():
    conversation = Conversation()
    list(exchange_of(conversation, Scripted(says("bad", tokens=500), says("5", tokens=500))))
    assert conversation.scale.factor == 1.0


def test_a_second_one_that_is_not_taken_is_the_end():
    conversation, client = Conversation(), Scripted(says("bad"), says("worse", tokens=3))
    exchange = exchange_of(conversation, client)
    with pytest.raises(AnswerInvalid, match="worse"):
        list(exchange)
    assert exchange.answer is None
    assert (exchange.so_far(), exchange.usage) == ("worse", Usage(4, 4, 8))
    assert conversation.turns == []
    assert not client.scripts


def test_one_that_moderation_warns_of_is_not_asked_for_again():
    conversation, client = Conversation(), Scripted(says("bad", moderated=True))
    exchange = exchange_of(conversation, client)
    with pytest.raises(AnswerInvalid):
        list(exchange)
    assert len(client.asked) == 1
    flagged = exchange_of(conversation, Scripted(says("5", moderated=True)))
    list(flagged)
    assert (flagged.answer.data, conversation.turns) == (5, [])


def test_what_fails_in_the_second_request_fails():
    exchange = exchange_of(
        conversation := Conversation(), Scripted(says("bad"), [Delta("4"), ConnectionLost("connection.lost")])
    )
    with pytest.raises(ConnectionLost):
        list(exchange)
    assert (exchange.so_far(), exchange.usage) == ("4", Usage(1, 1, 2))
    assert conversation.turns == []


@pytest.mark.parametrize("moment", [Delta, Notice, StartedOver])
def test_a_stop_between_the_two_requests_is_heard_by_the_second(moment):
    exchange = exchange_of(conversation := Conversation(), client := Scripted(says("bad"), says("5")))
    with pytest.raises(ConnectionLost):
        [exchange.stop() for event in exchange if isinstance(event, moment)]
    assert conversation.turns == []
    assert client.closed >= 1


def test_the_conversation_is_taken_until_the_second_request_has_ended():
    conversation = Conversation()
    events = iter(exchange_of(conversation, Scripted(says("bad"), says("5"))))
    while not isinstance(next(events), StartedOver):
        pass
    with pytest.raises(ConversationBusy):
        list(exchange_of(conversation, Scripted(says("6"))))
    list(events)
    assert [turn.answer for turn in conversation.turns] == ["5"]


def test_what_a_judge_raises_itself_ends_it_and_nothing_is_remembered():
    conversation, client = Conversation(), Scripted(says("5"), says("6"))

    def broken(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(conversation.ask(client, conversation.plan(client, "q"), judge=broken))
    assert conversation.turns == []
    list(exchange_of(conversation, client))
    assert len(conversation.turns) == 1
