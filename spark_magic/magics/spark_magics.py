"""The magics class: thin methods that parse their line and hand on."""

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, magics_class, no_var_expand

from ..config import Settings
from ..messages import say
from .options import HelpAsked, Parser, leading_options, refuse_secrets, split_line
from .parsers import config_parser, reset_parser, spark_parser
from .state import State

_T = TypeVar("_T")


@magics_class
class SparkMagics(Settings, Magics):
    """Settings of spark_magic, and its magics; credentials and addresses are no settings."""

    def __init__(self, shell: Any, state: State) -> None:
        """Take the shell and its state."""
        Magics.__init__(self, shell=shell)
        self.state = state

    @no_var_expand
    def spark(self, line: str, cell: str | None = None) -> Any:
        """Ask: `%%spark [options]` with the prompt below, or `%spark [options] prompt` in one line."""
        parser = spark_parser("%spark" if cell is None else "%%spark")
        words, prompt = leading_options(line, parser) if cell is None else (split_line(line), cell)
        refuse_secrets(" ".join(words))
        options = _parse(parser, words)
        if options is None:
            return None
        if not prompt.strip():
            raise UsageError(say("usage.empty"))
        return self.ask(prompt, options)

    def ask(self, prompt: str, options: argparse.Namespace) -> Any:
        """Ask and put the answer where `--output` says."""
        from .ask import ask_in  # noqa: PLC0415  # loads the client: not before it is needed

        answer = _usage(lambda: ask_in(self.shell, self.state, prompt.strip("\n"), options))
        if options.output and answer is not None:
            self.namespace[options.output] = answer
            return None
        return answer

    @property
    def namespace(self) -> dict[str, Any]:
        """The user's variables."""
        shell: Any = self.shell
        names: dict[str, Any] = shell.user_ns
        return names

    @no_var_expand
    def spark_config(self, line: str) -> None:
        """Show or set the settings: `%spark_config [options]`, `%spark_config login`."""
        refuse_secrets(line)
        options = _parse(config_parser(), split_line(line))
        if options is None:
            return
        from .settings_report import run_config  # noqa: PLC0415  # as above

        _usage(lambda: run_config(self, self.state, options))

    @no_var_expand
    def spark_reset(self, line: str) -> None:
        """Forget the conversation: `%spark_reset [--system]`."""
        options = _parse(reset_parser(), split_line(line))
        if options is None:
            return
        count = self.state.conversation.reset()
        print(say("reset.done", count=count))  # noqa: T201  # a magic's answer to its user
        if options.system:
            self.system = ""
        elif self.system:
            print(say("reset.system_stays"))  # noqa: T201  # as above


def _parse(parser: Parser, words: list[str]) -> argparse.Namespace | None:
    """Parse; None when the help was asked for, and shown."""
    try:
        return parser.parse(words)
    except HelpAsked as asked:
        print(asked)  # noqa: T201  # a magic's answer to its user
        return None


def _usage(step: Callable[[], _T]) -> _T:
    """Run a step; a model nobody knows is a wrong option, with the nearest alias."""
    from ..errors import UnknownModel  # noqa: PLC0415  # not when the extension is loaded

    try:
        return step()
    except UnknownModel as problem:
        failure = UsageError(str(problem))
    raise failure
