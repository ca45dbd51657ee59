"""Tab on a magic's line and in its prompt: how IPython asks, and what it is told.

Since 8.6 IPython hands its matchers the whole cell; before that, those for the arguments of magics see one line.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from IPython.core import completer as ipython
from IPython.core.completer import IPCompleter, provisionalcompleter, rectify_completions

from .options import Parser
from .state import State

if TYPE_CHECKING:  # loading the extension loads this module, and nobody has pressed Tab yet
    from .candidates import Candidates, Finder

_FIRST: Final = 100.0  # before all of IPython's own matchers, which have 0
_NAME: Final = "spark_magic"


class Completion:
    """What completes our magics in one shell, once `install` was called and until `remove` is."""

    def __init__(self, shell: Any, state: State, parsers: Mapping[tuple[str, str], Callable[[], Parser]]) -> None:
        """Take the parsers of the magics that are ours, by kind and name."""
        self._shell = shell
        self._state = state
        self._parsers = parsers
        self._matcher: Any = None

    @cached_property
    def _finder(self) -> "Finder":
        from .candidates import Finder  # noqa: PLC0415  # see above

        shell = self._shell
        return Finder(shell, self._state, self._parsers, lambda expression: _of_python(shell, expression))

    def install(self) -> None:
        """Put it in; nothing of others is replaced."""
        decorator: Any = getattr(ipython, "context_matcher", None)
        if decorator is None:
            self._matcher = self._matched_line
            self._shell.Completer.magic_arg_matchers.append(self._matcher)
        else:
            self._matcher = decorator(identifier=_NAME, priority=_FIRST)(lambda context: self._matched(context))  # noqa: PLW0108  # a method takes no attributes
            self._shell.Completer.custom_matchers.append(self._matcher)

    def remove(self) -> None:
        """Take it out again."""
        for matchers in (self._shell.Completer.custom_matchers, self._shell.Completer.magic_arg_matchers):
            matchers[:] = [matcher for matcher in matchers if matcher is not self._matcher]

    def _matched(self, context: Any) -> dict[str, Any]:
        """Answer a matcher's question; what is found leaves no room for files and names of Python."""
        lines = context.full_text.split("\n")[: context.cursor_line]
        found = self._finder.find("\n".join([*lines, context.text_until_cursor]))
        return {
            "completions": [ipython.SimpleCompletion(text, type=found.kind) for text in found.texts],
            "matched_fragment": found.fragment,
            "suppress": True,
            "ordered": True,
        }

    def _matched_line(self, line: str) -> list[str]:  # noqa: ARG002  # all of it: what counts is what is before the cursor
        """Answer an old matcher's question: the texts take the place of IPython's own token."""
        before = self._shell.Completer.text_until_cursor
        found, token = self._finder.find_on_line(before), self._shell.Completer.splitter.split_line(before)
        more = len(token) - len(found.fragment)
        return [token[:more] + text if more >= 0 else text[-more:] for text in found.texts]


def _of_python(shell: Any, expression: str) -> "Candidates":
    """Ask IPython for attributes and items; it evaluates no more than it does in a cell of code."""
    from .candidates import NONE, Candidates  # noqa: PLC0415  # see above

    names = {"namespace": shell.user_ns, "global_namespace": shell.user_global_ns}
    make: Any = IPCompleter  # one of its own: the shell's is in the middle of this very question
    with provisionalcompleter():
        completer = make(shell=shell, parent=shell, backslash_combining_completions=False, **names)  # slow to begin
        found = list(rectify_completions(expression, completer.completions(expression, len(expression))))
    texts = tuple(dict.fromkeys(completion.text for completion in found))
    return Candidates(expression[found[0].start :], texts, kind="attribute") if found else NONE
