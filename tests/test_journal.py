"""What the journal promises: what is put in is there, for its owner alone, whatever else happens; questions are not."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from canaries import API_KEY, API_SECRET, CANARIES, leaked
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spark_magic import errors
from spark_magic.answer import Answer
from spark_magic.client import checked_parameters
from spark_magic.credentials import Credentials
from spark_magic.errors import CODES, JournalUnusable, SparkError, handshake_error, service_error
from spark_magic.events import Message, Reference, Usage
from spark_magic.journal import Entry, Journal, database, default_file, journal_file, key_of, put_aside
from spark_magic.journal.entry import entry_from, row_of
from spark_magic.messages import use_language
from spark_magic.models import MODELS, find
from spark_magic.private_file import make_private
from spark_magic.protocol import encode_request
from spark_magic.secret import Secret
from spark_magic.target import Parameters, Target

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and signals are POSIX's")
NOW = datetime(2026, 11, 24, 12, 30, 15, 123456, UTC)
ONE = Entry("an answer", model="lite", usage=Usage(1, 2, 3), at=NOW)
LIMITED = service_error(11202, "slowly", "sid1")


@pytest.fixture
def path(tmp_path):
    """Return a place in a folder that is there."""
    return tmp_path / "answers.sqlite3"


@pytest.fixture
def journal(path):
    """Return an empty journal."""
    with Journal(path) as opened:
        yield opened


def refused(path, call=Journal):
    """Return the key of the JournalUnusable that opening ends with; its words name the file and what to do."""
    with pytest.raises(JournalUnusable) as caught:
        call(path)
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.key


def key_for(text="hi", alias="ultra", **parameters):
    return key_of(Target(find(alias), Parameters(**parameters)), [Message("user", text)])


# there and back

TEXT = st.text(st.characters())  # halves of characters, too
COUNT = st.integers(0, 2**53)
ENTRY = st.builds(
    Entry,
    TEXT,
    TEXT,
    st.none() | st.builds(Usage, COUNT, COUNT, COUNT),
    st.text(),
    TEXT,
    st.floats(0, allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.booleans(),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.astimezone(UTC) if 1 < at.year < 9999 else NOW),
    references=st.lists(st.builds(Reference, st.integers(-(2**53), 2**53), TEXT, TEXT), max_size=2).map(tuple),
)


@given(ENTRY)
def test_an_entry_reads_back_as_it_was(entry):
    assert entry_from(row_of(entry)) == entry


def test_what_was_put_is_there_in_the_next_process_too(path):
    with Journal(path) as journal:
        assert journal.get("k") is None
        journal.put([("k", ONE), ("l", replace(ONE, text="你好"))])
        assert journal.get("k") == ONE
    with Journal(path) as journal:
        assert [journal.get(key) for key in "klm"] == [ONE, replace(ONE, text="你好"), None]


def test_a_later_entry_takes_the_place_of_the_earlier(journal):
    journal.put([("k", replace(ONE, failure=LIMITED)), ("k", ONE)])
    assert journal.get("k") == ONE
    assert [total.entries for total in journal.totals()] == [1]


def test_an_answer_goes_in_and_comes_out_as_a_plain_text(journal):
    journal.put([("k", replace(ONE, text=Answer("words", sid="s")))])
    assert type(journal.get("k").text) is str


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt])
def test_put_is_all_or_nothing(journal, problem):
    def entries():
        yield "a", ONE
        raise problem

    with pytest.raises(problem):
        journal.put(entries())
    assert journal.get("a") is None
    journal.put([("a", ONE)])
    assert journal.get("a") == ONE


def test_an_interrupt_right_behind_the_beginning_keeps_nobody_from_the_next_one(journal, path):
    journal._database._connection.execute("BEGIN IMMEDIATE")
    journal.put([("a", ONE)])
    with Journal(path) as other:
        assert other.get("a") == ONE


# the key


def test_a_key_is_the_same_for_ever():
    """Another form of it would ask everything again; change `_FORM` where that is meant."""
    assert key_for("你好 \ud800", temperature=1, top_k=4) == GOLDEN
    code = "from test_journal import key_for; print(key_for('你好 \\ud800', temperature=1, top_k=4))"
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == GOLDEN


GOLDEN = "f42aa3f5877cb72a0d0f8b22c4c807b8874faf06025b65c4d84a1c293116c20f"


def on_the_wire(target, messages):
    """Return all that reaches the model: the address, and the request without what is no part of the question."""
    sent = checked_parameters(target.model, target.parameters)
    values = {name: getattr(sent, name) for name in sent.__dataclass_fields__}
    request = encode_request(messages, app_id="", domain=target.model.domain, patch_id=target.model.patch_id, **values)
    data = msgspec.json.decode(request)
    del data["header"]["uid"]
    return target.model.url, data


MODEL = st.sampled_from(MODELS) | st.builds(
    lambda model, domain, patch: replace(model, domain=domain, patch_id=patch),
    st.sampled_from(MODELS),
    st.sampled_from(["4.0Ultra", "lite", "x"]),
    st.sampled_from([None, "", "a", "b"]),
)
PARAMETERS = st.builds(
    Parameters,
    temperature=st.sampled_from([None, 0, 0.0, 0.005, 0.01, 0.5, 1, 1.0]),
    top_k=st.sampled_from([None, 1, 4]),
    max_tokens=st.sampled_from([None, 1, 100]),
    thinking=st.sampled_from([None, "on", "off"]),
    search=st.sampled_from([None, True, False]),
    search_mode=st.sampled_from([None, "normal", "deep"]),
    references=st.sampled_from([None, True, False]),
)
MESSAGE = st.builds(
    Message,
    st.sampled_from(["user", "assistant", "system"]),
    st.sampled_from(["", "a", "b", "ab"]),
    st.sampled_from(["text", "image"]),
)
QUESTION = st.tuples(st.builds(Target, MODEL, PARAMETERS), st.lists(MESSAGE, max_size=3))


SEARCHING = Target(find("pro"), Parameters(search=True, search_mode="normal")), []


COLD, COLDEST = (Target(find("ultra"), Parameters(temperature=value)) for value in (0, 0.01))
NO_PATCH, EMPTY_PATCH = (Target(replace(find("lite"), patch_id=value)) for value in (None, ""))


@settings(max_examples=400)
@example((replace(SEARCHING[0], parameters=Parameters(search_mode="normal")), []), SEARCHING, *(False, False))
@example((COLD, []), (COLDEST, []), *(False, False))
@example((NO_PATCH, []), (EMPTY_PATCH, []), *(False, False))
@given(QUESTION, QUESTION, st.booleans(), st.booleans())
def test_two_keys_are_equal_where_the_requests_are_and_nowhere_else(one, other, same_model, same_messages):
    if same_model:
        other = replace(other[0], model=one[0].model), other[1]
    if same_messages:
        other = other[0], one[1]
    assert (key_of(*one) == key_of(*other)) == (on_the_wire(*one) == on_the_wire(*other))


def test_whatever_reaches_the_model_makes_another_key():
    given = {"temperature": 0.5, "top_k": 4, "max_tokens": 100, "search": True, "search_mode": "deep"}
    target = Target(replace(find("ultra"), patch_id="p"), Parameters(**given, references=True))
    messages = [Message("system", "s"), Message("user", "q")]
    other = {"temperature": 0.6, "top_k": 5, "max_tokens": 99, "search": False, "search_mode": "normal"}
    others = [
        *(
            replace(target, model=replace(target.model, **{name: "wss://a/b"}))
            for name in ("url", "domain", "patch_id")
        ),
        *(replace(target, parameters=replace(target.parameters, **{name: other[name]})) for name in other),
        replace(target, parameters=replace(target.parameters, references=False)),
    ]
    changed = [
        [Message("user", "s"), Message("user", "q")],
        [Message("system", "s"), Message("user", "q", "image")],
        [Message("system", "sq"), Message("user", "")],
        [Message("user", "q"), Message("system", "s")],
        [*messages, Message("user", "")],
        [],
    ]
    keys = [*(key_of(other, messages) for other in others), *(key_of(target, other) for other in changed)]
    assert len({key_of(target, messages), *keys}) == len(keys) + 1


def test_what_does_not_reach_it_does_not():
    target = Target(find("ultra"))
    limits = replace(target.limits, retries=0, total_timeout=1.0)
    others = [replace(target, limits=limits), replace(target, allowed_hosts=("x",))]
    others += [replace(target, model=replace(target.model, alias="mine", input_tokens=5))]
    assert {key_of(other, []) for other in others} == {key_of(target, [])}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_sandbox_is_the_same_at_any_port(host):
    def key(address):
        return key_of(Target(replace(find("sandbox"), url=address)), [])

    assert key(f"ws://{host}:1/v4.0/chat") == key(f"ws://{host}:2/v4.0/chat") == key(f"ws://{host}/v4.0/chat")
    assert key(f"ws://{host}:1/v4.0/chat") != key(f"ws://{host}:1/v1.1/chat")
    assert key("wss://example.com:1/v4.0/chat") != key("wss://example.com:2/v4.0/chat")


def test_two_halves_of_a_character_are_not_that_character():
    """They can be asked by nobody: an answer to the whole one is none to them."""
    assert key_for("\ud83d\ude00") != key_for("\U0001f600")


# failures

HANDSHAKE = {"now": 1.0e9, "host": "h", "date": "Fri, 05 May 2023 10:43:39 GMT"}
DEADLINE = errors.DeadlineExceeded("deadline.first", phase="first", limit=1.5, option="--first-timeout", seconds=1.5)
FAILURES = [
    *(service_error(code, f"words of {code}", f"sid{code}") for code in [*CODES, 99999]),
    *(handshake_error(status=status, body="x", **HANDSHAKE) for status in (301, 401, 403, 429, 500)),
    handshake_error(status=403, body="a valid date or x-date header is required", **HANDSHAKE),
    DEADLINE,
    errors.AnswerInvalid("answer.invalid", path="$.a", problem="is no number"),
    errors.PromptTooLarge("prompt.too_large", tokens=9, limit=8, model="lite"),
    errors.ConfigurationError("file.exposed", path=Path("/x/y"), mode="600"),
    errors.BadVariable("variable.unknown", expression="n\ud800", name="n", nearest=None),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: f"{failure.key}-{failure.code}")
def test_a_failure_comes_back_as_the_same_class_with_the_same_words(journal, failure):
    failure.attempts = 3
    journal.put([("k", Entry(model="lite", failure=failure))])
    again = journal.get("k").failure
    assert type(again) is type(failure)
    facts = ("key", "code", "sid", "detail", "retryable", "attempts")
    assert [getattr(again, name) for name in facts] == [getattr(failure, name) for name in facts]
    for language in ("en", "zh"):
        use_language(language)
        assert said(again) == said(failure)


def said(failure):
    """Return its words; or what is wrong with them, which must not get worse."""
    try:
        return str(failure)
    except (LookupError, ValueError) as problem:
        return type(problem)


class Newer(SparkError):
    """A class of a later version."""


@pytest.mark.parametrize(
    "failure",
    [
        Newer("service.11202", code=11202),
        SparkError("no.such.sentence"),
        errors.ConfigurationError("file.exposed", path=object(), mode="600"),  # a value that is not kept
        errors.DeadlineExceeded("deadline.first", phase="first", seconds="not a number"),
    ],
    ids=["class", "key", "value", "kind of value"],
)
def test_a_failure_this_version_does_not_know_comes_back_as_a_plain_one(journal, failure):
    journal.put([("k", Entry(failure=failure))])
    again = journal.get("k").failure
    assert type(again) is SparkError
    assert type(failure).__name__ in str(again)
    assert (again.code, again.retryable) == (failure.code, failure.retryable)


def test_only_errors_of_ours_are_made_of_what_a_file_says(journal):
    journal.put([("k", Entry(failure=LIMITED))])
    for name in ("CODES", "masked_text", "Exception", "SparkInterrupted", "__builtins__", ""):
        change = "UPDATE entries SET body = CAST(replace(body, 'RateLimited', ?) AS BLOB)"
        journal._database._connection.execute(change, (name,))
        assert type(journal.get("k").failure) is SparkError
        journal.put([("k", Entry(failure=LIMITED))])


# secrets, and questions


def everything_in(folder):
    """Return all bytes of all files."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.iterdir()))


MADE = Credentials.of(**CANARIES)


@pytest.mark.parametrize("value", [Secret(API_KEY), MADE, [API_KEY], {"a": API_SECRET}], ids=["1", "2", "3", "4"])
def test_no_secret_gets_in_with_a_failure(journal, path, value):
    failure = errors.ConfigurationError("file.exposed", path=value, mode="600", other=value)
    journal.put([("k", Entry("text", failure=failure))])
    assert leaked(everything_in(path.parent)) == set()
    assert leaked(journal.get("k")) == set()


@pytest.mark.parametrize("name", ["text", "reasoning", "sid", "model"])
@pytest.mark.parametrize("value", [Secret(API_KEY), MADE, None, API_KEY.encode()], ids=["1", "2", "3", "4"])
def test_what_is_no_text_is_refused_without_a_word_of_it(journal, path, name, value):
    with pytest.raises(TypeError) as caught:
        journal.put([("a", ONE), ("k", replace(ONE, **{name: value}))])
    assert leaked(str(caught.value)) == set()
    assert journal.get("a") is None
    assert leaked(everything_in(path.parent)) == set()


def test_references_and_usage_are_plain_data_too(journal):
    for wrong in (
        {"references": (Reference(1, Secret(API_KEY), ""),)},
        {"references": (Reference(Secret(API_KEY), "", ""),)},
        {"usage": Usage(Secret(API_KEY), 0, 0)},
    ):
        with pytest.raises(TypeError):
            journal.put([("k", replace(ONE, **wrong))])


def test_the_question_is_not_in_it(journal, path):
    words = "the words of a question nobody else may read"
    journal.put([(key_for(words), ONE)])
    assert b"an answer" in everything_in(path.parent)
    assert words.encode() not in everything_in(path.parent)


# the file


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_of_its_files_are_the_owners_alone_whatever_the_umask(umask):
    before = os.umask(umask)
    try:
        with Journal() as journal:
            journal.put([("k", ONE)])
            names = {file.name: mode(file) for file in journal.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert names == dict.fromkeys((f"journal.sqlite3{ending}" for ending in ("", "-wal", "-shm")), 0o600)
    assert mode(journal.path.parent) == 0o700


def test_it_is_in_the_users_data_or_where_the_environment_says(monkeypatch, tmp_path):
    assert journal_file() == default_file() == Path(os.environ["XDG_DATA_HOME"], "spark_magic", "journal.sqlite3")
    monkeypatch.setenv("SPARK_JOURNAL", str(tmp_path / "mine #1?.db"))
    with Journal() as journal:
        assert journal.path == tmp_path / "mine #1?.db"
        journal.put([("k", ONE)])
    assert (tmp_path / "mine #1?.db").stat().st_size > 0
    monkeypatch.setenv("SPARK_JOURNAL", "~/mine.db")
    assert journal_file() == Path.home() / "mine.db"
    monkeypatch.setenv("SPARK_JOURNAL", "~nobody-here/mine.db")
    assert journal_file() == Path("~nobody-here/mine.db")


def test_clearing_takes_hardly_any_room_first(journal, monkeypatch):
    """On a full disk it is what one is told to do."""
    journal.put((str(number), replace(ONE, text="word " * 400)) for number in range(500))
    journal._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setattr(journal._database, "shrink", lambda: None)
    assert journal.clear() == 500
    assert Path(f"{journal.path}-wal").stat().st_size < journal.path.stat().st_size / 10


@posix
def test_a_folder_of_the_users_own_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    Journal(tmp_path / "j").close()
    assert mode(tmp_path) == 0o755
    assert refused(tmp_path / "none" / "j") == "journal.no_folder"
    assert not (tmp_path / "none").exists()


@posix
def test_links_and_files_that_others_can_read_are_refused(tmp_path, path):
    Journal(path).close()
    link = tmp_path / "link"
    link.symlink_to(path)
    assert refused(link) == "file.symlink"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path / "dangling") == "file.symlink"
    assert not (tmp_path / "nowhere").exists()
    path.chmod(0o640)
    assert refused(path) == "file.exposed"
    assert refused(tmp_path) in {"file.unwritable", "file.exposed"}  # a folder


@posix
@pytest.mark.parametrize("kind", ["mkfifo", "mkdir"])
def test_what_is_no_file_is_refused_and_waited_for_by_nobody(path, kind):
    getattr(os, kind)(path, 0o600)
    assert refused(path) == "file.unwritable"


def test_an_empty_file_is_a_journal_to_be(path):
    make_private(path)
    with Journal(path) as journal:
        journal.put([("k", ONE)])
        assert journal.get("k") == ONE


def altered(path, *statements):
    """Change a database behind our back."""
    make_private(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path.read_bytes()


def test_another_version_is_named_with_what_to_do(path):
    Journal(path).close()
    content = altered(path, "PRAGMA user_version = 7")
    with pytest.raises(JournalUnusable, match="version 7, and this spark_magic reads version 1") as caught:
        Journal(path)
    assert "SPARK_JOURNAL" in str(caught.value)
    assert "%spark_journal --clear" in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE theirs (a)"],
        ["PRAGMA application_id = 5"],
        ["PRAGMA user_version = 1"],
        ["CREATE TABLE entries (key TEXT PRIMARY KEY)", "PRAGMA user_version = 1"],
    ],
)
def test_another_applications_database_stays_as_it_is(path, statements):
    content = altered(path, *statements)
    assert refused(path) == "journal.foreign"
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]


MAGIC = b"SQLite format 3\0"


@pytest.mark.parametrize(
    "content", [b"no database" * 500, MAGIC + b"\xff" * 4080, MAGIC, b"x", b"my notes\n" * 9, b"\0"]
)
def test_what_is_no_database_is_refused(path, content):
    make_private(path)
    path.write_bytes(content)
    assert refused(path) == "journal.damaged"
    assert path.read_bytes() == content


def filled(path, count=300):
    with Journal(path) as journal:
        journal.put((f"{number:03}", replace(ONE, text="word " * 200)) for number in range(count))
    return path.read_bytes()


def use(path):
    """Read and write all of it."""
    with Journal(path) as journal:
        for number in range(300):
            journal.get(f"{number:03}")
        journal.totals()
        journal.clear(failed_only=True)
        journal.clear()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:4096] + b"\x55" * 8192 + content[12288:],
        lambda content: content[:8192] + b"\0" * (len(content) - 8192),
    ],
    ids=["cut", "overwritten", "zeroed"],
)
def test_a_damaged_one_is_said_to_be_so(path, damage):
    path.write_bytes(damage(filled(path)))
    assert refused(path, use) in {"journal.damaged", "journal.failed"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"te\xff\xfe": 1}',
        b'["text"',
        b"[]",
        b"1",
        b"null",
        b'{"failure": {"class": 1}}',
        b'{"text": 5}',
        b"[" * 99999,
    ],
    ids=["no text", "no json", "list", "number", "null", "no failure", "no words", "deep"],
)
def test_an_entry_that_nobody_can_read_is_as_good_as_none(journal, body):
    """The question is asked again, and the answer takes its place."""
    journal.put([("k", ONE)])
    journal._database._connection.execute("UPDATE entries SET body = ?", (body,))
    assert journal.get("k") is None
    assert journal.totals()[0].entries == 1
    journal.put([("k", ONE)])
    assert journal.get("k") == ONE


def test_a_moment_that_is_none_is_damage(journal):
    journal.put([("k", ONE)])
    journal._database._connection.execute("UPDATE entries SET at = ?", (2**63 - 1,))
    assert journal.get("k") is None
    with pytest.raises(JournalUnusable) as caught:
        journal.totals()
    assert caught.value.key == "journal.damaged"


@pytest.mark.parametrize(
    "statement", ["CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON entries BEGIN SELECT 1; END"]
)
def test_one_with_something_in_it_that_acts_by_itself_is_not_ours(path, statement):
    Journal(path).close()
    altered(path, statement)
    assert refused(path) == "journal.foreign"


@posix
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_what_others_have_put_beside_it_is_refused(path, ending):
    """SQLite would write the answers into it."""
    Journal(path).close()
    beside = Path(f"{path}{ending}")
    beside.touch()
    beside.chmod(0o666)
    assert refused(path) == "file.exposed"
    beside.unlink()
    beside.symlink_to(path.parent / "elsewhere")
    assert refused(path) == "file.symlink"


def test_in_a_hurry_nobody_waits_for_another_kernel(journal, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.hurry()
        began = time.monotonic()
        with pytest.raises(JournalUnusable) as caught:
            journal.put([("k", ONE)])
        assert time.monotonic() - began < 1
    assert caught.value.key == "journal.locked"


def test_a_table_that_is_missing_is_damage(path):
    Journal(path).close()
    altered(path, "DROP TABLE entries")
    assert refused(path, use) == "journal.damaged"


def test_one_that_cannot_be_written_says_so(journal):
    journal._database._connection.execute("PRAGMA query_only = ON")  # the error of a read-only file, root or not
    with pytest.raises(JournalUnusable) as caught:
        journal.put([("k", ONE)])
    assert caught.value.key == "journal.unwritable"
    assert journal.get("k") is None


@posix
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_read_only_file_or_folder_is_refused(tmp_path, path):
    Journal(path).close()
    path.chmod(0o400)
    assert refused(path) == "file.unwritable"
    path.chmod(0o600)
    tmp_path.chmod(0o500)
    assert refused(path, use) == "journal.unwritable"


def test_a_full_disk_loses_nothing_that_was_there(journal):
    journal.put([("k", ONE)])
    connection = journal._database._connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0] + 2}")
    with pytest.raises(JournalUnusable) as caught:
        journal.put((str(number), replace(ONE, text="word " * 2000)) for number in range(20))
    assert caught.value.key == "journal.full"
    assert journal.get("k") == ONE
    assert journal.get("0") is None


@pytest.fixture
def locked(path):
    """Hold the journal as another program would that is in the middle of a transaction."""
    Journal(path).close()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("DELETE FROM entries")
    yield connection
    connection.close()


def test_one_that_stays_locked_is_given_up_after_ten_seconds(path, locked, monkeypatch):
    assert locked.in_transaction
    assert database._PATIENCE == 10
    monkeypatch.setattr(database, "_PATIENCE", 0.3)
    assert refused(path) == "journal.locked"


@posix
def test_an_interrupt_ends_the_waiting(path, locked):
    assert locked.in_transaction
    began = time.monotonic()
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        Journal(path)
    assert time.monotonic() - began < 2


def test_a_short_transaction_of_another_kernel_is_waited_for(path, journal):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, other.close).start()
    journal.put([("k", ONE)])
    assert journal.get("k") == ONE


def test_a_reader_beside_it_is_waited_for_where_it_cannot_write_ahead(path, journal):
    connection = journal._database._connection
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM entries").fetchone()
    threading.Timer(0.1, other.close).start()
    journal.put([("k", ONE)])
    assert journal.get("k") == ONE


def test_a_mistake_of_ours_is_not_called_the_journals(journal):
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        journal.get("k")
    journal.close()


def test_what_goes_wrong_when_it_is_opened_leaves_nothing_open(path, recwarn):
    path.write_bytes(b"no database" * 500)
    path.chmod(0o600)
    for _ in range(3):
        refused(path)
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]
    if Path("/proc/self/fd").exists():
        held = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()]
        assert str(path) not in held


def test_one_of_another_version_is_left_closed(path):
    Journal(path).close()
    altered(path, "PRAGMA user_version = 7")
    opened = sqlite3.connect
    made = []
    with mock.patch.object(sqlite3, "connect", lambda *how, **more: made.append(opened(*how, **more)) or made[-1]):
        refused(path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")


def test_one_that_goes_away_while_it_is_opened_says_where(path, monkeypatch):
    monkeypatch.setattr(database, "_make_private", lambda _: None)
    assert refused(path) == "journal.unwritable"
    assert not path.exists()


def test_one_that_another_kernel_makes_at_the_same_moment_is_shared(path, monkeypatch):
    is_new, others = database.Database._is_new, []

    def looked_at_too_early(self):
        found = is_new(self)
        if not others:
            others.append(path)
            with Journal(path) as other:
                other.put([("k", ONE)])
        return found

    monkeypatch.setattr(database.Database, "_is_new", looked_at_too_early)
    with Journal(path) as journal:
        assert journal.get("k") == ONE


def test_one_whose_mode_another_kernel_is_choosing_keeps_it(path, journal, monkeypatch):
    one = database.Database._one

    def chosen_elsewhere(self, statement):
        if "WAL" in statement:
            problem = sqlite3.OperationalError("database is locked")
            problem.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise problem
        return one(self, statement)

    journal.close()
    monkeypatch.setattr(database.Database, "_one", chosen_elsewhere)
    with Journal(path) as late:
        assert late._database._one("PRAGMA journal_mode") == "wal"
        late.put([("k", ONE)])
        assert late.get("k") == ONE


def test_it_writes_ahead_where_the_file_system_can(journal):
    assert journal._database._one("PRAGMA journal_mode") == "wal"
    assert journal._database._one("PRAGMA synchronous") == 1


def test_and_does_without_where_it_cannot(path, monkeypatch):
    def without_shared_memory(self, statement):
        if "WAL" in statement:
            problem = sqlite3.OperationalError("unable to open database file")
            problem.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise problem
        return self._connection.execute(statement).fetchone()[0]

    monkeypatch.setattr(database.Database, "_one", without_shared_memory)
    with Journal(path) as journal:
        journal.put([("k", ONE)])
        assert journal.get("k") == ONE
        assert journal._database._one("PRAGMA journal_mode") == "delete"
        assert journal._database._one("PRAGMA synchronous") == 2
        assert journal.clear() == 1


# kernels that die, and kernels beside each other

KILLED = """
import os, signal, sys
from pathlib import Path
from spark_magic.journal import Entry, Journal
journal = Journal(Path(sys.argv[1]))
journal.put((str(number), Entry("kept", model="lite")) for number in range(50))
os.kill(os.getpid(), signal.SIGKILL)
"""


@posix
def test_a_killed_process_loses_nothing_that_was_put(path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Journal(path) as journal:
        assert {journal.get(str(number)).text for number in range(50)} == {"kept"}


HALF = """
import os, signal, sys
from pathlib import Path
from spark_magic.journal import Entry, Journal
def entries():
    for number in range(5000):
        yield str(number), Entry("half " * 500)
    os.kill(os.getpid(), signal.SIGKILL)
Journal(Path(sys.argv[1])).put(entries())
"""


@posix
def test_one_killed_in_the_middle_of_a_put_leaves_nothing_of_it(path):
    with Journal(path) as journal:
        journal.put([("k", ONE)])
    assert subprocess.run([sys.executable, "-c", HALF, str(path)], check=False).returncode == -signal.SIGKILL
    with Journal(path) as journal:
        assert (journal.get("k"), journal.get("0")) == (ONE, None)


BESIDE = """
import sys
from pathlib import Path
from spark_magic.journal import Entry, Journal
sys.stdin.readline()
with Journal(Path(sys.argv[1])) as journal:
    for number in range(100):
        journal.put([(f"{sys.argv[2]}-{number}", Entry("x"))])
"""


def test_kernels_share_a_file_from_its_first_moment_on(path):
    command = [sys.executable, "-c", BESIDE, str(path)]
    running = [subprocess.Popen([*command, name], stdin=subprocess.PIPE) for name in "abc"]
    for process in running:
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0, 0, 0]
    with Journal(path) as journal:
        assert all(journal.get(f"{name}-{number}") for name in "abc" for number in range(100))


# many of them


def test_an_entry_is_found_by_its_key_however_many_there_are(journal):
    plan = journal._database.rows("EXPLAIN QUERY PLAN SELECT body FROM entries WHERE key = ?", ("k",))
    assert [row[-1] for row in plan] == ["SEARCH entries USING INDEX sqlite_autoindex_entries_1 (key=?)"]


def test_memory_does_not_grow_with_their_number(journal):
    def peak(count):
        tracemalloc.start()
        journal.put((f"{count}-{number}", replace(ONE, text="word " * 100)) for number in range(count))
        journal.totals()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(5000) < peak(50) + 100_000


# counting and clearing


def test_totals_are_by_model_and_day_of_this_computers_calendar(journal, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    late = NOW.replace(hour=17)  # the next day there
    try:
        journal.put(
            [
                ("a", ONE),
                ("b", replace(ONE, usage=None, failure=LIMITED)),
                ("c", replace(ONE, model="ultra")),
                ("d", replace(ONE, at=late)),
            ]
        )
        totals = [(t.model, t.day, t.entries, t.failures, t.tokens) for t in journal.totals()]
    finally:
        monkeypatch.undo()
        time.tzset()
    first = date(2026, 11, 24)
    assert totals == [
        ("lite", first, 2, 1, 3),
        ("ultra", first, 1, 0, 3),
        ("lite", first + timedelta(days=1), 1, 0, 3),
    ]


def test_clearing_removes_what_is_wanted_and_says_how_many(journal):
    old = replace(ONE, at=NOW - timedelta(days=3))
    everything = [("a", ONE), ("b", old), ("c", replace(ONE, failure=LIMITED)), ("d", replace(old, failure=LIMITED))]

    def left(**wanted):
        journal.put(everything)
        count = journal.clear(**wanted)
        kept = "".join(key for key in "abcd" if journal.get(key))
        assert count == 4 - len(kept)
        return kept

    assert left() == ""
    assert left(failed_only=True) == "ab"
    assert left(before=NOW) == "ac"
    assert left(before=NOW.astimezone().replace(microsecond=0)) == "ac"
    assert left(failed_only=True, before=NOW) == "abc"
    assert journal.clear(before=NOW - timedelta(days=99)) == 0


def test_clearing_makes_the_file_small_again(path):
    filled(path)
    with Journal(path) as journal:
        before = journal.size()
        assert journal.clear() == 300
        assert journal.size() < before / 10
        assert b"word word" not in everything_in(path.parent)
        journal.put([("k", ONE)])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_clearing_beside_a_reader_removes_and_shrinks_later(path, journal):
    filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM entries").fetchone() == (300,)
    assert journal.clear() == 300
    assert journal.totals() == ()
    other.close()
    assert journal.clear() == 0
    assert journal.size() < 50_000


def test_clearing_that_cannot_make_the_file_small_says_so(journal):
    connection = journal._database._connection

    def fail_from_then_on(statement):
        if statement == "VACUUM":
            connection.set_progress_handler(lambda: 1, 1)

    connection.set_trace_callback(fail_from_then_on)
    with pytest.raises(JournalUnusable, match="interrupted"):
        journal.clear()


def test_a_journal_is_put_aside_under_a_name_that_is_free(path):
    for _ in range(2):
        make_private(path)
        Path(f"{path}-wal").touch()
        put_aside(path, "damaged")
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == [f"{path.name}.damaged-{n}{ending}" for n in (1, 2) for ending in ("", "-wal")]
