"""Options of a magic line: split like a shell's, parsed by argparse, refused with a UsageError that helps."""

import argparse
import re
import shlex
from typing import Any, Final, NoReturn

from IPython.core.error import UsageError

from ..messages import say

_SECRETS: Final = re.compile(r"--?(app[_-]?id|(api[_-]?)?(key|secret|password)|token)\b", re.IGNORECASE)


class HelpAsked(Exception):
    """Somebody wrote --help; the text is the argument."""


class Parser(argparse.ArgumentParser):
    """argparse that neither exits nor abbreviates."""

    def __init__(self, magic: str, summary: str) -> None:
        """Take the magic's name with its percent signs, and the key of the sentence that says what it does."""
        percent = magic.replace("%", "%%")  # argparse formats what it is given
        super().__init__(prog=percent, description=say(summary), add_help=False, allow_abbrev=False)
        self.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100, max_help_position=30)
        self.add_argument("--help", action="store_true", help=say("help.help"))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what is allowed."""
        usage = self.format_usage().replace("%%", "%").strip()
        text = f"{message}\n{usage}"
        raise UsageError(text)

    def help_text(self) -> str:
        """Return the whole help."""
        return self.format_help().replace("%%", "%")

    def parse(self, words: list[str]) -> argparse.Namespace:
        """Parse the words; UsageError for bad ones, HelpAsked for --help."""
        options = self.parse_args(words)
        if options.help:
            raise HelpAsked(self.help_text())
        return options


def split_line(line: str) -> list[str]:
    """Split a magic line at blanks outside quotes; a backslash is a character like any other (Windows paths)."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.escape = ""
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageError(say("usage.quote")) from None


def refuse_secrets(line: str) -> None:
    """Refuse a line with a key in it, without repeating it: IPython has already put the line into its history."""
    if _SECRETS.search(line):
        raise UsageError(say("usage.secret"))


def leading_options(line: str, parser: Parser) -> tuple[list[str], str]:
    """Split a line into its leading options and the prompt after them, which stays as it is, quotes and all.

    `--` ends the options.
    """
    words: list[str] = []
    rest = line.strip()
    while rest.startswith("-"):
        word, rest = _first_word(rest)
        if word == "--":
            break
        words.append(word)
        name, equals, _ = word.partition("=")
        action: Any = parser._option_string_actions.get(name)  # noqa: SLF001  # argparse has no public look-up
        if action is not None and action.nargs != 0 and not equals and rest:
            word, rest = _first_word(rest)
            words.append(word)
    return words, rest


def _first_word(text: str) -> tuple[str, str]:
    """Return the first word without its quotes, and what comes after it."""
    match = re.match(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""", text)
    if match is None:
        raise UsageError(say("usage.quote"))
    return "".join(split_line(match[0])), text[match.end() :].lstrip()
