"""What `spark_magic.private_file` promises: files nobody else may read, whole or not at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from spark_magic.errors import ConfigurationError
from spark_magic.private_file import read_private, write_private

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
    assert target.read_bytes() == b"other"
    assert path.is_symlink()


@posix
def test_a_link_to_nothing_is_refused_too(path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "nothing")
    assert refused(read_private, path) == "file.symlink"
    assert refused(write_private, path, b"mine") == "file.symlink"
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
