"""What is asked of a row, what becomes of an outcome, and the columns they add up to."""

import json
import os
import pickle
from dataclasses import FrozenInstanceError

import pytest
from batching import NOWHERE, order_at, rows_of
from canaries import CANARIES, ENVIRONMENT, leaked
from hypothesis import given
from hypothesis import strategies as st

from spark_magic import errors
from spark_magic.batch import Columns, Crew, Forecast, Known, Result, forecast, tokens_of
from spark_magic.batch.job import Again, Done, Job, Over, judged
from spark_magic.batch.task import DESKS, Outcome, Task, perform
from spark_magic.conversation import judge_of
from spark_magic.credentials import Credentials
from spark_magic.errors import CODES, BadTable, BadVariable, PromptTooLarge, SparkError, handshake_error, service_error
from spark_magic.events import Message, Usage
from spark_magic.formats import PLAIN_FORM, Form
from spark_magic.formats.schema import schema_from
from spark_magic.journal import Entry, Journal, key_of
from spark_magic.messages import use_language
from spark_magic.secret import Secret

JSON = Form("json")
TWO_KEYS = Form("json", schema_from({"type": "object", "properties": {"kind": {"type": "string"}, "n": {}}}, "s"))


def question_of(order, **row):
    return order.messages(row)[-1].content


# what is asked of a row


def test_every_row_is_a_conversation_of_its_own_with_the_same_system_prompt_and_examples():
    order = order_at(None, "Which? {{ text }}", system="be short", examples=(("q", "a"),))
    assert [(m.role, m.content) for m in order.messages({"text": "x", "other": 1})] == [
        ("system", "be short"),
        ("user", "q"),
        ("assistant", "a"),
        ("user", "Which? x"),
    ]


@given(st.text().filter(str.strip))
def test_a_value_is_put_in_as_it_is_and_never_read_as_a_template(value):
    assert question_of(order_at(None, "<{{ text }}>"), text=value) == f"<{value}>"
    assert question_of(order_at(None, "<{{ text }}>"), text="{{ other }}", other="no") == "<{{ other }}>"


@pytest.mark.parametrize("value", [None, "", " \n\t\u3000"])
def test_a_row_with_nothing_in_any_column_of_the_template_is_not_asked(value):
    order = order_at(None, "{{ a }} and {{ b }}")
    assert order.messages({"a": value, "b": value, "other": "something"}) is None
    assert question_of(order, a=value, b="x").endswith(" and x")
    assert order.messages({"a": 0, "b": None}) is not None


def test_an_empty_value_leaves_nothing_in_its_place():
    assert question_of(order_at(None, "<{{ a }}>{{ b }}"), a=None, b=1.5) == "<>1.5"


def test_a_column_whose_name_is_no_variable_is_reached_by_the_whole_row():
    order = order_at(None, 'It says: {{ row["the text"] }}')
    order.check(["the text"])
    assert question_of(order, **{"the text": "x"}) == "It says: x"


def test_a_column_may_itself_be_called_row():
    order = order_at(None, "<{{ row }}>")
    assert question_of(order, row="x") == "<x>"
    assert order.messages({"row": None}) is None


def test_every_value_passes_the_screen():
    order = order_at(None)
    screened = type(order)(order.target, order.template, screen=lambda text: text.replace("key", "****"))
    assert question_of(screened, text="my key") == "my ****"


def test_the_form_of_the_answer_is_asked_for_in_every_row():
    assert question_of(order_at(None, form=TWO_KEYS), text="x") == TWO_KEYS.asked_for("x")


def test_half_a_character_in_a_row_is_no_matter_of_the_whole_run(gateway):
    order = order_at(gateway)
    messages = order.messages({"text": "half \ud83d"})
    with Crew(None, order.worker_target, gateway.credentials) as crew:
        outcome = perform(Task(order.worker_target, messages, crew._run))
    assert isinstance(outcome, Outcome)
    assert outcome.text or isinstance(outcome.failure, SparkError)
    assert len(key_of(order.target, messages)) == 64


def test_a_row_that_no_budget_has_room_for_is_refused_before_it_is_sent():
    with pytest.raises(PromptTooLarge) as caught:
        order_at(None).messages({"text": "字" * 200_000})
    assert "200" not in str(caught.value).split("\n")[0] or "ultra" in str(caught.value)


@pytest.mark.parametrize("word", ["字", "\u0e01", "a ", "1+"])
def test_no_row_is_sent_that_is_a_little_too_large(word):
    order = order_at(None)
    count = 1.01 * order.target.model.input_tokens * 100 / tokens_of([Message("user", word * 100)])
    with pytest.raises(PromptTooLarge):
        order.messages({"text": word * int(count)})


@pytest.mark.parametrize("template", ["{{ text.nope }}", "{{ text + 1 }}", "{{ text[9] }}"])
def test_what_an_expression_raises_is_the_rows_own_failure(template):
    with pytest.raises(BadVariable):
        order_at(None, template).messages({"text": "x"})


@pytest.mark.parametrize(
    ("template", "key", "said"),
    [
        ("no column at all", "table.no_variable", "text, kind"),
        ("{{ 1 + 1 }}", "table.no_variable", "text, kind"),
        ("{{ txt }}", "table.mistyped", "Did you mean text?"),
        ("{{ text }} {{ colour }}", "table.no_column", "text, kind"),
    ],
)
def test_a_template_that_does_not_fit_the_table_is_refused_with_its_columns(template, key, said):
    with pytest.raises(BadTable) as caught:
        order_at(None, template).check(["text", "kind"])
    assert caught.value.key == key
    assert said in str(caught.value)


def test_a_template_that_fits_is_not_refused():
    order_at(None, "{{ text }} {{ kind.upper() }}").check(["text", "kind", "other"])


def test_whoever_submits_a_row_asks_again_and_not_the_worker():
    order = order_at(None)
    assert order.target.limits.retries == 2
    assert order.worker_target.limits.retries == 0
    assert key_of(order.target, ()) == key_of(order.worker_target, ())


def test_tokens_are_those_of_all_messages_of_a_request():
    one, two = Message("user", "word " * 100), Message("assistant", "字" * 100)
    assert tokens_of([one]) < tokens_of([one, two])
    assert 50 < tokens_of([one]) < 300


# tasks and outcomes


def test_a_task_is_frozen_data_that_survives_pickling():
    task = Task(NOWHERE, (Message("user", "x"),), "run")
    assert pickle.loads(pickle.dumps(task)) == task  # noqa: S301  # our own
    with pytest.raises(FrozenInstanceError):
        task.run = "other"


@pytest.mark.parametrize("explicit", [True, False])
def test_no_secret_is_in_a_task_or_in_what_it_reaches(explicit, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    keys = Credentials.of(*CANARIES.values(), source="test") if explicit else None
    submitted = []

    class Noting:
        def submit(self, fn, *arguments):
            submitted.append((fn, arguments))
            raise RuntimeError

    order = order_at(None)
    with Crew(Noting(), order.worker_target, keys) as crew, pytest.raises(errors.ExecutorFailed):
        crew.submit(Job("key", (), [0]), order.messages({"text": "x"}))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert leaked(pickle.dumps(submitted, protocol)) == set()
    assert leaked(submitted[0][1]) == set()
    assert not any(isinstance(part, Secret) for part in submitted[0][1])


def every_failure():
    kinds = [kind for name in errors.__all__ if isinstance(kind := getattr(errors, name), type)]
    for kind in kinds:
        if issubclass(kind, SparkError):
            yield kind("connection.lost", code=7, sid="sid", detail="words", retryable=True, phase="idle")
    yield from (service_error(code, "words", "sid") for code in (*CODES, 99999))
    for status, body in [(401, "does not match"), (403, "a valid date or x-date header is required"), (503, "busy")]:
        date = "Mon, 23 Nov 2026 12:00:00 GMT"
        yield handshake_error(status=status, body=body, date=date, now=1.0, host="example.org")


@pytest.mark.parametrize(
    "failure", list(every_failure()), ids=lambda failure: f"{type(failure).__name__}-{failure.code}"
)
def test_every_failure_survives_the_way_from_a_worker(failure):
    failure.attempts, failure.row = 3, 4
    there = Outcome("a", "b", Usage(1, 2, 3), "sid", 1.5, cut=True, moderated=True, failure=failure)
    back = pickle.loads(pickle.dumps(there))  # noqa: S301  # our own
    assert type(back.failure) is type(failure)
    for language in ("en", "zh"):
        use_language(language)
        assert str(back.failure) == str(failure)
    assert vars(back.failure).keys() == vars(failure).keys()
    for name in ("key", "code", "sid", "retryable", "attempts", "row"):
        assert getattr(back.failure, name) == getattr(failure, name)
    assert getattr(back.failure, "offset", 0) == getattr(failure, "offset", 0)
    assert (back.text, back.reasoning, back.usage, back.sid) == ("a", "b", Usage(1, 2, 3), "sid")
    assert (back.cut, back.moderated) == (True, True)


def outcome_of(box, text, **changes):
    order = order_at(box, **changes)
    with Crew(None, order.worker_target, box.credentials) as crew:
        return perform(Task(order.worker_target, order.messages({"text": text}), crew._run))


def test_an_outcome_has_all_there_is_of_an_answer(gateway):
    outcome = outcome_of(gateway, "sandbox: think 3\nsandbox: line one two", alias="x2")
    assert outcome.text == "one two"
    assert outcome.reasoning
    assert outcome.usage.total_tokens > 0
    assert outcome.sid
    assert outcome.seconds > 0
    assert (outcome.cut, outcome.moderated, outcome.failure) == (False, False, None)


def test_a_failure_is_an_outcome_and_its_worker_asks_only_once(gateway):
    outcome = outcome_of(gateway, "sandbox: error 10008 after 2")
    assert (outcome.text, type(outcome.failure).__name__, outcome.failure.code) == ("", "ServiceBusy", 10008)
    assert len(gateway.requests) == 1


def test_a_task_of_a_run_that_is_over_asks_nobody_even_with_keys_at_hand(gateway, monkeypatch):
    for name, value in zip(ENVIRONMENT, ("app_id", "api_key", "api_secret"), strict=True):
        monkeypatch.setenv(name, getattr(gateway.credentials, value).reveal())
    order = order_at(gateway)
    with Crew(None, order.worker_target, gateway.credentials) as crew:
        task = Task(order.worker_target, order.messages({"text": "x"}), crew._run)
    assert isinstance(perform(task).failure, errors.ConnectionLost)
    assert gateway.handshakes == 0
    assert DESKS == {}


def test_a_stop_at_the_very_beginning_of_a_question_still_stops_it(gateway, monkeypatch):
    order = order_at(gateway)
    with Crew(None, order.worker_target, gateway.credentials) as crew:
        desk = DESKS[crew._run]
        stream = desk.client.stream

        def just_then(messages):
            begun = stream(messages)
            crew.stop()
            return begun

        monkeypatch.setattr(desk.client, "stream", just_then)
        outcome = perform(Task(order.worker_target, order.messages({"text": "x"}), crew._run))
    assert isinstance(outcome.failure, errors.ConnectionLost)
    assert gateway.handshakes == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_worker_does_not_use_the_connections_of_the_process_it_came_from(gateway, monkeypatch):
    order = order_at(gateway)
    with Crew(None, order.worker_target, gateway.credentials) as crew:
        task = Task(order.worker_target, order.messages({"text": "x"}), crew._run)
        monkeypatch.setattr(os, "getpid", lambda: -1)  # what a fork sees first
        outcome = perform(task)
    assert isinstance(outcome.failure, errors.CredentialsMissing)


def test_a_worker_in_another_process_needs_no_credentials_for_the_sandbox(gateway, monkeypatch):
    order = order_at(gateway, alias="sandbox")
    with Crew(None, order.worker_target, None) as crew:
        task = Task(order.worker_target, order.messages({"text": "sandbox: say hello"}), crew._run)
        monkeypatch.setattr(os, "getpid", lambda: -1)  # which is not where the run began
        outcome = perform(task)
    assert (outcome.text, outcome.failure) == ("hello", None)


# what becomes of an outcome


def job_of(**changes):
    return Job("key", (Message("user", "q"),), [0], **changes)


def verdict_on(job, outcome, form=PLAIN_FORM, retries=2):
    return judged(job, outcome, model="ultra", judge=judge_of(form), retries=retries)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        *((service_error(code, "", ""), Over) for code in (10015, 10016, 11200, 11201)),
        (errors.CredentialsMissing("connection.lost"), Over),
        (errors.ConfigurationError("connection.lost"), Over),
        (errors.CredentialsRefused("connection.lost"), Over),
        (errors.HostRefused("connection.lost"), Over),
        (service_error(10013, "", ""), Done),
        (service_error(10163, "", ""), Done),
        (service_error(11210, "", ""), Done),
        (service_error(10008, "", ""), Again),
        (errors.ConnectionLost("connection.lost", retryable=True), Again),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'code', '')}",
)
def test_a_failure_ends_the_run_or_the_row_or_is_asked_again(failure, kind):
    assert type(verdict_on(job_of(), Outcome(failure=failure))) is kind


@pytest.mark.parametrize(
    ("failure", "limit"),
    [
        (service_error(11202, "", ""), "rate"),
        (service_error(11203, "", ""), "concurrency"),
        (service_error(10007, "", ""), "concurrency"),
        (errors.HandshakeRefused("connection.lost", retryable=True, status=429), "rate"),
        (errors.HandshakeRefused("connection.lost", retryable=True, status=503), None),
    ],
    ids=lambda value: str(getattr(value, "code", value)),
)
def test_a_rate_limit_is_told_from_a_failure_and_costs_no_try(failure, limit):
    job = job_of()
    for _ in range(50 if limit else 1):
        verdict = verdict_on(job, Outcome(failure=failure))
        assert isinstance(verdict, Again)
        assert verdict.limit == limit
    assert job.tries == (0 if limit else 1)


def test_the_pauses_before_a_question_is_asked_again_grow_up_to_twenty_seconds(monkeypatch):
    monkeypatch.undo()  # they are as long as they are for users
    job, failure = job_of(), service_error(10008, "", "")
    pauses = [verdict_on(job, Outcome(failure=failure), retries=9).pause for _ in range(9)]
    for pause, least in zip(pauses, [0.5, 1, 2, 4, 8, 16, 20, 20, 20], strict=True):
        assert least <= pause <= least + 0.5
    done = verdict_on(job, Outcome(failure=failure), retries=9)
    assert done.entry.failure.attempts == 10


def test_the_tokens_of_a_repair_are_counted_with_those_of_the_first_answer():
    job = job_of()
    first = verdict_on(job, Outcome("no json", usage=Usage(1, 2, 3)), JSON)
    assert isinstance(first, Again)
    assert [m.role for m in first.messages] == ["user", "assistant", "user"]
    second = verdict_on(job, Outcome("[1]", usage=Usage(10, 20, 30)), JSON)
    assert second.entry.usage == Usage(11, 22, 33)
    assert (second.entry.text, second.data) == ("[1]", [1])


def test_what_moderation_warns_of_is_not_asked_for_in_another_form():
    done = verdict_on(job_of(), Outcome("no json", moderated=True), JSON)
    assert isinstance(done.entry.failure, errors.AnswerInvalid)
    assert done.entry.text == ""


# the columns


def columns_of(into, form, *results):
    columns = Columns(into, form, len(results))
    for result in results:
        columns.put(result)
    return columns.filled()


def test_beside_the_answer_there_is_how_it_ended_with_error_code_and_tokens():
    refused = service_error(10013, "words", "sid")
    filled = columns_of(
        ["kind"],
        PLAIN_FORM,
        Result(2, Entry(failure=refused, usage=Usage(1, 1, 2))),
        Result(0, Entry(" 1 \n", usage=Usage(1, 2, 3))),
        Result(1),
        Result(4, Entry("flag", moderated=True, cut=True)),
        Result(3, Entry("cut", cut=True)),
    )
    assert filled == {
        "kind": ["1", None, None, "cut", "flag"],
        "kind_status": ["ok", "skipped", "failed", "cut", "flagged"],
        "kind_error": [None, None, refused.sentence, None, None],
        "kind_code": [None, None, 10013, None, None],
        "kind_tokens": [3, None, 2, None, None],
    }


def test_rows_that_were_not_reached_have_nothing_in_their_columns():
    assert columns_of([], PLAIN_FORM, *[Result(1, Entry("x"))] * 2)["answer"] == [None, "x"]


@given(st.permutations(range(12)))
def test_the_columns_are_the_same_in_whatever_order_the_rows_end(order):
    filled = columns_of([], PLAIN_FORM, *(Result(i, Entry(str(i))) for i in order))
    assert filled["answer"] == [str(i) for i in range(12)]


def test_without_a_schema_an_answer_in_json_stays_a_text():
    filled = columns_of([], JSON, Result(0, Entry('```json\n{"字": [1]}\n```'), {"字": [1]}))
    assert filled["answer"] == ['{"字": [1]}']


@pytest.mark.parametrize("form", [JSON, TWO_KEYS], ids=["text", "objects"])
@pytest.mark.parametrize("data", [{"a": "\x9b2J\u202e"}, {"\x9b2J\u202e": {"\x9b2J\u202e": 1}}], ids=["values", "keys"])
def test_nothing_in_an_answer_can_give_orders_to_a_terminal_that_shows_the_table(form, data):
    [shown, _] = columns_of(["all"], form, Result(0, Entry("x"), data), Result(1))["all"]
    shown = json.dumps(shown, ensure_ascii=False)
    assert "\x9b" not in shown
    assert "\u202e" not in shown


def test_with_a_schema_its_keys_are_the_columns():
    filled = columns_of([], TWO_KEYS, Result(0, Entry("x"), {"kind": "a", "n": [1]}), Result(1, Entry("x"), {}))
    assert {name: filled[name] for name in ("kind", "n")} == {"kind": ["a", None], "n": [[1], None]}
    assert set(filled) == {"kind", "n", "kind_status", "kind_error", "kind_code", "kind_tokens"}
    assert next(iter(columns_of(["n"], TWO_KEYS, Result(0, Entry("x"), {"n": 5})))) == "n"


def test_one_name_that_is_no_key_has_the_whole_object():
    assert columns_of(["all"], TWO_KEYS, Result(0, Entry("x"), {"n": 5}))["all"] == [{"n": 5}]


def test_a_pydantic_model_gives_plain_values_by_the_names_the_model_was_shown():
    pydantic = pytest.importorskip("pydantic")

    class Kind(pydantic.BaseModel):
        kind: str = pydantic.Field(alias="类别")
        parts: tuple[int, ...] = (1,)

    form = Form("json", schema_from(Kind))
    data = form.data_of('{"类别": "工程"}')
    filled = columns_of([], form, Result(0, Entry("x"), data))
    assert (filled["类别"], filled["parts"]) == (["工程"], [[1]])
    whole = columns_of(["all"], form, Result(0, Entry("x"), data))["all"]
    assert json.dumps(whole, ensure_ascii=False) == '[{"类别": "工程", "parts": [1]}]'


def test_an_answer_that_is_no_object_where_the_schema_allows_for_that_leaves_its_columns_empty():
    assert columns_of([], TWO_KEYS, Result(0, Entry("x"), [1]))["kind"] == [None]


@pytest.mark.parametrize(
    ("into", "form", "key"),
    [
        (["a", "a"], TWO_KEYS, "table.into_no_key"),
        (["n", "n"], TWO_KEYS, "table.into_twice"),
        (["a", "b"], PLAIN_FORM, "table.into_several"),
        (["a", "b"], JSON, "table.into_several"),
        (["kind", "colour"], TWO_KEYS, "table.into_no_key"),
        ([], Form("json", schema_from({"properties": {"a": {}, "a_status": {}}}, "s")), "table.into_twice"),
    ],
)
def test_names_that_do_not_fit_the_form_are_refused_before_anything_is_asked(into, form, key):
    with pytest.raises(BadTable) as caught:
        Columns(into, form, 1)
    assert caught.value.key == key


# what is ahead


def test_the_forecast_counts_rows_and_the_requests_they_share_and_asks_nobody(tmp_path):
    order = order_at(None)
    rows = rows_of("known", "new", "new", None, "字" * 200_000, "bad")
    with Journal(tmp_path / "j") as journal:
        journal.put([(key_of(order.target, order.messages({"text": "known"})), Entry("x"))])
        ahead = forecast(order, Known(order, journal), rows, len(rows))
        new = tokens_of(order.messages({"text": "new"}))
        bad = tokens_of(order.messages({"text": "bad"}))
        assert ahead == Forecast(rows=3, requests=2, tokens=new + bad, unfit=1)
        assert forecast(order, Known(order, journal, fresh=True), rows, len(rows)).rows == 4


def test_a_forecast_of_many_rows_estimates_their_tokens_from_some(tmp_path, monkeypatch):
    order, rows, counted = order_at(None), rows_of(*("word " * (i % 7) + str(i) for i in range(5000))), []
    exact = sum(tokens_of(order.messages(row)) for row in rows)
    monkeypatch.setattr("spark_magic.batch.known.tokens_of", lambda m: counted.append(m) or tokens_of(m))
    with Journal(tmp_path / "j") as journal:
        ahead = forecast(order, Known(order, journal), rows, len(rows))
    assert len(counted) < 1100
    assert ahead.tokens == pytest.approx(exact, rel=0.05)
