"""With `autosave`, conversations are there again in the next kernel; what goes wrong is a note, never an error."""

import os
import signal
import stat
import threading
from pathlib import Path

import pytest
from cells import messages_of

import spark_magic
from spark_magic.magics.shelf import Shelf
from spark_magic.magics.state import State

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
pytestmark = pytest.mark.usefixtures("box")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kernel(start, capsys):
    """Return a starter of kernels, one after the other; with autosave on unless told otherwise."""
    running = []

    def begin(**settings):
        if running:
            running.pop().close()
        made = start(**{"autosave": True, **settings}).load()
        running.append(made)
        capsys.readouterr()
        return made

    return begin


def ask(cells, *words, name="default"):
    for word in words:
        cells.run(f"%spark -n {name} sandbox: say {word}")


def turns_of(cells, name="default"):
    return [str(turn.answer) for turn in cells.magics.state.conversation_named(name).turns]


def shelf():
    return Path(os.environ["XDG_DATA_HOME"]) / "spark_magic" / "conversations"


def files():
    return sorted(path for path in shelf().rglob("*") if path.is_file())


# there again


def test_a_conversation_is_there_again_when_it_is_first_used(kernel, box, capsys):
    ask(kernel(), "one", "two")
    cells = kernel()
    cells.run("%spark sandbox: say three")
    out = capsys.readouterr().out
    assert f"2 turns of default restored from {files()[0]}." in out
    assert [text for _, text in messages_of(box.requests[-1])][:4] == [
        "sandbox: say one",
        "one",
        "sandbox: say two",
        "two",
    ]
    cells.run("%spark sandbox: say four")
    assert "restored" not in capsys.readouterr().out
    assert turns_of(kernel()) == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    "line", ["%spark_history", "%spark_history --json", "%spark_history --list", "%spark --dry-run x"]
)
def test_any_use_restores_it(kernel, capsys, line):
    ask(kernel(), "one")
    cells = kernel()
    cells.run(line)
    cells.run("%spark_history")
    assert "1 turn of default restored" in capsys.readouterr().out


def test_named_ones_each_have_their_own_file(kernel, capsys):
    cells = kernel()
    ask(cells, "one")
    ask(cells, "two", name="chat")
    ask(cells, "three", name="CHAT")
    ask(cells, "four", name="../影评")
    assert len(files()) == 4
    assert len({path.parent for path in files()}) == 1
    cells = kernel()
    cells.run("%spark_history --list")
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("default", "chat", "CHAT", "../影评"))
    assert turns_of(cells, "../影评") == ["four"]
    assert turns_of(cells, "chat") == ["two"]


def test_a_restored_conversation_counts_for_retrying_and_resetting_by_name(kernel, capsys):
    ask(kernel(), "one", name="chat")
    cells = kernel()
    assert "Did you mean 'chat'" in str(cells.fails("%spark_reset caht"))
    cells.run("%spark_reset chat")
    assert "Forgotten: 1 turn." in capsys.readouterr().out
    assert files() == []


def test_the_last_question_is_asked_again_after_a_restart(kernel, box):
    ask(kernel(), "one", "two")
    kernel().run("%spark_retry")
    assert [text for _, text in messages_of(box.requests[-1])] == ["sandbox: say one", "one", "sandbox: say two"]


def test_without_the_setting_nothing_is_saved_or_restored(kernel):
    ask(kernel(autosave=False), "one")
    assert files() == []
    ask(kernel(), "two")
    assert turns_of(kernel(autosave=False)) == []


@pytest.mark.parametrize("line", ["%spark_config --autosave", "%config SparkMagics.autosave = True"])
def test_turning_it_on_saves_what_is_there(kernel, line):
    cells = kernel(autosave=False)
    ask(cells, "one")
    ask(cells, "two", name="chat")
    cells.run(line)
    cells = kernel()
    assert (turns_of(cells), turns_of(cells, "chat")) == (["one"], ["two"])


def test_turning_it_on_first_restores(kernel):
    ask(kernel(), "one")
    cells = kernel(autosave=False)
    cells.run("%spark_config --autosave")
    ask(cells, "two")
    assert turns_of(cells) == ["one", "two"]


def test_turning_it_on_late_keeps_the_earlier_turns_aside(kernel, capsys):
    ask(kernel(), "one")
    cells = kernel(autosave=False)
    ask(cells, "two")
    cells.run("%spark_config --autosave")
    out = capsys.readouterr().out
    aside = files()[1]
    assert str(aside) in out
    assert turns_of(kernel()) == ["two"]
    cells = kernel()
    cells.run(f"%spark_history --load '{aside}'")
    assert turns_of(cells) == ["one"]


def test_turning_it_off_keeps_what_is_saved(kernel):
    cells = kernel()
    ask(cells, "one")
    cells.run("%spark_config --no-autosave")
    ask(cells, "two")
    assert turns_of(kernel()) == ["one"]


# after each change


def test_undo_load_fork_and_reset_are_saved_too(kernel):
    cells = kernel()
    ask(cells, "one", "two")
    cells.run("%spark_history --export talk.jsonl\n%spark_history --undo")
    cells = kernel()
    assert turns_of(cells) == ["one"]
    cells.run("%spark_history --load talk.jsonl\n%spark_history --fork idea\n%spark_history --undo 2")
    cells = kernel()
    assert (turns_of(cells), turns_of(cells, "idea")) == ([], ["one", "two"])
    cells.run("%spark_reset --all")
    assert files() == []
    assert turns_of(kernel(), "idea") == []


def test_reset_removes_what_this_kernel_has_saved_with_the_setting_off_again(kernel):
    cells = kernel()
    ask(cells, "one")
    cells.run("%spark_config --no-autosave\n%spark_reset")
    assert files() == []


def test_a_failed_question_and_one_outside_the_conversation_save_nothing_new(kernel):
    cells = kernel()
    ask(cells, "one")
    before = files()[0].stat().st_mtime_ns
    cells.fails("%spark sandbox: error 10013")
    cells.run("%spark --no-history sandbox: say aside")
    assert files()[0].stat().st_mtime_ns == before


def test_a_background_answer_is_saved_when_it_is_there(kernel):
    cells = kernel()
    cells.run("pending = %spark --background sandbox: say late")
    cells.names["pending"].wait(60)
    saved = threading.Event()
    for _ in range(600):  # the thread saves after the answer
        if files() or saved.wait(0.1):
            break
    assert turns_of(kernel()) == ["late"]


def test_a_plain_call_is_saved_too(kernel):
    kernel()
    spark_magic.ask("sandbox: say one")
    assert turns_of(kernel()) == ["one"]


# whose it is


def test_the_notebook_decides_and_not_the_folder_it_is_in(kernel, monkeypatch, folder):
    for name in ("a.ipynb", "b.ipynb"):
        monkeypatch.setenv("JPY_SESSION_NAME", str(folder / name))
        ask(kernel(), name)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "a.ipynb"))
    monkeypatch.chdir("/")
    assert turns_of(kernel()) == ["a.ipynb"]
    cells = kernel()
    cells.names["__vsc_ipynb_file__"] = str(folder / "b.ipynb")  # VS Code's word counts for more
    assert turns_of(cells) == ["b.ipynb"]
    assert [path.parent.name.rpartition("-")[0] for path in files()] == ["a-ipynb", "b-ipynb"]


def test_a_change_of_the_working_directory_is_no_other_notebook(kernel, tmp_path_factory, folder):
    cells = kernel()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    ask(cells, "one")
    os.chdir(folder)
    assert turns_of(kernel()) == ["one"]


@posix
def test_it_is_for_its_owner_alone(kernel):
    ask(kernel(), "one")
    [file] = files()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == stat.S_IMODE(shelf().stat().st_mode) == 0o700


# what goes wrong


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda _: b"", lambda b: b.replace(b'"spark_magic": 1', b'"spark_magic": 9')]
)
def test_a_damaged_file_is_kept_aside_and_the_conversation_starts_empty(kernel, capsys, damage):
    ask(kernel(), "one")
    [file] = files()
    content = damage(file.read_bytes())
    file.write_bytes(content)
    cells = kernel()
    cells.run("%spark sandbox: say two")
    out = capsys.readouterr().out
    [saved, aside] = files()
    assert str(aside) in out
    assert "line " in out
    assert aside.read_bytes() == content
    assert turns_of(kernel()) == ["two"]
    saved.write_bytes(content)
    kernel().run("%spark_history")
    assert len(files()) == 2
    assert files()[1].name.endswith("-2")


@posix
def test_a_file_that_others_could_write_is_not_believed(kernel, capsys):
    ask(kernel(), "one")
    files()[0].chmod(0o666)
    cells = kernel()
    cells.run("%spark_history")
    assert "no turns" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["%spark sandbox: say two", "%spark_history --undo"])
def test_a_save_that_fails_is_a_note_below_the_answer(kernel, capsys, monkeypatch, line):
    cells = kernel()
    ask(cells, "one")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr("spark_magic.private_file.tempfile.mkstemp", full)
        patch.setattr(Path, "unlink", full)
        cells.run(line)
    out = capsys.readouterr().out
    assert "default could not be saved" in out
    assert "No space left" in out
    ask(cells, "three")
    assert turns_of(cells)[-1] == "three"


def test_a_place_that_is_no_folder_is_a_note(kernel, capsys, monkeypatch, folder):
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "file"))
    (folder / "file").write_text("")
    cells = kernel()
    ask(cells, "one")
    assert "could not be saved" in capsys.readouterr().out
    assert turns_of(cells) == ["one"]


def test_it_is_saved_after_the_answer_was_shown(kernel, capsys, monkeypatch):
    cells = kernel()
    shown = []
    monkeypatch.setattr(Shelf, "keep", lambda *_: shown.append(capsys.readouterr().out))
    cells.run("%spark sandbox: say one")
    assert "one\n[ultra" in shown[0]


@pytest.mark.parametrize(
    ("line", "saved"), [("%spark sandbox: say two", ["one", "two"]), ("%spark_history --undo", [])]
)
def test_an_interrupt_while_it_is_saved_waits_for_the_end(kernel, monkeypatch, line, saved):
    cells = kernel()
    ask(cells, "one")
    whole = Shelf._write

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "_write", interrupted)
        assert isinstance(cells.fails(line), KeyboardInterrupt)
    assert turns_of(kernel()) == saved


def test_threads_save_one_after_the_other(kernel):
    """The last one to write has the newest turns."""
    cells = kernel()
    ask(cells, "one")
    state: State = cells.magics.state
    conversation = state.conversation
    lots = [turn.copied() for turn in conversation.turns * 30]

    def work():
        for count in range(1, 30):
            conversation.turns = lots[:count]
            state.keep("default")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns_of(kernel())) == len(conversation.turns) == 29
