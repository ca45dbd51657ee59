"""Answers in the background as a person sees them in JupyterLab: other cells run meanwhile, and Stop works."""

import json
import re

import pytest
from lab import PANEL, Notebook, serve
from playwright.sync_api import expect
from test_browser import SETUP, WIDGET, WINDOW, chromium  # noqa: F401  # its fixture: one browser, found in one place

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
BOX = "from spark_magic.magics.state import state_of\nbox = state_of(get_ipython()).sandbox\n"
CLOSED = f"{BOX}print('closed', box.wait_until(lambda: box.open_connections == 0))"
ENDLESS = "%%spark --background -o {0} --name {0}\nsandbox: count 5000 rate 20"
STATUS = re.compile(r"^sandbox · answering")


@pytest.fixture(scope="module")
def server(chromium, tmp_path_factory):  # noqa: ARG001, F811  # without a browser no server is needed
    """Return a machine's JupyterLab, without anywidget: the background's button needs none."""
    with serve(tmp_path_factory.mktemp("lab") / "bare", "anywidget") as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium, server):  # noqa: F811  # as above
    """Return its page, which notes what goes wrong in it."""
    opened = chromium.new_page(viewport=WINDOW)
    opened.wrong = []
    opened.on("pageerror", lambda problem: opened.wrong.append(str(problem)))
    server.load(opened)
    return opened


@pytest.fixture
def notebook(page, server, request):
    """Return what opens a notebook of these cells, below one that has loaded the extension; close it afterwards."""
    book = Notebook(page, server, re.sub(r"\W", "_", request.node.name))

    def opened(*sources):
        book.write(SETUP, *sources).open().run(0)
        return book

    yield opened
    book.close()
    assert page.wrong == []


def length(output):
    """Return how many characters a cell shows."""
    return len(output.inner_text())


def test_an_answer_streams_while_another_cell_runs_to_its_end_and_stop_ends_it(notebook):
    """The button is an ordinary one: it works as soon as no cell runs, and the kernel is not interrupted."""
    book = notebook(
        ENDLESS.format("later"),
        "import time\nfor second in range(4): time.sleep(1)\nprint('not', 'interrupted')",
        CLOSED,
        "later.wait()",
    )
    answer = book.run(1)
    expect(answer).to_have_text(STATUS)
    other = book.start(2)
    expect(answer).to_contain_text("This scripted paragraph")
    before = length(answer)
    expect(book.prompt(2)).to_have_text("[*]:")
    expect(other).to_contain_text("not interrupted")
    book.ended(2)
    assert length(answer) > before
    assert "paragraph" not in other.inner_text()
    answer.get_by_role("button", name="Stop").click()
    expect(answer).to_have_text(re.compile(r"^sandbox · [\d.]+ s · .*stopped · not remembered"))
    expect(answer).to_contain_text("[stopped]")
    expect(answer.locator(".jupyter-widgets, button")).to_have_count(0)
    expect(book.run(3)).to_contain_text("closed True")
    expect(book.run(4)).to_contain_text("AnswerStopped")


def test_two_answers_stream_into_their_own_cells_and_the_file_holds_them(notebook):
    book = notebook(
        "%%spark --background -o one --name one\nsandbox: delay 1\nsandbox: say the words of **one**",
        "%%spark --background -o two --name two\nsandbox: delay 1\nsandbox: say the words of **two**",
        "print(one.wait().turn + two.wait().turn)",
    )
    outputs = [book.start(1), book.start(2)]
    expect(book.run(3)).to_have_text(re.compile(r"2\s*"))
    for output, word in zip(outputs, ("one", "two"), strict=True):
        expect(output.locator("strong")).to_have_text(word)
        expect(output.get_by_text("the words of")).to_have_count(1)
    file = book.saved()
    for cell, word in zip(file.cells[1:3], ("one", "two"), strict=True):
        [output] = cell.outputs
        assert set(output.data) == {"text/html", "text/plain"}
        assert output.data["text/plain"] == f"the words of **{word}**"
        assert output.metadata.spark_magic.outcome == "complete"
    assert WIDGET not in json.dumps(file)


def test_an_error_is_told_below_what_came_though_the_cell_has_succeeded(notebook):
    book = notebook("%%spark --background -o later\nsandbox: delay 1\nsandbox: error 11200 after 9", "print('went on')")
    answer = book.run(1)
    expect(book.run(2)).to_contain_text("went on")
    expect(answer).to_contain_text("Scripted answer")
    expect(answer).to_contain_text("QuotaExceeded: No licence for this model")
    expect(answer).to_contain_text(re.compile(r"code 11200 · sid \w+"))
    expect(answer.locator(".jupyter-widgets, button")).to_have_count(0)


def test_the_button_of_a_restarted_kernel_is_gone_with_it(notebook):
    """What came stays in the page until it is run again; nothing goes on behind it."""
    book = notebook(ENDLESS.format("later"), "%%spark\nsandbox: oneframe\nAnd now?")
    answer = book.run(1)
    expect(answer).to_contain_text("This scripted paragraph")
    book.page.evaluate(f"async () => {{ await {PANEL}.sessionContext.session.kernel.restart(); }}")
    book.wait(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")
    book.run(0)
    expect(book.run(2)).to_contain_text("this is turn 1")
