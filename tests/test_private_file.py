"""What `spark_magic.private_file` promises: files nobody else may read, whole or not at all."""

import os
import socket
import stat
import subprocess
import sys
import threading
import tracemalloc
from ast import literal_eval
from pathlib import Path

import pytest

from spark_magic.errors import ConfigurationError
from spark_magic.private_file import make_private, read_private, remove_private, write_private

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")


@pytest.fixture
def path(tmp_path):
    """Return a place in a folder that does not exist yet."""
    return tmp_path / "config" / "keys.json"


def mode(path):
    """Return who may do what."""
    return stat.S_IMODE(path.lstat().st_mode)


def refused(call, *arguments):
    """Return the key of the error the call ends with."""
    with pytest.raises(ConfigurationError) as caught:
        call(*arguments)
    assert str(arguments[0]) in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.key


def test_what_was_written_is_read(path):
    write_private(path, b"\x00one")
    assert read_private(path) == b"\x00one"
    write_private(path, b"")
    assert read_private(path) == b""


def test_where_there_is_nothing_there_is_none(path):
    assert read_private(path) is None
    path.parent.mkdir()
    assert read_private(path) is None


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_is_0600_in_a_folder_of_0700_whatever_the_umask(path, umask):
    before = os.umask(umask)
    try:
        write_private(path, b"one")
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


@posix
def test_writing_again_closes_a_file_that_was_open(path):
    write_private(path, b"one")
    path.chmod(0o644)
    write_private(path, b"two")
    assert mode(path) == 0o600


@posix
@pytest.mark.parametrize("open_mode", [0o604, 0o640, 0o644, 0o602, 0o620, 0o601, 0o610, 0o666])
def test_a_file_that_others_can_read_or_change_is_refused(path, open_mode):
    write_private(path, b"one")
    path.chmod(open_mode)
    with pytest.raises(ConfigurationError) as caught:
        read_private(path)
    assert caught.value.key == "file.exposed"
    assert f"chmod 600 {path}" in caught.value.hint


@posix
def test_a_link_is_refused_for_reading_and_for_writing(path, tmp_path):
    target = tmp_path / "other"
    target.write_bytes(b"other")
    target.chmod(0o600)
    path.parent.mkdir()
    path.symlink_to(target)
    assert refused(read_private, path) == "file.symlink"
    assert refused(write_private, path, b"mine") == "file.symlink"
    assert refused(make_private, path) == "file.symlink"
    assert target.read_bytes() == b"other"
    assert path.is_symlink()


@posix
def test_a_link_to_nothing_is_refused_too(path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "nothing")
    assert refused(read_private, path) == "file.symlink"
    assert refused(write_private, path, b"mine") == "file.symlink"
    assert refused(make_private, path) == "file.symlink"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(path, monkeypatch, step, problem):
    """Whole or not at all: also when the user interrupts in the middle."""
    write_private(path, b"old")

    def fails(*_):
        raise problem

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], fails)
    with pytest.raises((ConfigurationError, KeyboardInterrupt)) as caught:
        write_private(path, b"new")
    if isinstance(problem, OSError):
        assert caught.value.key == "file.unwritable"
        assert "No space left on device" in str(caught.value)
    assert read_private(path) == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_reader_sees_the_old_file_or_the_new_one(path):
    """Written over and over while it is read: never half a file, never none."""
    write_private(path, b"a" * 100_000)
    done = threading.Event()

    def write():
        for turn in range(50):
            write_private(path, (b"b", b"a")[turn % 2] * 100_000)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(read_private(path))
    writer.join()
    assert seen <= {b"a" * 100_000, b"b" * 100_000}


def test_a_folder_in_the_files_place_is_refused(path):
    path.mkdir(parents=True)
    path.chmod(0o700)
    assert refused(write_private, path, b"one") == "file.unwritable"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_the_files_place_cannot_be_read(path):
    path.mkdir(parents=True, mode=0o700)
    assert refused(read_private, path) == "file.unreadable"


def test_a_file_in_the_folders_place_is_refused(path):
    path.parent.write_bytes(b"")
    assert refused(write_private, path, b"one") == "file.unwritable"
    assert refused(read_private, path) == "file.unreadable"


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folders_above_that_are_missing_are_closed_too(tmp_path, umask):
    """Whoever can rename the folder can put another in its place."""
    path = tmp_path / "home" / "config" / "spark" / "keys.json"
    before = os.umask(umask)
    try:
        write_private(path, b"one")
    finally:
        os.umask(before)
    assert [mode(folder) for folder in path.parents[:3]] == [0o700] * 3


@posix
@pytest.mark.parametrize("open_mode", [0o777, 0o755, 0o750, 0o722])
def test_writing_closes_a_folder_that_was_open_and_none_above_it(path, open_mode):
    path.parent.mkdir()
    path.parent.chmod(open_mode)
    path.parent.parent.chmod(0o755)
    write_private(path, b"one")
    assert mode(path.parent) == 0o700
    assert mode(path.parent.parent) == 0o755
    assert read_private(path) == b"one"


@posix
@pytest.mark.parametrize("open_mode", [0o777, 0o702, 0o733])
def test_a_file_in_a_folder_where_everybody_can_put_another_is_refused(path, open_mode):
    write_private(path, b"one")
    path.parent.chmod(open_mode)
    with pytest.raises(ConfigurationError) as caught:
        read_private(path)
    assert caught.value.key == "file.exposed"
    assert f"chmod 700 {path.parent}" in caught.value.hint


@posix
@pytest.mark.parametrize("open_mode", [0o755, 0o775, 0o1777])
def test_a_folder_that_others_may_read_is_none_of_the_files_business(path, open_mode):
    """The file itself is closed; a group of one's own is Debian's default, a sticky folder is safe."""
    write_private(path, b"one")
    path.parent.chmod(open_mode)
    assert read_private(path) == b"one"


@posix
def test_a_link_to_a_folder_is_followed(path, tmp_path):
    """Many keep their configuration elsewhere; nobody else can make a link in a folder of one's own."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    path.parent.symlink_to(tmp_path / "elsewhere")
    write_private(path, b"one")
    assert read_private(path) == b"one"
    assert mode(tmp_path / "elsewhere" / path.name) == 0o600


@posix
def test_a_named_pipe_is_refused_at_once(path):
    """With a writer at its other end, too, whose words would be taken for the file's."""
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path, 0o600)
    assert refused(read_private, path) == "file.unreadable"
    other = os.open(path, os.O_RDWR)
    os.write(other, b"{}")
    assert refused(read_private, path) == "file.unreadable"
    os.close(other)
    write_private(path, b"one")
    assert read_private(path) == b"one"


@posix
def test_a_socket_is_refused(path, monkeypatch):
    path.parent.mkdir(mode=0o700)
    monkeypatch.chdir(path.parent)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
        path.chmod(0o600)
        assert refused(read_private, path) == "file.unreadable"


@posix
def test_a_device_is_refused():
    assert refused(read_private, Path("/dev/zero")) == "file.unreadable"


def test_an_endless_file_is_not_read_to_its_end(path):
    write_private(path, b"")
    os.truncate(path, 1 << 40)  # a hole; it takes no room
    tracemalloc.start()
    assert refused(read_private, path) == "file.unreadable"
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()
    os.truncate(path, 1 << 20)
    assert len(read_private(path)) == 1 << 20


@posix
@pytest.mark.parametrize("open_mode", [0o600, 0o644])
def test_a_second_name_of_the_file_makes_no_difference(path, open_mode):
    """Who may read it is the file's, not the name's."""
    write_private(path, b"one")
    (path.parent / "second").hardlink_to(path)
    (path.parent / "second").chmod(open_mode)
    if open_mode == 0o600:
        assert read_private(path) == b"one"
    else:
        assert refused(read_private, path) == "file.exposed"
    write_private(path, b"two")
    assert (path.parent / "second").read_bytes() == b"one"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_interrupt_anywhere_leaves_the_old_file_or_the_new_one(path):
    """And nothing beside it that has anything in it."""
    write_private(path, b"old")
    number = 0
    while interrupted_at(number, lambda: write_private(path, b"new")):
        assert read_private(path) in (b"old", b"new")
        assert not [p for p in path.parent.iterdir() if p != path and p.stat().st_size]
        number += 1
    assert number > 30
    assert read_private(path) == b"new"


def interrupted_at(number, function):
    """Raise KeyboardInterrupt at the n-th line of our file or below it; tell whether the function got that far."""
    left = [number]

    def trace(frame, event, _):
        if event == "line" and not frame.f_code.co_filename.endswith("test_private_file.py"):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_what_a_crash_left_beside_goes_with_the_file(path):
    """Nobody must believe that the keys are gone when they are not."""
    write_private(path, b"one")
    left = path.parent / f".{path.name}.k2x9"
    left.write_bytes(b"keys")
    (path.parent / "other").write_bytes(b"other")
    assert remove_private(path) is True
    assert [p.name for p in path.parent.iterdir()] == ["other"]
    assert remove_private(path) is False


def test_another_process_reads_the_old_file_or_the_new_one(path):
    """While this one writes all the time."""
    write_private(path, b"a" * 50_000)
    reading = (
        "import sys, pathlib; from spark_magic.private_file import read_private\n"
        "seen = {read_private(pathlib.Path(sys.argv[1])) for _ in range(300)}\n"
        "print(sorted((len(text), len(set(text))) for text in seen))"
    )
    reader = subprocess.Popen([sys.executable, "-c", reading, str(path)], stdout=subprocess.PIPE, text=True)
    turn = 0
    while reader.poll() is None:
        write_private(path, (b"b", b"a")[turn % 2] * 50_000)
        turn += 1
    assert turn
    assert set(literal_eval(reader.communicate()[0])) == {(50_000, 1)}
    assert list(path.parent.iterdir()) == [path]


# a file for others to open by its name


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_one_that_is_not_there_is_made_empty_and_closed(path, umask):
    before = os.umask(umask)
    try:
        make_private(path)
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent), path.read_bytes()) == (0o600, 0o700, b"")


def test_one_that_is_there_stays_as_it_is(path):
    write_private(path, b"one")
    make_private(path)
    make_private(path, own_folder=False)
    assert path.read_bytes() == b"one"


@posix
def test_one_that_others_can_get_at_is_none_to_open(path):
    write_private(path, b"one")
    path.chmod(0o640)
    assert refused(make_private, path) == "file.exposed"
    path.chmod(0o600)
    path.parent.chmod(0o777)
    with pytest.raises(ConfigurationError):
        make_private(path, own_folder=False)
    assert mode(path.parent) == 0o777
    make_private(path)  # our own is closed
    assert mode(path.parent) == 0o700


@posix
def test_in_a_folder_that_is_not_our_own_nothing_is_made_but_the_file(path, tmp_path):
    with pytest.raises(ConfigurationError):
        make_private(path, own_folder=False)
    assert not path.parent.exists()
    tmp_path.chmod(0o755)
    make_private(tmp_path / "file", own_folder=False)
    assert mode(tmp_path) == 0o755
