"""One expression in double braces: Jinja2's expressions, strict, sandboxed, and with Python's errors."""

import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .value import shown

_QUOTED: Final = re.compile(r"""'[^']*'|"[^"]*\"""")
_GO: Final = re.compile(r"\s\.[^\W\d]")  # `toYaml .Values.x` is a call in Go's templates

# What Python has without an import and what does nothing but compute; a variable of that name comes first.
_FUNCTIONS: Final[Mapping[str, Any]] = {
    function.__name__: function
    for function in (
        *(abs, all, any, bin, bool, chr, dict, divmod, enumerate, float, format, frozenset, hex, int, isinstance, len),
        *(list, max, min, oct, ord, pow, range, repr, reversed, round, set, sorted, str, sum, tuple, type, zip),
    )
}


class _Code(CodeGenerator):
    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:  # noqa: N802  # jinja2's name
        """Write a slice that is valid among other indexes, too: `df.loc[:3, "a"]`."""
        self.write("slice(")
        for part in (node.start, node.stop, node.step):
            self.visit(part or nodes.Const(None), frame)
            self.write(", ")
        self.write(")")


class _Environment(ImmutableSandboxedEnvironment):
    """Attributes and items as in Python: none stands in for the other, and what is missing says so itself."""

    code_generator_class = _Code

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the attribute; SecurityError for one that begins with an underscore, or that changes the object."""
        value = getattr(obj, attribute)
        if not self.is_safe_attribute(obj, attribute, value):
            message = f"{attribute!r} is private, or changes the object"
            raise SecurityError(message)
        return self.wrap_str_format(value) or value  # a format has attributes, too: `{0.__class__}`

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the item."""
        return obj[argument]


_ENVIRONMENT: Final = _Environment(undefined=StrictUndefined, optimized=False)  # optimizing is evaluating, early


@dataclass(frozen=True)
class Expression:
    """An expression ready to be evaluated; `names` are the variables it needs, `called` those it only calls.

    `items` are the keys that are written out behind a name, `row["a b"]`, None for a place where there is none.
    """

    source: str
    names: tuple[str, ...]
    called: frozenset[str]
    items: tuple[tuple[str, str | None], ...]
    compiled: TemplateExpression

    @property
    def shown(self) -> str:
        """The expression for a message."""
        return shown(self.source)

    def unknown(self, variables: Mapping[str, Any]) -> Iterator[str]:
        """Yield the names that are neither variables nor functions that are called."""
        for name in self.names:
            if name not in variables and not (name in _FUNCTIONS and name in self.called):
                yield name

    def value(self, variables: Mapping[str, Any]) -> object:
        """Return the value; raises whatever the evaluation raises."""
        if self.source == self.names[0]:
            return variables[self.source]  # most are just a name
        values = [variables[name] if name in variables else _FUNCTIONS[name] for name in self.names]
        value: object = self.compiled({_place(index): value for index, value in enumerate(values)})
        if isinstance(value, StrictUndefined):
            str(value)  # raises: it says what is missing
        return value


def parsed(source: str) -> Expression | None:
    """Return the expression of that text; None for what is none."""
    if _GO.search(_QUOTED.sub("", source)):
        return None
    try:
        parser = Parser(_ENVIRONMENT, source, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            return None
        tree.set_environment(_ENVIRONMENT)
        items = tuple(_items(tree))
        names, called = _named(tree)
        body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), tree, lineno=1)]
        template = _ENVIRONMENT.from_string(nodes.Template(body, lineno=1))
    except Exception:  # noqa: BLE001  # jinja2 and Python's compiler raise several on odd texts: ValueError, RecursionError
        return None
    if not names or any(map(keyword.iskeyword, names)):
        return None
    return Expression(source, names, called, items, TemplateExpression(template, undefined_to_none=False))


def _named(tree: nodes.Expr) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the names in the order of the text, and those that are nothing but called.

    In the tree they become numbers: names such as `self` are jinja2's own.
    """
    found = [tree] if isinstance(tree, nodes.Name) else list(tree.find_all(nodes.Name))
    calls = [tree] if isinstance(tree, nodes.Call) else []
    calls += list(tree.find_all(nodes.Call))
    targets = {id(call.node) for call in calls}
    names = list(dict.fromkeys(_normal(node.name) for node in found))
    bare = {_normal(node.name) for node in found if id(node) not in targets}
    for node in found:
        node.name = _place(names.index(_normal(node.name)))
    return tuple(names), frozenset(set(names) - bare)


def _items(tree: nodes.Expr) -> Iterator[tuple[str, str | None]]:
    """Yield each place of a name with the key behind it."""
    whole = nodes.Output([tree])  # `find_all` looks below
    keys = {
        id(item.node): item.arg.value
        for item in whole.find_all(nodes.Getitem)
        if isinstance(item.arg, nodes.Const) and isinstance(item.arg.value, str)
    }
    for node in whole.find_all(nodes.Name):
        yield _normal(node.name), keys.get(id(node))


def _normal(name: str) -> str:
    """Return the name as Python takes it."""
    return unicodedata.normalize("NFKC", name)


def _place(index: int) -> str:
    return f"v{index}"
