"""One question at a time in a conversation: answers never mix, and nothing is kept from the next one."""

import contextlib
import gc
import threading

import pytest
from asking import client_of

from spark_magic.client import call
from spark_magic.conversation import Conversation
from spark_magic.errors import ConnectionLost, ConversationBusy
from spark_magic.events import Delta, Waiting
from spark_magic.transport.deadline import Deadline


def exchange_of(conversation, box, question, **options):
    client = client_of(box)
    return conversation.ask(client, conversation.plan(client, question, **options))


def begun(exchange):
    """Start reading; return the iterator after the first words."""
    events = iter(exchange)
    next(event for event in events if isinstance(event, Delta))
    return events


def test_a_second_question_meanwhile_is_refused_with_the_ways_out(gateway):
    conversation = Conversation()
    first = begun(exchange_of(conversation, gateway, "sandbox: stall after 1"))
    with pytest.raises(ConversationBusy, match="--no-history") as caught:
        iter(exchange_of(conversation, gateway, "hi"))
    assert "Wait" in caught.value.hint
    assert len(gateway.requests) == 1
    first.close()
    assert list(exchange_of(conversation, gateway, "hi"))


def test_outside_the_conversation_one_may_ask_meanwhile(gateway):
    conversation = Conversation()
    first = begun(exchange_of(conversation, gateway, "sandbox: linger\nsandbox: say one two three"))
    second = exchange_of(conversation, gateway, "sandbox: say four", history=False)
    list(second)
    list(first)
    assert second.answer == "four"
    assert [str(turn.answer) for turn in conversation.turns] == ["one two three"]


def test_two_conversations_do_not_wait_for_each_other(gateway):
    begun(exchange_of(Conversation(), gateway, "sandbox: stall after 1"))
    assert list(exchange_of(Conversation(), gateway, "hi"))


def test_of_many_threads_one_runs_and_the_others_are_told(gateway):
    """All begin at once; whoever gets in is answered whole, and only that is remembered."""
    conversation, outcomes = Conversation(), []
    threads_count, rounds = 8, 5
    barrier = threading.Barrier(threads_count)

    def ask(number):
        exchange = exchange_of(conversation, gateway, f"sandbox: count 5 rate 50\nnumber {number}")
        barrier.wait()
        try:
            for _ in exchange:
                pass
        except ConversationBusy:
            outcomes.append("busy")
        else:
            outcomes.append(exchange.answer)

    for _ in range(rounds):
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(threads_count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answers = [outcome for outcome in outcomes if outcome != "busy"]
    assert len(answers) == rounds
    assert [turn.answer for turn in conversation.turns] == answers
    assert len(gateway.requests) == rounds


@pytest.mark.parametrize("leave", ["close", "forget", "fail", "throw"])
def test_however_a_question_ends_the_next_one_may_come(gateway, leave):
    conversation = Conversation()
    events = begun(exchange_of(conversation, gateway, "sandbox: stall after 1"))
    if leave == "close":
        events.close()
    elif leave == "forget":
        del events
        gc.collect()
    else:
        with contextlib.suppress(KeyboardInterrupt, RuntimeError):
            events.throw({"fail": RuntimeError, "throw": KeyboardInterrupt}[leave])
    assert list(exchange_of(conversation, gateway, "hi"))
    assert len(conversation.turns) == 1


def test_what_was_under_way_when_all_was_forgotten_is_not_remembered(gateway):
    conversation = Conversation()
    exchange = exchange_of(conversation, gateway, "sandbox: count 5 rate 50")
    events = begun(exchange)
    assert conversation.reset() == 0
    assert [event for event in events if not isinstance(event, Waiting)]
    assert exchange.answer
    assert exchange.answer.turn == 0
    assert conversation.turns == []


def test_stopping_ends_it_before_it_began_too(gateway):
    exchange = exchange_of(Conversation(), gateway, "hi")
    exchange.stop()
    with pytest.raises(ConnectionLost):
        list(exchange)
    assert gateway.handshakes == 0


def test_an_answer_that_moderation_warns_of_is_given_and_not_remembered(gateway):
    conversation = Conversation()
    exchange = exchange_of(conversation, gateway, "sandbox: error 10019 after 99\nsandbox: say all of it")
    list(exchange)
    assert exchange.moderated
    assert (exchange.answer, exchange.answer.turn) == ("all of it", 0)
    assert conversation.turns == []


def test_a_stop_while_the_verdict_is_waited_for_is_no_error_of_another_kind(gateway, monkeypatch):
    """The answer is whole by then; the stop comes at the next event."""
    exchange = exchange_of(Conversation(), gateway, "sandbox: linger\nsandbox: say all of it")
    begin = Deadline.begin

    def stopped(self, phase):
        if self._timeouts[phase] == call._VERDICT_SECONDS:
            exchange.stop()
        begin(self, phase)

    monkeypatch.setattr(Deadline, "begin", stopped)
    list(exchange)
    assert exchange.answer == "all of it"
