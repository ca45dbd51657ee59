"""Options of a magic line: split like a shell's, parsed by argparse, refused with a UsageError that helps."""

import argparse
import difflib
import re
import shlex
import textwrap
from typing import Any, Final, NoReturn

from IPython.core.error import UsageError

from ..messages import say

_NAME: Final = (
    r"(?:(?:spark|sparkai|iflytek[_-]spark|xfyun)[_-])?(?:app[_-]?id|(?:api[_-]?)?(?:key|secret|password|token))"
)
_SECRET_OPTION: Final = re.compile(rf"--?{_NAME}(?:=.*)?|{_NAME}=.*", re.IGNORECASE | re.DOTALL)
_KEY: Final = re.compile(r"(?=[A-Za-z+/]*[0-9])[A-Za-z0-9+/]{32,}")  # what the console hands out; no word is like it
_FILE: Final = re.compile(r".*\.[A-Za-z]\w{0,4}")  # a path may well have 32 such letters in a row, and no key a suffix
_WIDTH: Final = 100


class HelpAsked(Exception):
    """Somebody wrote --help; the text is the argument."""


class _Format(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=_WIDTH)


class Parser(argparse.ArgumentParser):
    """argparse that neither exits nor abbreviates, and speaks the user's language.

    `magic` is the name with its percent signs. Of a topic `x`, `help.x` says in `messages` what the magic does, and
    `usage.stray.x` what is wrong with words that are no options. One of `words` may stand among the options: it
    becomes the option `word`, else "".
    """

    def __init__(self, magic: str, topic: str, words: tuple[str, ...] = ()) -> None:
        """Take all three."""
        super().__init__(
            prog="",
            usage=argparse.SUPPRESS,
            description=say(f"help.{topic}"),
            formatter_class=_Format,
            add_help=False,
            allow_abbrev=False,
            exit_on_error=False,
        )
        self._magic, self._topic, self._words = magic, topic, words
        self._optionals.title = say("help.options")
        self._positionals.title = say("help.words")
        self.add_argument("--help", action="store_true", help=say("help.help"))

    def parse(self, words: list[str]) -> argparse.Namespace:
        """Parse the words; UsageError for bad ones, HelpAsked for --help."""
        try:
            options, rest = self.parse_known_args(words)
        except argparse.ArgumentError as problem:
            message = say("usage.option", option=problem.argument_name, problem=_problem(problem))
        else:
            message = "" if options.help else self._stray(rest)
        if message:
            self.error(message)
        if options.help:
            raise HelpAsked(self.format_help())
        options.word = "".join(rest)
        return options

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what is allowed."""
        text = f"{message}\n{self._allowed()}"
        raise UsageError(text)

    def _allowed(self) -> str:
        """Return all words and the options' long names; --help has the rest."""
        words = [*self._words, *(str(action.metavar) for action in self.positionals)]
        names = [next(n for n in a.option_strings if n.startswith("--")) for a in self._actions if a.option_strings]
        text = say("usage.allowed", magic=self._magic, options=", ".join([*words, *names]))
        return textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)

    def takes_value(self, option: str) -> bool:
        """Tell whether it is an option whose value is the next word."""
        action = self._option_string_actions.get(option)
        return action is not None and action.nargs != 0

    def action_of(self, option: str) -> argparse.Action | None:
        """Return what an option of that name does; None where there is none."""
        return self._option_string_actions.get(option)

    @property
    def options(self) -> dict[str, argparse.Action]:
        """What each option does, by each of its names."""
        return dict(self._option_string_actions)

    @property
    def positionals(self) -> list[argparse.Action]:
        """What the words that are no options mean."""
        return self._get_positional_actions()

    @property
    def words(self) -> tuple[str, ...]:
        """The words that may stand among the options."""
        return self._words

    def _stray(self, words: list[str]) -> str:
        """Say what is wrong with words nobody asked for, if anything; options are named, other words may be secret."""
        option = next((word.partition("=")[0] for word in words if word.startswith("-")), "")
        if option:
            return self._unknown(option)
        fine = not words or (len(words) == 1 and words[0] in self._words)
        return "" if fine else say(f"usage.stray.{self._topic}", magic=self._magic)

    def _unknown(self, option: str) -> str:
        """Say that there is no such option, and which is the nearest."""
        known = [name for name in self._option_string_actions if name.startswith("--")]
        begun = [name for name in known if name.startswith(option)]
        nearest = next(iter(begun or difflib.get_close_matches(option, known, n=1, cutoff=0.7)), "")
        message = say("usage.mistyped" if nearest else "usage.unknown", option=option, nearest=nearest)
        return f"{message} {say('usage.dash')}" if self._magic == "%spark" else message


def _problem(problem: argparse.ArgumentError) -> str:
    """Return what is wrong with an option; argparse's own words are for a missing value alone."""
    return say("usage.no_value") if problem.message.startswith("expected ") else problem.message


def split_line(line: str) -> list[str]:
    """Split a magic line at blanks outside quotes; a backslash is a character like any other (Windows paths).

    UsageError for an open quote, and for a key, which is not repeated.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace += "\u3000"  # the blank of Chinese input methods
    lexer.whitespace_split = True
    lexer.escape = ""
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        words = []
    refuse_secrets(words or line.split())
    if line.strip() and not words:
        raise UsageError(say("usage.quote"))
    return words


def refuse_secrets(words: list[str]) -> None:
    """Refuse a key without repeating it: IPython has already put the line into its history.

    A word with blanks in it was quoted: a text, no key.
    """
    if any(_SECRET_OPTION.fullmatch(word) or _is_key(word) for word in words):
        raise UsageError(say("usage.secret"))


def _is_key(word: str) -> bool:
    return len(word.split()) == 1 and not _FILE.fullmatch(word) and _KEY.search(word) is not None


def leading_options(line: str, parser: Parser) -> tuple[list[str], str]:
    """Split a line into its leading options and the prompt after them, which stays as it is, quotes and all.

    `--` ends the options. UsageError as from `split_line`, for the options alone.
    """
    words: list[str] = []
    rest = line.strip()
    while rest.startswith("-"):
        word, rest = _first_word(rest)
        if word == "--":
            break
        words.append(word)
        if rest and parser.takes_value(word):
            word, rest = _first_word(rest)
            words.append(word)
    refuse_secrets(words)
    return words, rest


def _first_word(text: str) -> tuple[str, str]:
    """Return the first word without its quotes, and what comes after it."""
    match: Any = re.match(r"""(?:"[^"]*"|'[^']*'|[^\s"'])*""", text)
    rest = text[match.end() :]
    if rest[:1] in ('"', "'"):
        raise UsageError(say("usage.quote"))
    return re.sub(r"""(["'])(.*?)\1""", r"\2", match[0], flags=re.DOTALL), rest.lstrip()
