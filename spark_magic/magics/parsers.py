"""Which options each magic takes, and what their values look like."""

import argparse
import keyword
import math
from collections.abc import Callable
from typing import Any, NoReturn

from ..config.settings import TIMEOUTS
from ..messages import say
from .options import Parser

LOGIN, LOGOUT = "login", "logout"


def _add_parameters(parser: Parser) -> None:
    """Add what `%%spark` and `%spark_config` both take."""
    parser.add_argument("-m", "--model", metavar="ALIAS", help=say("help.model"))
    parser.add_argument("-s", "--system", metavar="TEXT", help=say("help.system"))
    parser.add_argument("-t", "--temperature", type=_number, metavar="T", help=say("help.temperature"))
    parser.add_argument("--top-k", type=_whole_number, metavar="K", help=say("help.top_k"))
    parser.add_argument("--max-tokens", type=_whole_number, metavar="N", help=say("help.max_tokens"))


def spark_parser(magic: str = "%%spark") -> Parser:
    """Return the parser of `%%spark` and `%spark`."""
    parser = Parser(magic, "spark")
    _add_parameters(parser)
    parser.add_argument("--no-history", action="store_true", help=say("help.no_history"))
    parser.add_argument("-o", "--output", metavar="NAME", type=_name, help=say("help.output"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.dry_run"))
    return parser


def config_parser() -> Parser:
    """Return the parser of `%spark_config`."""
    parser = Parser("%spark_config", "config", words=(LOGIN, LOGOUT))
    _add_parameters(parser)
    parser.add_argument("--lang", type=_one_of("en", "zh", "auto"), metavar="en|zh|auto", help=say("help.lang"))
    for name in TIMEOUTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=_seconds, metavar="S", help=say(f"help.{name}"))
    parser.add_argument("--retries", type=_count, metavar="N", help=say("help.retries"))
    parser.add_argument("--list-models", action="store_true", help=say("help.list_models"))
    parser.add_argument("--check", action="store_true", help=say("help.check"))
    parser.add_argument("--reset", action="store_true", help=say("help.reset_config"))
    return parser


def reset_parser() -> Parser:
    """Return the parser of `%spark_reset`."""
    parser = Parser("%spark_reset", "reset")
    parser.add_argument("--system", action="store_true", help=say("help.reset_system"))
    return parser


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return those of the named options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _refuse(key: str, **values: object) -> NoReturn:
    raise argparse.ArgumentTypeError(say(key, **values))


def _name(text: str) -> str:
    """Accept a variable's name."""
    if not text.isidentifier() or keyword.iskeyword(text):
        _refuse("usage.name", name=text)
    return text


def _number(text: str) -> float:
    """Accept a number; its range depends on the model."""
    try:
        return float(text)
    except ValueError:
        _refuse("usage.number", value=text)


def _whole_number(text: str) -> int:
    """Accept a whole number."""
    try:
        return int(text)
    except ValueError:
        _refuse("usage.whole_number", value=text)


def _count(text: str) -> int:
    """Accept 0 or more."""
    number = _whole_number(text)
    if number < 0:
        _refuse("usage.count", value=text)
    return number


def _seconds(text: str) -> float:
    """Accept a positive number of seconds."""
    seconds = _number(text)
    if not 0 < seconds < math.inf:
        _refuse("usage.seconds", value=text)
    return seconds


def _one_of(*words: str) -> Callable[[str], str]:
    """Accept one of these words; another is not repeated, it may be anything."""

    def word(text: str) -> str:
        if text not in words:
            _refuse("usage.one_of", words=", ".join(words))
        return text

    return word
