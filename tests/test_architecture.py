"""The package is cut as docs/architecture.md says: who imports whom, how long things are, what is said about them."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spark_magic"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES = 280, 50
FREE = {"all", "lazily"}

# Where foreign errors are mapped, whatever they are (the wire's and the keyring's); where a thread (a server's, a
# task's) hands its own to the one that waits; where an exception is parted from its frames; where the
# user's own objects are evaluated and shown, which raise anything (an interrupt comes through); where an executor of
# any library says how its worker ended.
CATCHES_ALL = {"transport", "credentials", "sandbox", "secret", "task", "prompt", "batch", "formats"}
KNOWS = {
    "websocket": {"transport"},
    "python_socks": {"transport"},
    "IPython": {"display", "config", "magics", "__init__"},
    "ipywidgets": {"display"},
    "anywidget": {"display"},
    "keyring": {"credentials"},
    "nh3": {"render"},
    "markdown_it": {"render"},
    "websockets": {"sandbox"},
    "PIL": {"picture"},
    "imagesize": {"picture"},
    "jinja2": {"prompt"},
    "narwhals": {"rows"},
    "openpyxl": {"rows"},
    "tqdm": {"display"},
}


def room_of(path):
    """Name the room a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path):
    """Read one file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def table():
    """Return the law: room -> (what it does, the rooms it may import)."""
    rows = {}
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            name, does, imports = cells
            rows[name.strip("`")] = (does, set() if imports == "-" else {part.strip() for part in imports.split(",")})
    return rows


def imported(path, tree=None):
    """Yield (line, dotted name) of every import in a file, ours always as `spark_magic.<room>…`, the lazy ones too."""
    package = ["spark_magic", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree or tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = [*base, *(node.module or "").split(".")] if node.module else base
            yield from ((node.lineno, ".".join([*stem, alias.name])) for alias in node.names)


def rooms():
    """Name the rooms that are there."""
    return {room_of(path) for path in FILES}


def broken_laws(path, allowed):
    """List the imports of ours in a file that its room may not have."""
    own = room_of(path)
    for line, name in imported(path):
        parts = name.split(".")
        target = parts[1] if parts[0] == "spark_magic" and len(parts) > 1 else None
        if parts[0] == "spark_magic" and target not in {own, "__version__"} and target not in allowed:
            yield f"{path.relative_to(ROOT)}:{line}: {own} imports {target or 'the package itself'}"


def test_the_table_can_be_read():
    assert len(table()) >= 20
    assert table()["secret"][1] == set()
    assert table()["errors"][1] == {"messages"}
    for _, imports in table().values():
        assert imports <= set(table()) | FREE


def test_the_table_has_every_room_and_no_others():
    """A new room starts with its row; one that is only planned says so."""
    planned = {room for room, (does, _) in table().items() if does.startswith("(planned)")}
    assert rooms() == set(table()) - planned


def test_the_table_has_no_circles():
    """Rooms can be read one after the other, each built on those before it."""
    seen = set()
    for room, (_, imports) in table().items():
        assert imports & FREE or imports <= seen, f"{room} stands before what it imports"
        seen.add(room)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_the_rooms_of_its_row_only(path):
    _, allowed = table().get(room_of(path), ("", set()))
    assert allowed & FREE or not list(broken_laws(path, allowed))


@pytest.mark.parametrize("foreign", KNOWS)
def test_a_foreign_library_enters_through_one_room(foreign):
    used = {room_of(path) for path in FILES for _, name in imported(path) if name.split(".")[0] == foreign}
    assert used <= KNOWS[foreign]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_fits_in_one_reading(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_function_does_one_step(path):
    functions = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {f"{f.name} (line {f.lineno})": f.end_lineno - f.lineno + 1 for f in functions}
    assert not {name: length for name, length in lengths.items() if length > MOST_FUNCTION_LINES}


def catches(handler):
    """Name what an `except` catches when that is everything."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {"" if c is None else ast.unparse(c) for c in caught}
    return names & {"", "Exception", "BaseException"}


def raises_again(handler):
    """Tell whether a handler ends with a bare `raise`: it cleans up and hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_swallows_errors_it_does_not_know(path):
    """Everything is caught to clean up and raise again, or in the one room that maps foreign errors."""
    handlers = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler)]
    swallowing = [h.lineno for h in handlers if catches(h) and not raises_again(h)]
    assert not swallowing or room_of(path) in CATCHES_ALL


def undocumented(node, prefix=""):
    """Yield the public classes, functions and methods without a docstring."""
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        overload = any("overload" in ast.unparse(decorator) for decorator in child.decorator_list)
        if not ast.get_docstring(child) and not overload:
            yield prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, f"{prefix}{child.name}.")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_everything_public_says_what_it_promises(path):
    assert ast.get_docstring(tree_of(path))
    assert not list(undocumented(tree_of(path)))


@pytest.mark.parametrize("room", sorted(rooms() - {"__init__"}))
def test_a_room_has_its_own_test_file(room):
    assert (ROOT / "tests" / f"test_{room}.py").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_there_is_no_room_for_odds_and_ends(path):
    assert not {"utils", "helpers", "manager", "handler"} & {part.removesuffix(".py") for part in path.parts}


def test_the_law_would_be_noticed_if_broken():
    """The reader of imports sees every form of them, from the root and from inside a room's own folder."""
    top, inner = PACKAGE / "events.py", PACKAGE / "errors" / "tree.py"
    forms = {
        top: [
            "import spark_magic.auth",
            "from spark_magic import auth",
            "from . import auth",
            "from .auth import sign",
        ],
        inner: ["from ..auth import sign", "from .. import auth", "def f():\n    from ..auth import sign"],
    }
    for path, texts in forms.items():
        for text in texts:
            assert [name.split(".")[1] for _, name in imported(path, ast.parse(text))] == ["auth"], text
