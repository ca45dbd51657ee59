"""What may be written at the cursor of a magic's line or prompt: options, and values of the kernel at hand."""

import argparse
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from ..errors import SparkError
from .options import Parser
from .state import DEFAULT_NAME, State
from .table_names import column_names, is_executor, is_table
from .typed import MagicLine, PromptLine, open_expression, typed

QUESTIONS: Final = ("spark", "xinghuo")  # their prompts have variables
TEMPLATE: Final = "spark_map"  # its prompt has the columns of a table
_MOST_FILES: Final = 2000  # entries of a folder that are looked at
_RAW: Final = "--raw"  # the prompt is taken as it stands
_NAME: Final = re.compile(r"(?<!\w)\w*\Z")
_BEGUN: Final = re.compile(r"""\w*|row\[.*""")
_QUOTE: Final = re.compile("[\"']")
_QUOTED: Final = re.compile(r"""'[^']*'|"[^"]*\"""")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may stand in the place of `fragment`, the text right before the cursor; frontends show the `kind`."""

    fragment: str
    texts: tuple[str, ...]
    kind: str = "value"


NONE: Final = Candidates("", ())


class Finder:
    """Finds candidates; loads no client, opens nothing but config.toml and a folder whose name is typed."""

    def __init__(
        self,
        shell: Any,
        state: State,
        parsers: Mapping[tuple[str, str], Callable[[], Parser]],
        attributes: Callable[[str], Candidates],
    ) -> None:
        """Take the parsers of the magics that are ours, by kind and name, and what completes a Python expression."""
        self._shell, self._state, self._parsers, self._attributes = shell, state, parsers, attributes
        self._names_of_magics = [{name for kind, name in parsers if kind == wanted} for wanted in ("cell", "line")]
        self._values: Final[dict[str, Callable[[str], Candidates]]] = {  # by what argparse calls the option
            "model": self._models,
            "keep": self._models,
            "name": self._conversations,
            "fork": self._conversations,
            "output": self._variables,
            "image": self._variables_and_files,
            "schema": self._variables_and_files,
            "table": self._tables_and_files,
            "executor": self._executors,
            **dict.fromkeys(("examples", "export", "load", "journal"), _files),
        }

    def find(self, before: str) -> Candidates:
        """Return the candidates at the end of a cell's text up to the cursor."""
        place = typed(before, *self._names_of_magics)
        if isinstance(place, MagicLine):
            return self._on_line(place)
        if isinstance(place, PromptLine) and place.name == TEMPLATE:
            return self._in_template(place)
        if isinstance(place, PromptLine) and place.name in QUESTIONS and _RAW not in place.options.split():
            return self._in_prompt(place.text)
        return NONE

    def find_on_line(self, before: str) -> Candidates:
        """Return those at the end of a line, where the rest of the cell is not known: an open `{{` is no Python."""
        return self.find(before) if typed(before, *self._names_of_magics) is not None else self._in_prompt(before)

    def _on_line(self, place: MagicLine) -> Candidates:
        """Read the words up to the cursor; `%spark` has options only until its prompt begins."""
        parser = self._parsers[place.kind, place.name]()
        words, begun = place.words
        prompt_follows = place.kind == "line" and place.name in QUESTIONS
        option = ""  # that waits for its value
        for index, word in enumerate(words):
            if option:
                option = ""
            elif word == "--" or (prompt_follows and not word.startswith("-")):
                return NONE if _RAW in words[:index] else self._in_prompt(place.text)
            elif parser.takes_value(word):
                option = word
        action = parser.action_of(option)
        if action is not None and not (action.nargs == "?" and begun.startswith("-")):
            return self._of_value(action, begun)
        name, equals, value = begun.partition("=")
        action = parser.action_of(name)
        if equals and action is not None and action.nargs != 0:
            return self._of_value(action, value)
        if prompt_follows and begun and not begun.startswith("-"):
            return self._in_prompt(place.text)
        return self._of_word(parser, words, begun)

    def _of_word(self, parser: Parser, words: Sequence[str], begun: str) -> Candidates:
        """Return options that are not there yet, in one dash where that is typed, and words."""
        used = {id(action) for word in words if (action := parser.action_of(word.partition("=")[0])) is not None}
        least = "-" if begun == "-" else "--"
        options = [n for n, action in parser.options.items() if id(action) not in used and n.startswith(least)]
        if begun.startswith("-"):
            return _beginning(begun, options, kind="option")
        free = parser.positionals[len(_bare(parser, words)) :]
        named = [text for action in free for text in self._of_value(action, begun).texts]
        words_and_options = [*parser.words, *named, *(options if not begun else [])]
        return _beginning(begun, [word for word in words_and_options if word not in words], kind="option")

    def _of_value(self, action: argparse.Action, begun: str) -> Candidates:
        """Return the values of an option; a quote before them stays where it is."""
        value = begun[1:] if begun[:1] in ('"', "'") else begun
        if words := _fixed(action):
            return _beginning(value, words)
        values = self._values.get(action.dest)
        return NONE if values is None else values(value)

    def _models(self, begun: str) -> Candidates:
        """Return aliases, in a list with commas those that are not there yet; none where config.toml is broken."""
        from ..config.file import read_config_file  # noqa: PLC0415  # not when the extension loads
        from ..models import catalogue  # noqa: PLC0415  # as above

        *listed, last = begun.split(",")
        with suppress(SparkError):
            known = catalogue(read_config_file().models)
            return _beginning(last, [alias for alias in known if alias not in listed])
        return NONE

    def _conversations(self, begun: str) -> Candidates:
        names = dict.fromkeys([DEFAULT_NAME, *list(self._state.conversations)])
        return _beginning(begun, [name for name in names if not set("\"'") & set(name)])

    def _variables(self, begun: str) -> Candidates:
        names = tuple(name for name in self._names(begun) if name.startswith(begun))
        return Candidates(begun, names, kind="variable")

    def _variables_and_files(self, begun: str) -> Candidates:
        return Candidates(begun, (*self._variables(begun).texts, *_files(begun).texts))

    def _tables_and_files(self, begun: str) -> Candidates:
        tables = [name for name in self._variables(begun).texts if is_table(self._shell.user_ns[name])]
        return Candidates(begun, (*tables, *_files(begun).texts))

    def _executors(self, begun: str) -> Candidates:
        names = self._variables(begun).texts
        return Candidates(begun, tuple(name for name in names if is_executor(self._shell.user_ns[name])), "variable")

    def _in_template(self, place: PromptLine) -> Candidates:
        """Return the columns of the table on the magic's line behind an open `{{`."""
        expression = open_expression(place.text)
        if expression is None or not _BEGUN.fullmatch(expression):
            return NONE
        words = _bare(self._parsers["cell", place.name](), MagicLine("cell", place.name, f"{place.options} ").words[0])
        columns = column_names(self._shell.user_ns.get(words[0])) if words else ()
        return Candidates(expression, tuple(name for name in columns if name.startswith(expression)), kind="variable")

    def _names(self, begun: str) -> list[str]:
        """Return the user's variables; IPython's own are none, private ones only where an underscore is typed."""
        names: dict[str, Any] = dict(self._shell.user_ns)
        hidden: dict[str, Any] = self._shell.user_ns_hidden
        own = [n for n, value in names.items() if str(n).isidentifier() and (n not in hidden or hidden[n] is not value)]
        return sorted(name for name in own if begun.startswith("_") or not name.startswith("_"))

    def _in_prompt(self, line: str) -> Candidates:
        """Return variables behind an open `{{`, and what IPython knows of their attributes and items."""
        expression = open_expression(line)
        if expression is None:
            return NONE
        begun = _NAME.search(expression)[0]  # type: ignore[index]  # it matches always, maybe nothing
        before = expression.removesuffix(begun).rstrip()
        if before.endswith("."):
            found = self._attributes(expression)
            public = [text for text in found.texts if begun.startswith("_") or not text.startswith("_")]
            return replace(found, texts=tuple(public))  # private ones are refused
        if _QUOTE.search(_QUOTED.sub("", expression)):
            return self._attributes(expression) if "[" in before else NONE
        return NONE if before.endswith("|") or begun[:1].isdigit() else self._variables(begun)


def _bare(parser: Parser, words: Sequence[str]) -> list[str]:
    """Return the words that are neither options nor their values."""
    before = ("", *words)
    return [
        word
        for last, word in zip(before, words, strict=False)
        if not word.startswith("-") and not (last.startswith("-") and parser.takes_value(last))
    ]


def _beginning(begun: str, texts: Iterable[str], kind: str = "value") -> Candidates:
    """Return those of the texts that begin like this; upper and lower case are the same."""
    return Candidates(begun, tuple(text for text in texts if text.lower().startswith(begun.lower())), kind)


def _fixed(action: argparse.Action) -> list[str]:
    """Return the words an option takes: its metavar names them, `en|zh|auto`; PATH|NAME are none."""
    words = action.metavar.split("|") if isinstance(action.metavar, str) else []
    return words if len(words) > 1 and all(map(str.islower, words)) else []


def _files(begun: str) -> Candidates:
    """Return files and folders; hidden ones only where a dot is typed, those with blanks or quotes are left out."""
    folder, stem = os.path.split(begun)
    place = begun.removesuffix(stem)
    with suppress(OSError, ValueError), os.scandir(folder or ".") as entries:
        found = [
            f"{place}{entry.name}{os.sep if entry.is_dir() else ''}"
            for entry in islice(entries, _MOST_FILES)
            if entry.name.startswith(stem) and (stem or not entry.name.startswith("."))
        ]
        return Candidates(begun, tuple(sorted(name for name in found if not set("\"' ") & set(name))))
    return NONE
