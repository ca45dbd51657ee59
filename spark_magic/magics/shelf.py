"""Where this kernel's conversations are saved, and what of it is in them already."""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConversationBusy, SparkError
from ..messages import say
from ..private_file import read_private, remove_private, write_private
from .interrupt import held_back

if TYPE_CHECKING:
    from ..conversation import Conversation, Turn

_ENDING: Final = ".jsonl"
_LONGEST: Final = 40  # characters of a name that are kept to be read by people


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # a name for the notebook's folder, not a place to go to
    except OSError:  # it is gone
        return ""


@dataclass
class Shelf:
    """The saved conversations of one notebook: each read when it is first used, written after each change.

    Nothing is raised but by `remove`: what goes wrong is a note for the user, once, by `take_notes`. `place` is the
    working directory at the start; the user may change it. Two kernels of one notebook have one shelf: the last one
    to write wins.
    """

    place: str = field(default_factory=_here)
    notes: list[str] = field(default_factory=list)
    _known: "dict[str, list[Turn]]" = field(default_factory=dict)  # by name, the turns as they are in the file
    _lock: Any = field(default_factory=threading.RLock)

    def take(self, name: str, conversation: "Conversation", settings: Any) -> None:
        """Restore a conversation at its first use; one that has turns already keeps them, the saved ones go aside."""
        if name in self._known:
            return
        with held_back(), self._lock:
            path = self._path(name, settings)
            try:
                if conversation.turns:
                    self._put_aside(path, name, "earlier")
                else:
                    self._restore(path, name, conversation)
            except ConversationBusy:
                return  # its turns come first
            except SparkError as problem:  # the folder is closed
                self._note("note.autosave.failed", name=name, problem=problem.sentence)

    def keep(self, name: str, conversation: "Conversation", settings: Any) -> None:
        """Save a conversation as it is now, if it has changed since it was saved."""
        self.take(name, conversation, settings)
        with held_back(), self._lock:
            turns = conversation.turns
            if self._known.get(name, turns) is turns:  # saved already, or in the way of what could not be put aside
                return
            try:
                self._write(self._path(name, settings), name, turns)
            except SparkError as problem:
                self._note("note.autosave.failed", name=name, problem=problem.sentence)

    def remove(self, name: str, settings: Any) -> None:
        """Remove what is saved of a conversation. ConfigurationError where it cannot be removed."""
        with held_back(), self._lock:
            remove_private(self._path(name, settings))
            self._known.pop(name, None)

    def knows(self, name: str) -> bool:
        """Tell whether this kernel has read or written what is saved of that conversation."""
        return name in self._known

    def names(self, settings: Any) -> Iterator[str]:
        """Yield the names of the conversations that are saved; those that cannot be read are left out."""
        from ..conversation.transcript import MOST_BYTES, decoded  # noqa: PLC0415  # loads the client

        for path in sorted(self._folder(settings).glob(f"*{_ENDING}")):
            try:
                name = decoded(read_private(path, most=MOST_BYTES) or b"", source=str(path)).name
            except SparkError:
                continue
            if path == self._path(name, settings):
                yield name

    def take_notes(self) -> tuple[str, ...]:
        """Return what is to be told to the user, once."""
        notes, self.notes = tuple(self.notes), []
        return notes

    def _restore(self, path: Path, name: str, conversation: "Conversation") -> None:
        from ..conversation.transcript import MOST_BYTES, decoded  # noqa: PLC0415  # as above

        try:
            content = read_private(path, most=MOST_BYTES)
            saved = () if content is None else decoded(content, source=path.name).turns
        except SparkError as problem:
            self._put_aside(path, name, "damaged", problem=problem.sentence)
            return
        if saved:
            conversation.restore(saved)
            key = "note.restored.one" if len(saved) == 1 else "note.restored"
            self._note(key, count=len(saved), name=name, path=path)
        self._known[name] = conversation.turns

    def _write(self, path: Path, name: str, turns: "list[Turn]") -> None:
        from ..conversation.transcript import Transcript, encoded  # noqa: PLC0415  # as above

        if turns:
            write_private(path, encoded(Transcript(name, tuple(turns)), source=path.name))
        else:
            remove_private(path)
        self._known[name] = turns

    def _put_aside(self, path: Path, name: str, word: str, **values: str) -> None:
        """Rename a file that is not to be written over."""
        if not os.path.lexists(path):
            self._known[name] = []
            return
        kept = _free(path, word)
        try:
            path.rename(kept)
        except OSError as problem:
            self._note("note.autosave.failed", name=name, problem=problem.strerror or type(problem).__name__)
            return
        self._known[name] = []
        self._note(f"note.autosave.{word}", name=name, path=kept, **values)

    def _note(self, key: str, **values: object) -> None:
        self.notes.append(say(key, **values))

    def _path(self, name: str, settings: Any) -> Path:
        return self._folder(settings) / (_safe(name) + _ENDING)

    def _folder(self, settings: Any) -> Path:
        """Return the notebook's folder."""
        import platformdirs  # noqa: PLC0415  # where nothing is saved it is not needed

        home = Path(platformdirs.user_data_dir("spark_magic", appauthor=False))
        return home / "conversations" / _safe(self._notebook(settings))

    def _notebook(self, settings: Any) -> str:
        """Name the notebook: VS Code's variable, else Jupyter Server's, else the folder.

        VS Code comes first: at a server of Jupyter's, its sessions have another name each time.
        """
        variables = getattr(getattr(settings, "shell", None), "user_ns", {})
        code = variables.get("__vsc_ipynb_file__")
        name = code if isinstance(code, str) and code else os.environ.get("JPY_SESSION_NAME", "")
        return os.path.join(self.place, name)  # noqa: PTH118  # a name: it need not be there, and stays as it is


def _safe(name: str) -> str:
    """Make any name a file's: its end as far as it can be read, and a sum that tells it from all others."""
    import hashlib  # noqa: PLC0415  # where nothing is saved it is not needed

    words = re.sub(r"[^A-Za-z0-9]+", "-", Path(name).name).strip("-")[:_LONGEST]
    total = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return "-".join(filter(None, (words, total)))


def _free(path: Path, word: str) -> Path:
    """Return a name beside it that is not taken, and that no conversation is read from."""
    number = 1
    while os.path.lexists(kept := path.with_name(f"{path.name}.{word}-{number}")):
        number += 1
    return kept
