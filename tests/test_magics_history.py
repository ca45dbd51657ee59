"""`%spark_history` shows, saves, loads and takes back turns; `%spark_reset` forgets; conversations have names."""

import json
import os
import stat
import threading
from dataclasses import replace

import pytest
from cells import messages_of
from IPython.core.error import UsageError

from spark_magic.errors import ConfigurationError, ConversationBusy, HistoryDamaged
from spark_magic.messages import use_language

pytestmark = pytest.mark.usefixtures("box")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shown(cells, capsys):
    """Return a runner of cells that returns what one has shown."""

    def run(source):
        capsys.readouterr()
        cells.run(source)
        return capsys.readouterr().out

    return run


def ask(cells, *words, name="default"):
    for word in words:
        cells.run(f"%spark -n {name} sandbox: say {word}")


def turns_of(cells, name="default"):
    return [(turn.question, str(turn.answer)) for turn in cells.magics.state.conversation_named(name).turns]


def said(*words):
    return [(f"sandbox: say {word}", word) for word in words]


# the table


def test_it_shows_each_turn_with_its_cell_model_and_tokens_and_the_sum(cells, shown):
    ask(cells, "one")
    cells.run("%spark -m lite sandbox: say two")
    lines = [line.split() for line in shown("%spark_history").splitlines()]
    usages = [turn.answer.usage for turn in cells.magics.state.conversation.turns]
    counts = [[f"{u.prompt_tokens}", "+", f"{u.completion_tokens}"] for u in usages]
    assert lines[3][:3] == ["1", "In", "[2]"]
    assert lines[3][-5:] == ["one", "ultra", *counts[0]]
    assert lines[4][-5:] == ["two", "lite", *counts[1]]
    total = [str(sum(u.prompt_tokens for u in usages)), "+", str(sum(u.completion_tokens for u in usages))]
    assert lines[5] == ["total", *total]


def test_without_turns_it_says_so(shown):
    assert "no turns in default yet" in shown("%spark_history")
    assert "no conversation yet" in shown("%spark_history --list")
    assert "no turns in default yet" in shown("%spark_history --markdown")


def test_long_and_hostile_texts_are_cut_and_cleaned(cells, shown):
    cells.run("%%spark\nsandbox: say \x1b]0;title\x07<script>alert(1)</script>\n" + "word " * 40)
    out = shown("%spark_history")
    assert "\x1b" not in out
    assert "…" in out
    assert max(map(len, out.splitlines())) < 200


def test_a_cell_that_is_not_known_is_not_made_up(cells, shown):
    ask(cells, "one")
    conversation = cells.magics.state.conversation
    conversation.turns = [replace(conversation.turns[0], execution_count=0)]
    assert "In [" not in shown("%spark_history")


def test_numbers_stay_those_of_the_table(cells, shown):
    ask(cells, "one", "two", "three")
    cells.run("%spark_history --undo 2")
    assert cells.run("%spark sandbox: say four").turn == 2
    assert [turn.answer.turn for turn in cells.magics.state.conversation.turns] == [1, 2]
    assert shown("%spark_history").splitlines()[4].startswith("2 ")
    conversation = cells.magics.state.conversation
    conversation.restore([turn.copied() for turn in reversed(conversation.turns)])
    assert [(turn.answer, turn.answer.turn) for turn in conversation.turns] == [("four", 1), ("one", 2)]


# names


def test_named_conversations_do_not_mix(cells, box, shown):
    ask(cells, "one")
    ask(cells, "other", name="chat")
    ask(cells, "two")
    assert messages_of(box.requests[1]) == [("user", "sandbox: say other")]
    assert [text for _, text in messages_of(box.requests[2])] == ["sandbox: say one", "one", "sandbox: say two"]
    rows = [line.split() for line in shown("%spark_history --list").splitlines()[2:]]
    assert [row[:2] for row in rows] == [["default", "2"], ["chat", "1"]]
    assert all(row[-1] == "ultra" for row in rows)


def test_a_named_conversation_is_named_under_the_answer(shown):
    assert "· in chat]" in shown("%spark -n chat sandbox: say hi")
    assert "in default" not in shown("%spark sandbox: say hi")
    assert "in chat" not in shown("%spark -n chat --no-history sandbox: say hi")


@pytest.mark.parametrize("line", ["%spark_history -n", "%spark_history --undo -n", "%spark_reset"])
def test_an_unknown_name_is_refused_with_the_nearest(cells, line):
    ask(cells, "one", name="film-reviews")
    assert "Did you mean 'film-reviews'" in str(cells.fails(f"{line} film-review"))
    assert "--list" in str(cells.fails(f"{line} x"))
    assert set(cells.magics.state.conversations) <= {"default", "film-reviews"}


# reset


def test_reset_forgets_the_named_one_or_all(cells, shown):
    ask(cells, "one")
    ask(cells, "two", "three", name="chat")
    ask(cells, "four", name="other")
    assert shown("%spark_reset chat") == "Forgotten: 2 turns.\n"
    assert (len(turns_of(cells)), turns_of(cells, "chat")) == (1, [])
    assert "default (1), other (1)" in shown("%spark_reset --all")
    assert turns_of(cells) == turns_of(cells, "other") == []
    assert "not both" in str(cells.fails("%spark_reset chat --all"))
    assert "name of one conversation" in str(cells.fails("%spark_reset chat other"))


# going back and on elsewhere


def test_undo_forgets_the_last_turns_and_shows_them(cells, box, shown):
    ask(cells, "one", "two", "three")
    assert shown("%spark_history --undo") == "Forgotten: sandbox: say three\n"
    assert turns_of(cells) == said("one", "two")
    assert shown("%spark_history --undo 5").count("Forgotten") == 2
    assert "no turn to forget" in shown("%spark_history --undo")
    ask(cells, "four")
    assert len(messages_of(box.requests[-1])) == 1


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_undo_takes_a_number_from_one_up(cells, count):
    ask(cells, "one")
    assert isinstance(cells.fails(f"%spark_history --undo {count}"), UsageError)
    assert turns_of(cells) == said("one")


def test_a_fork_goes_on_from_the_same_turns_apart_from_them(cells, box, shown):
    ask(cells, "one", "two")
    assert "Copied: 2 turns of default" in shown("%spark_history --fork idea")
    ask(cells, "there", name="idea")
    original = cells.magics.state.conversation
    original.restore(original.turns[::-1])  # renumbers them
    cells.run("%spark_history --undo 2")
    assert turns_of(cells, "idea") == said("one", "two", "there")
    assert turns_of(cells) == []
    assert len(messages_of(box.requests[-1])) == 5
    assert [turn.answer.turn for turn in cells.magics.state.conversation_named("idea").turns] == [1, 2, 3]


def test_a_fork_writes_over_no_other_conversation(cells):
    ask(cells, "one")
    ask(cells, "two", name="chat")
    assert "choose another name" in str(cells.fails("%spark_history --fork chat"))
    assert turns_of(cells, "chat") == said("two")


# files


def test_what_is_exported_loads_into_the_same_history(cells, box, shown):
    ask(cells, "one", "two")
    before = cells.magics.state.conversation.turns
    assert "2 turns" in shown("%spark_history --export talk.jsonl")
    cells.run("%spark_reset")
    ask(cells, "other")
    assert "2 turns from talk.jsonl, in place of 1" in shown("%spark_history --load talk.jsonl")
    assert cells.magics.state.conversation.turns == before
    assert [turn.answer.turn for turn in cells.magics.state.conversation.turns] == [1, 2]
    ask(cells, "three")
    assert len(messages_of(box.requests[-1])) == 5
    cells.run("%spark_history -n new --load talk.jsonl")
    assert turns_of(cells, "new") == said("one", "two")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_an_export_is_for_its_owner_alone_and_its_folder_stays_as_it_is(cells, folder):
    folder.chmod(0o755)
    ask(cells, "one")
    cells.run("%spark_history --export talk.jsonl")
    assert stat.S_IMODE((folder / "talk.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_home_is_written_as_a_tilde(cells, monkeypatch, folder):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    ask(cells, "one")
    cells.run("%spark_history --export ~/talk.jsonl")
    assert (folder / "talk.jsonl").exists()
    cells.run("%spark_history --load ~/talk.jsonl")


@pytest.mark.parametrize("name", ["talk.jsonl", "talk.md"])
def test_an_export_replaces_exports_and_nothing_else_but_by_force(cells, folder, name):
    ask(cells, "one")
    cells.run(f"%spark_history --export {name}")
    ask(cells, "two")
    cells.run(f"%spark_history --export {name}")
    assert "say two" in (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text("my own", encoding="utf-8")
    problem = cells.fails(f"%spark_history --export {name}")
    assert isinstance(problem, ConfigurationError)
    assert "--force" in problem.hint
    assert (folder / name).read_text(encoding="utf-8") == "my own"
    cells.run(f"%spark_history --export {name} --force")
    assert "say two" in (folder / name).read_text(encoding="utf-8")


def test_an_export_where_nothing_can_be_written_is_said(cells, folder):
    assert isinstance(cells.fails("%spark_history --export no/such/talk.jsonl"), ConfigurationError)
    assert isinstance(cells.fails(f"%spark_history --export {folder}"), ConfigurationError)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"no JSON", b'{"spark_magic": 1, "name": "x"}\n{"question": "q"}', b"\x00" * 99])
def test_a_damaged_file_is_refused_whole_with_its_line(cells, folder, content):
    ask(cells, "one")
    (folder / "talk.jsonl").write_bytes(content)
    problem = cells.fails("%spark_history --load talk.jsonl")
    assert isinstance(problem, HistoryDamaged)
    assert "talk.jsonl, line " in str(problem)
    assert turns_of(cells) == said("one")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
def test_what_is_no_file_is_not_waited_for(cells, folder):
    os.mkfifo(folder / "pipe")
    for name in ("pipe", "none.jsonl", ".", "/dev/zero"):
        assert isinstance(cells.fails(f"%spark_history --load {name}"), HistoryDamaged)
    assert isinstance(cells.fails("%spark_history --export pipe"), ConfigurationError)


def test_nothing_is_loaded_or_undone_while_a_question_is_answered(cells):
    ask(cells, "one")
    cells.run("%spark_history --export talk.jsonl")
    conversation = cells.magics.state.conversation
    answering, done = threading.Event(), threading.Event()

    def events():
        answering.set()
        done.wait(60)
        yield

    stream = events()
    owner = threading.Thread(target=lambda: next(stream))
    conversation._claim.take(owner, stream)
    owner.start()
    answering.wait(60)
    for line in ("--load talk.jsonl", "--undo"):
        assert isinstance(cells.fails(f"%spark_history {line}"), ConversationBusy)
    done.set()
    owner.join()
    stream.close()
    assert turns_of(cells) == said("one")
    cells.run("%spark_history --undo")


def test_one_thing_at_a_time(cells):
    assert "--json, --undo: one at a time" in str(cells.fails("%spark_history --undo --json"))
    assert "--force goes with --export" in str(cells.fails("%spark_history --force"))
    assert "options only" in str(cells.fails("%spark_history talk"))


# as JSON and as Markdown


def test_as_json_everything_is_there_and_nothing_unseen(cells, shown):
    cells.run("%%spark\nsandbox: say 你好 \x85\u202e\U000e0041 \u200d😀")
    out = shown("%spark_history --json")
    assert "你好" in out
    assert "😀" in out
    assert all(c.isprintable() or c == "\n" for c in out)
    data = json.loads(out)
    [turn] = cells.magics.state.conversation.turns
    assert data["name"] == "default"
    assert (data["turns"][0]["question"], data["turns"][0]["answer"]) == (turn.question, turn.answer)


@pytest.fixture
def bundles(monkeypatch):
    """Return what is published, a bundle for each."""
    published = []
    monkeypatch.setattr("spark_magic.magics.history.publish", published.append)
    return published


def test_as_markdown_every_turn_stands_for_itself(cells, bundles):
    cells.run("%%spark\nsandbox: say **bold** <img src=x onerror=alert(1)>\nsandbox: say ```python\nx = 1")
    ask(cells, "*two*")
    cells.run("%spark_history --markdown")
    [bundle] = bundles
    assert set(bundle) == {"text/plain", "text/html"}
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert "<em>two</em>" in bundle["text/html"]
    assert "<img" not in bundle["text/html"]
    assert "\n> sandbox: say *two*\n" in bundle["text/plain"]
    assert "\n## 2 · In [3]\n" in bundle["text/plain"]


def test_an_open_fence_of_one_turn_is_closed_in_the_file(cells, folder):
    conversation = cells.magics.state.conversation
    ask(cells, "one", "two")
    first, second = conversation.turns
    answer = type(first.answer)("````python\nx = 1", model="ultra")
    conversation.turns = [type(first)("q", answer), second]
    cells.run("%spark_history --export talk.md")
    text = (folder / "talk.md").read_text(encoding="utf-8")
    assert "x = 1\n````\n\n(ultra" in text


def test_it_speaks_chinese(cells, shown):
    use_language("zh")
    ask(cells, "one", name="chat")
    assert "单元格" in shown("%spark_history -n chat")
    assert "没有任何一轮" in shown("%spark_history")
    assert "对话 chat" in shown("%spark -n chat sandbox: say two")
