"""Which options each magic takes."""

import argparse
from typing import Any

from ..messages import say
from .options import Parser

LIMIT_OPTIONS = ("open_timeout", "send_timeout", "first_timeout", "idle_timeout", "total_timeout")


def _add_parameters(parser: Parser) -> None:
    """Add what `%%spark` and `%spark_config` both take."""
    parser.add_argument("-m", "--model", metavar="ALIAS", help=say("help.model"))
    parser.add_argument("-s", "--system", metavar="TEXT", help=say("help.system"))
    parser.add_argument("-t", "--temperature", type=float, metavar="T", help=say("help.temperature"))
    parser.add_argument("--top-k", type=int, metavar="K", help=say("help.top_k"))
    parser.add_argument("--max-tokens", type=int, metavar="N", help=say("help.max_tokens"))


def spark_parser(magic: str = "%%spark") -> Parser:
    """Return the parser of `%%spark` and `%spark`."""
    parser = Parser(magic, "help.spark")
    _add_parameters(parser)
    parser.add_argument("--no-history", action="store_true", help=say("help.no_history"))
    parser.add_argument("-o", "--output", metavar="NAME", type=_name, help=say("help.output"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.dry_run"))
    return parser


def config_parser() -> Parser:
    """Return the parser of `%spark_config`."""
    parser = Parser("%spark_config", "help.config")
    parser.add_argument("action", nargs="?", choices=("login", "logout"), help=say("help.login"))
    _add_parameters(parser)
    parser.add_argument("--lang", choices=("en", "zh", "auto"), help=say("help.lang"))
    for name in LIMIT_OPTIONS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=_seconds, metavar="S", help=say(f"help.{name}"))
    parser.add_argument("--list-models", action="store_true", help=say("help.list_models"))
    parser.add_argument("--check", action="store_true", help=say("help.check"))
    parser.add_argument("--reset", action="store_true", help=say("help.reset_config"))
    return parser


def reset_parser() -> Parser:
    """Return the parser of `%spark_reset`."""
    parser = Parser("%spark_reset", "help.reset")
    parser.add_argument("--system", action="store_true", help=say("help.reset_system"))
    return parser


def _name(text: str) -> str:
    """Accept a variable's name."""
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(say("usage.name", name=text))
    return text


def _seconds(text: str) -> float:
    """Accept a positive number of seconds."""
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(say("usage.seconds", value=text))
    return seconds


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return those of the named options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}
