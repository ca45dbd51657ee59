"""The magics class: thin methods that parse their line and hand on."""

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, magics_class, no_var_expand

from ..config import Settings
from ..errors import ConfigurationError
from ..messages import say
from .options import HelpAsked, Parser, leading_options, split_line
from .parsers import (
    config_parser,
    explain_parser,
    history_parser,
    journal_parser,
    map_parser,
    reset_parser,
    retry_parser,
    spark_parser,
    usage_parser,
)
from .state import State

_T = TypeVar("_T")


@magics_class
class SparkMagics(Settings, Magics):
    """Settings of spark_magic, and its magics; credentials and addresses are no settings.

    `configured` has the settings that are not the defaults because IPython's configuration says so.
    """

    def __init__(self, shell: Any, state: State) -> None:
        """Take the shell and its state."""
        Magics.__init__(self, shell=shell)
        self.state = state
        traits = self.traits(config=True)
        self.configured = {n: v for n, t in traits.items() if (v := getattr(self, n)) != t.default()}
        self.state.origins.update(dict.fromkeys(self.configured, "label.configured"))
        self.observe(self._note_origin, list(traits))
        self.observe(self._save_all, "autosave")

    def _note_origin(self, change: Any) -> None:
        self.state.origins[change["name"]] = "%config"

    def _save_all(self, _: Any) -> None:
        for name in list(self.state.conversations):
            self.state.keep(name)

    @no_var_expand
    def spark(self, line: str, cell: str | None = None) -> Any:
        """Ask: `%%spark [options]` with the prompt below, or `%spark [options] prompt` in one line."""
        parser = spark_parser("%spark" if cell is None else "%%spark")
        words, prompt = leading_options(line, parser) if cell is None else (split_line(line), cell)
        options = _parse(parser, words)
        if options is None:
            return None
        if options.further:
            return self._go_on(prompt, options)
        if not prompt.strip():
            raise UsageError(say("usage.empty"))
        return self.ask(prompt, options)

    def ask(self, prompt: str, options: argparse.Namespace) -> Any:
        """Ask, and put the answer where `--output` says, too."""
        from .ask import ask_in  # noqa: PLC0415  # loads the client: not before it is needed

        return self._kept(_blamed(lambda: ask_in(self.shell, self.state, prompt, options), options), options)

    def _kept(self, answer: Any, options: argparse.Namespace) -> Any:
        from .deliver import delivered  # noqa: PLC0415  # as above

        return delivered(self.shell, answer, options)

    def _go_on(self, text: str, given: argparse.Namespace) -> Any:
        from .further import go_on  # noqa: PLC0415  # as above

        return self._kept(*_blamed(lambda: go_on(self.shell, self.state, text, given), given))

    @no_var_expand
    def spark_retry(self, line: str) -> Any:
        """Ask the last question again: `%spark_retry [options]`."""
        given = _parse(retry_parser(), split_line(line))
        if given is None:
            return None
        from .again import ask_again  # noqa: PLC0415  # as above

        return self._kept(*_blamed(lambda: ask_again(self.shell, self.state, given), given))

    @no_var_expand
    def spark_explain(self, line: str) -> Any:
        """Explain the last error: `%spark_explain [options] [question]`."""
        from .explain import explaining  # noqa: PLC0415  # as above

        with explaining(self.state) as explain:
            parser = explain_parser()
            words, question = leading_options(line, parser)
            given = _parse(parser, words)
            if given is None:
                return None
            _refuse_late_options(question)
            return self._kept(*_blamed(lambda: explain(self.shell, question, given), given))

    @no_var_expand
    def spark_map(self, line: str, cell: str) -> Any:
        """Ask the question below for each row of a table: `%%spark_map TABLE [options]`."""
        options = _parse(map_parser(), split_line(line))
        if options is None:
            return None
        from .map_rows import run_map  # noqa: PLC0415  # as above

        return _blamed(lambda: run_map(self.shell, self.state, cell, options), options)

    @no_var_expand
    def spark_config(self, line: str) -> None:
        """Show or set the settings: `%spark_config [options]`, `%spark_config login`."""
        options = _parse(config_parser(), split_line(line))
        if options is None:
            return
        from .configure import run_config  # noqa: PLC0415  # as above

        _blamed(lambda: run_config(self, self.state, options), options)

    @no_var_expand
    def spark_reset(self, line: str) -> None:
        """Forget a conversation: `%spark_reset [NAME] [--all] [--system]`."""
        options = _parse(reset_parser(), split_line(line))
        if options is None:
            return
        from .forget import run_reset  # noqa: PLC0415  # as above

        run_reset(self, self.state, options)

    @no_var_expand
    def spark_history(self, line: str) -> None:
        """Show the conversation's turns, save and load them, go back: `%spark_history [options]`."""
        options = _parse(history_parser(), split_line(line))
        if options is None:
            return
        from .history import run_history  # noqa: PLC0415  # as above

        run_history(self.state, options)

    @no_var_expand
    def spark_usage(self, line: str) -> None:
        """Show what the questions have cost: `%spark_usage [--by model|day|turn|conversation]`."""
        options = _parse(usage_parser(), split_line(line))
        if options is None:
            return
        from .usage import run_usage  # noqa: PLC0415  # loads tables

        run_usage(self.state.ledger, options)

    @no_var_expand
    def spark_journal(self, line: str) -> None:
        """Show or clear the journal of finished answers: `%spark_journal [options]`."""
        options = _parse(journal_parser(), split_line(line))
        if options is None:
            return
        from .journal import run_journal  # noqa: PLC0415  # loads SQLite

        run_journal(options)


def _parse(parser: Parser, words: list[str]) -> argparse.Namespace | None:
    """Parse; None when the help was asked for, and shown."""
    try:
        return parser.parse(words)
    except HelpAsked as asked:
        print(asked)  # noqa: T201  # a magic's answer to its user
        return None


def _refuse_late_options(question: str) -> None:
    """Refuse a question that ends in an option: what somebody wanted to see before it is sent would be sent."""
    last = question.rpartition(" ")[2]
    if last in ("--dry-run", "--fix"):
        raise UsageError(say("usage.late_option", option=last))


def _blamed(step: Callable[[], _T], options: argparse.Namespace) -> _T:
    """Run a step; what an option of this line is to blame for, not a setting, is a UsageError."""
    try:
        return step()
    except ConfigurationError as problem:
        name = "model" if problem.key.startswith("model.") else problem.key.removeprefix("parameter.")
        if getattr(options, name, None) is None:
            raise
        failure = UsageError(str(problem))
    raise failure
