"""Tab as a person presses it in JupyterLab, and the tables of `%spark_usage` as they look there, light and dark."""

import contextlib
import os
import re

import pytest
from lab import PANEL, PATIENCE, Notebook, serve
from playwright.sync_api import TimeoutError, expect  # noqa: A004  # its own name for it
from test_browser import SETUP, WINDOW, chromium  # noqa: F401  # its fixture: one browser, found in one place

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PICTURES = os.environ.get("SPARK_TEST_USAGE_PICTURES")  # a folder for what somebody is to look at
SOURCE = f"{PANEL}.content.widgets[1].model.sharedModel.getSource()"
COLOURS = "bar => [bar, bar.closest('td')].map(node => getComputedStyle(node).backgroundColor)"


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):  # noqa: ARG001, F811  # without a browser no server is needed
    """Return a machine's JupyterLab."""
    with serve(tmp_path_factory.mktemp("lab") / "whole") as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium, server):  # noqa: F811  # as above
    """Return its page."""
    opened = chromium.new_page(viewport=WINDOW)
    server.load(opened)
    return opened


@pytest.fixture
def notebook(page, server, request):
    """Return what opens a notebook of these cells, below one that has loaded the extension; close it afterwards."""
    book = Notebook(page, server, re.sub(r"\W", "_", request.node.name))

    def opened(*sources):
        book.write(f"{SETUP}\nmy_value = 'sandbox: say quite right'; my_table = {{'colour': 1}}", *sources).open().run(
            0
        )
        return book

    yield opened
    book.close()


class Editor:
    """A cell one types into."""

    def __init__(self, book):
        """Click into it."""
        self.book, self.keys = book, book.page.keyboard
        book.cell(1).locator(".cm-content").click()

    def type(self, text):
        """Put a text in place of all there is, key by key, so that brackets are closed as for a person."""
        self.keys.press("Control+a")
        self.keys.press("Delete")
        self.keys.type(text)

    def tab(self):
        """Press Tab until the list is there: JupyterLab does not wait longer than a second for a kernel."""
        for _ in range(10):
            self.keys.press("Tab")
            with contextlib.suppress(TimeoutError):
                self.menu.first.wait_for(timeout=PATIENCE / 10)
                return

    def take(self):
        """Press Tab, and take the first of the list: it has one entry even where that is the only one."""
        self.tab()
        self.keys.press("Enter")

    def has(self, text):
        """Wait until the cell reads like this."""
        self.book.page.wait_for_function("text => " + SOURCE + " === text", arg=text)

    @property
    def menu(self):
        """The list of what Tab offers."""
        return self.book.page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")


def test_tab_completes_and_replaces_what_was_begun(notebook):
    editor = Editor(notebook(""))
    for typed, done in (
        ("%%spark --mod", "%%spark --model"),
        ("%%spark --temp", "%%spark --temperature"),
        ("%%spark -m ul", "%%spark -m ultra"),
        ("%%spark --model=ul", "%%spark --model=ultra"),
        ("%%spark -m lite,ul", "%%spark -m lite,ultra"),
        ("%spark_config logi", "%spark_config login"),
        ("%%spark\nTell 讲讲 {{ my_va", "%%spark\nTell 讲讲 {{ my_value"),
        ("%spark hello {{my_va", "%spark hello {{my_value"),
    ):
        editor.type(typed)
        editor.take()
        editor.has(done)


def test_tab_offers_a_list_of_ours_alone(notebook):
    editor = Editor(notebook(""))
    editor.type("%spark_usage --by=")
    editor.tab()
    expect(editor.menu).to_have_count(4)
    words = " ".join(editor.menu.all_inner_texts())
    assert all(word in words for word in ("model", "day", "turn", "conversation"))
    expect(editor.menu.first).to_contain_text("model")  # in the order of the help, not of the alphabet
    editor.keys.press("ArrowDown")
    editor.keys.press("Enter")
    editor.has("%spark_usage --by=day")
    editor.type("%%spark --search")
    editor.tab()
    expect(editor.menu).to_have_count(2)
    editor.keys.press("ArrowDown")
    editor.keys.press("Enter")
    editor.has("%%spark --search-mode")


def test_a_completed_cell_does_what_it_says(notebook):
    book = notebook("")
    editor = Editor(book)
    editor.type("%%spark --no-his")
    editor.take()
    editor.has("%%spark --no-history")
    editor.keys.type("\n{{ my_va")
    editor.take()
    editor.has("%%spark --no-history\n{{ my_value")
    editor.keys.type(" }}")
    expect(book.run(1)).to_contain_text(re.compile("not remembered.*quite right", re.DOTALL))


def test_the_tables_follow_the_theme_and_the_saved_file_has_them(notebook, page):
    """The bars stand out from their background in both themes, and the longest fills its place."""
    book = notebook(
        "%spark sandbox: say one",
        "%spark -n physics tell me about tables",
        "%spark_usage",
        "%spark_config --warn-tokens 50\n%spark -n physics sandbox: say more",
    )
    for index in (1, 2):
        book.run(index)
    table = book.run(3)
    bars = table.locator("td > div")
    expect(bars).to_have_count(3)
    seen = {}
    for theme in ("Light", "Dark"):
        book.command("apputils:change-theme", theme=f"JupyterLab {theme}")
        expect(page.locator(f"body[data-jp-theme-light='{str(theme == 'Light').lower()}']")).to_have_count(1)
        colour, behind = bars.first.evaluate(COLOURS)
        assert colour != behind
        seen[theme] = table.locator("td").first.evaluate("cell => getComputedStyle(cell).color")
        if PICTURES:
            book.run(4)
            page.screenshot(path=f"{PICTURES}/usage-{theme.lower()}.png")
    book.command("apputils:change-theme", theme="JupyterLab Light")
    assert seen["Light"] != seen["Dark"]
    widths = [bar.bounding_box()["width"] / bar.locator("..").bounding_box()["width"] for bar in bars.all()]
    assert widths[0] > 0.8
    assert 0 < widths[1] < 0.5
    assert set(book.saved().cells[3].outputs[0].data) == {"text/html", "text/plain"}
