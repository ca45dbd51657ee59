"""Which options each magic takes."""

import argparse
from typing import Any, Final, get_args

from ..config.settings import TIMEOUTS
from ..messages import say
from ..target import SearchMode, Thinking
from . import values
from .options import Parser
from .state import DEFAULT_NAME

LOGIN, LOGOUT = "login", "logout"
_SWITCH: Final = argparse.BooleanOptionalAction  # `--x` and `--no-x`


def _add_parameters(parser: Parser) -> None:
    """Add what `%%spark` and `%spark_config` both take."""
    parser.add_argument("-m", "--model", metavar="ALIAS", help=say("help.model"))
    parser.add_argument("-s", "--system", metavar="TEXT", help=say("help.system"))
    parser.add_argument("-t", "--temperature", type=values.number, metavar="T", help=say("help.temperature"))
    parser.add_argument("--top-k", type=values.whole_number, metavar="K", help=say("help.top_k"))
    parser.add_argument("--max-tokens", type=values.whole_number, metavar="N", help=say("help.max_tokens"))
    _add_choice(parser, "--thinking", *get_args(Thinking))
    parser.add_argument("--search", action=_SWITCH, help=say("help.search"))
    _add_choice(parser, "--search-mode", *get_args(SearchMode))
    parser.add_argument("--references", action=_SWITCH, help=say("help.references"))


def _add_choice(parser: Parser, option: str, *words: str) -> None:
    """Add an option that takes one of these words."""
    key = f"help.{option.removeprefix('--').replace('-', '_')}"
    parser.add_argument(option, type=values.one_of(*words), metavar="|".join(words), help=say(key))


def _add_name(parser: Parser) -> None:
    """Add the conversation's name."""
    parser.add_argument("-n", "--name", type=values.label, metavar="NAME", default=DEFAULT_NAME, help=say("help.name"))


def spark_parser(magic: str = "%%spark") -> Parser:
    """Return the parser of `%%spark` and `%spark`."""
    parser = Parser(magic, "spark")
    _add_parameters(parser)
    _add_name(parser)
    parser.add_argument("--no-history", action="store_true", help=say("help.no_history"))
    parser.add_argument("-o", "--output", metavar="NAME", type=values.name, help=say("help.output"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.dry_run"))
    return parser


def config_parser() -> Parser:
    """Return the parser of `%spark_config`."""
    parser = Parser("%spark_config", "config", words=(LOGIN, LOGOUT))
    _add_parameters(parser)
    _add_choice(parser, "--lang", "en", "zh", "auto")
    for name in TIMEOUTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=values.seconds, metavar="S", help=say(f"help.{name}"))
    parser.add_argument("--retries", type=values.count, metavar="N", help=say("help.retries"))
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
