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
from .parsers import config_parser, reset_parser, spark_parser
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

    def _note_origin(self, change: Any) -> None:
        self.state.origins[change["name"]] = "%config"

    @no_var_expand
    def spark(self, line: str, cell: str | None = None) -> Any:
        """Ask: `%%spark [options]` with the prompt below, or `%spark [options] prompt` in one line."""
        parser = spark_parser("%spark" if cell is None else "%%spark")
        words, prompt = leading_options(line, parser) if cell is None else (split_line(line), cell)
        options = _parse(parser, words)
        if options is None:
            return None
        if not prompt.strip():
            raise UsageError(say("usage.empty"))
        return self.ask(prompt, options)

    def ask(self, prompt: str, options: argparse.Namespace) -> Any:
        """Ask, and put the answer where `--output` says, too."""
        from .ask import ask_in  # noqa: PLC0415  # loads the client: not before it is needed

        answer = _blamed(lambda: ask_in(self.shell, self.state, prompt, options), options)
        if options.output and answer is not None:
            self.namespace[options.output] = answer
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
        options = _parse(config_parser(), split_line(line))
        if options is None:
            return
        from .configure import run_config  # noqa: PLC0415  # as above

        _blamed(lambda: run_config(self, self.state, options), options)

    @no_var_expand
    def spark_reset(self, line: str) -> None:
        """Forget the conversation: `%spark_reset [--system]`."""
        options = _parse(reset_parser(), split_line(line))
        if options is None:
            return
        count = self.state.conversation.reset()
        print(say("reset.done.one" if count == 1 else "reset.done", count=count))  # noqa: T201  # a magic's answer to its user
        if self.system:
            print(say("reset.system_gone" if options.system else "reset.system_stays"))  # noqa: T201  # as above
        if options.system:
            self.system = ""


def _parse(parser: Parser, words: list[str]) -> argparse.Namespace | None:
    """Parse; None when the help was asked for, and shown."""
    try:
        return parser.parse(words)
    except HelpAsked as asked:
        print(asked)  # noqa: T201  # a magic's answer to its user
        return None


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
