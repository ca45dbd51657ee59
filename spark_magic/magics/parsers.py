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


def _add_parameters(parser: Parser, *, several: bool = False) -> None:
    """Add what `%%spark` and `%spark_config` both take; `several` models may be asked at once by the one alone."""
    aliases, metavar, words = values.one_model, "ALIAS", "help.model"
    if several:
        aliases, metavar, words = values.models, "ALIAS[,...]", "help.models"
    parser.add_argument("-m", "--model", type=aliases, metavar=metavar, help=say(words))
    parser.add_argument("-s", "--system", metavar="TEXT", help=say("help.system"))
    parser.add_argument("-t", "--temperature", type=values.number, metavar="T", help=say("help.temperature"))
    parser.add_argument("--top-k", type=values.whole_number, metavar="K", help=say("help.top_k"))
    parser.add_argument("--max-tokens", type=values.whole_number, metavar="N", help=say("help.max_tokens"))
    _add_choice(parser, "--thinking", *get_args(Thinking))
    parser.add_argument("--search", action=_SWITCH, help=say("help.search"))
    _add_choice(parser, "--search-mode", *get_args(SearchMode))
    parser.add_argument("--references", action=_SWITCH, help=say("help.references"))
    parser.add_argument("--examples", metavar="FILE", help=say("help.examples"))


def _add_choice(parser: Parser, option: str, *words: str, short: str = "") -> None:
    """Add an option that takes one of these words."""
    names = (short, option) if short else (option,)
    key = f"help.{option.removeprefix('--').replace('-', '_')}"
    parser.add_argument(*names, type=values.one_of(*words), metavar="|".join(words), help=say(key))


def _add_name(parser: Parser) -> None:
    """Add the conversation's name."""
    parser.add_argument("-n", "--name", type=values.label, metavar="NAME", default=DEFAULT_NAME, help=say("help.name"))


def spark_parser(magic: str = "%%spark") -> Parser:
    """Return the parser of `%%spark` and `%spark`."""
    parser = Parser(magic, "spark")
    _add_parameters(parser, several=True)
    _add_name(parser)
    parser.add_argument("--no-history", action="store_true", help=say("help.no_history"))
    parser.add_argument("--keep", metavar="ALIAS", help=say("help.keep"))
    parser.add_argument("--image", type=values.PictureName, metavar="PATH|NAME", help=say("help.image"))
    parser.add_argument("--raw", action="store_true", help=say("help.raw"))
    parser.add_argument("--cells", metavar="N", type=values.count, default=0, help=say("help.cells"))
    parser.add_argument("-o", "--output", metavar="NAME", type=values.name, help=say("help.output"))
    _add_form(parser)
    parser.add_argument("--background", action="store_true", help=say("help.background"))
    parser.add_argument("--cache", action="store_true", help=say("help.cache"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.dry_run"))
    parser.add_argument("--continue", dest="further", action="store_true", help=say("help.continue"))
    return parser


def _add_form(parser: Parser) -> None:
    """Add what the answer is to look like."""
    from ..formats import FORMATS  # noqa: PLC0415  # the magics are registered before anybody asks for a form

    parser.add_argument(
        "-f", "--format", type=values.one_of(*FORMATS), metavar="|".join(FORMATS), help=say("help.format")
    )
    parser.add_argument("--schema", metavar="NAME|FILE", help=say("help.schema"))


def _add_asking(parser: Parser) -> None:
    """Add what goes with a question that is written already."""
    _add_parameters(parser)
    _add_name(parser)
    parser.add_argument("--no-history", action="store_true", help=say("help.no_history"))
    parser.add_argument("-o", "--output", metavar="NAME", type=values.name, help=say("help.output"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.dry_run"))


def retry_parser() -> Parser:
    """Return the parser of `%spark_retry`."""
    parser = Parser("%spark_retry", "retry")
    _add_asking(parser)
    return parser


def explain_parser() -> Parser:
    """Return the parser of `%spark_explain`."""
    parser = Parser("%spark_explain", "explain")
    _add_asking(parser)
    parser.add_argument("--fix", action="store_true", help=say("help.fix"))
    return parser


def map_parser() -> Parser:
    """Return the parser of `%%spark_map`."""
    parser = Parser("%%spark_map", "map")
    parser.add_argument("table", nargs="?", metavar="TABLE", help=say("help.table"))
    parser.add_argument("--into", type=values.columns, metavar="NAME[,...]", help=say("help.into"))
    _add_parameters(parser)
    words = ("markdown", "text", "json")
    parser.add_argument(
        "-f", "--format", type=values.one_of(*words), metavar="|".join(words), help=say("help.map_format")
    )
    parser.add_argument("--schema", metavar="NAME|FILE", help=say("help.schema"))
    parser.add_argument("--workers", type=values.at_least_one, metavar="N", help=say("help.workers"))
    parser.add_argument("--concurrency", type=values.at_least_one, metavar="N", help=say("help.concurrency"))
    parser.add_argument("--qps", type=values.positive, metavar="R", help=say("help.qps"))
    parser.add_argument("--executor", type=values.name, metavar="NAME", help=say("help.executor"))
    parser.add_argument("--journal", metavar="FILE", help=say("help.map_journal"))
    parser.add_argument("--fresh", action="store_true", help=say("help.fresh"))
    parser.add_argument("--retry-failed", action="store_true", help=say("help.retry_failed"))
    _add_choice(parser, "--errors", "keep", "raise")
    parser.add_argument("--replace", action="store_true", help=say("help.replace"))
    parser.add_argument("--limit", type=values.at_least_one, metavar="N", help=say("help.limit"))
    parser.add_argument("--yes", action="store_true", help=say("help.yes"))
    parser.add_argument("--dry-run", action="store_true", help=say("help.map_dry_run"))
    parser.add_argument("-o", "--output", metavar="NAME", type=values.name, help=say("help.map_output"))
    return parser


def config_parser() -> Parser:
    """Return the parser of `%spark_config`."""
    parser = Parser("%spark_config", "config", words=(LOGIN, LOGOUT))
    _add_parameters(parser)
    _add_choice(parser, "--lang", "en", "zh", "auto")
    for name in TIMEOUTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=values.seconds, metavar="S", help=say(f"help.{name}"))
    parser.add_argument("--retries", type=values.count, metavar="N", help=say("help.retries"))
    parser.add_argument("--autosave", action=_SWITCH, help=say("help.autosave"))
    parser.add_argument("--warn-tokens", type=values.count, metavar="N", help=say("help.warn_tokens"))
    parser.add_argument("--list-models", action="store_true", help=say("help.list_models"))
    parser.add_argument("--check", action="store_true", help=say("help.check"))
    parser.add_argument("--reset", action="store_true", help=say("help.reset_config"))
    return parser


def reset_parser() -> Parser:
    """Return the parser of `%spark_reset`."""
    parser = Parser("%spark_reset", "reset")
    parser.add_argument("name", nargs="?", type=values.label, metavar="NAME", help=say("help.reset_name"))
    parser.add_argument("--all", action="store_true", help=say("help.reset_all"))
    parser.add_argument("--system", action="store_true", help=say("help.reset_system"))
    return parser


def history_parser() -> Parser:
    """Return the parser of `%spark_history`."""
    parser = Parser("%spark_history", "history")
    _add_name(parser)
    parser.add_argument("--list", action="store_true", help=say("help.list"))
    parser.add_argument("--json", action="store_true", help=say("help.history_json"))
    parser.add_argument("--markdown", action="store_true", help=say("help.markdown"))
    parser.add_argument("--export", metavar="FILE", help=say("help.export"))
    parser.add_argument("--force", action="store_true", help=say("help.force"))
    parser.add_argument("--load", metavar="FILE", help=say("help.load"))
    parser.add_argument("--undo", nargs="?", const=1, type=values.at_least_one, metavar="N", help=say("help.undo"))
    parser.add_argument("--fork", type=values.label, metavar="NAME", help=say("help.fork"))
    return parser


def usage_parser() -> Parser:
    """Return the parser of `%spark_usage`."""
    parser = Parser("%spark_usage", "usage")
    _add_choice(parser, "--by", "model", "day", "turn", "conversation")
    parser.add_argument("--json", action="store_true", help=say("help.usage_json"))
    parser.add_argument("--reset", action="store_true", help=say("help.usage_reset"))
    return parser


def journal_parser() -> Parser:
    """Return the parser of `%spark_journal`."""
    parser = Parser("%spark_journal", "journal")
    parser.add_argument("--journal", metavar="FILE", help=say("help.journal_file"))
    parser.add_argument("--json", action="store_true", help=say("help.journal_json"))
    parser.add_argument("--clear", action="store_true", help=say("help.clear"))
    parser.add_argument("--failed", action="store_true", help=say("help.failed"))
    parser.add_argument("--before", type=values.day, metavar="YYYY-MM-DD", help=say("help.before"))
    return parser


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return those of the named options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}
