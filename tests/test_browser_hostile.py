"""The corpus of hostile answers in a real JupyterLab: while it streams, at its end, and in the notebook reopened."""

import os
from urllib.parse import urlsplit

import pytest
from hostile import CORPUS
from lab import PATIENCE, Notebook, find_browser, serve
from playwright.sync_api import expect, sync_playwright
from samples import FURTHEST, PROVOKE, STRANGE, SURROUNDINGS, WATCH, WRITTEN_OVER
from strict_page import Page

from spark_magic.render import open_fence, to_html

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REQUIRED = os.environ.get("SPARK_TEST_BROWSER") == "require"
END = "The end of it."
MOST = 3_000  # characters of an entry; the long ones are about cost


def joined(groups):
    """Return the entries of these groups as one answer; what leaves a fence open comes last."""
    texts = [text for group in groups for _, text in CORPUS[group] if len(text) < MOST]
    texts = [text.encode(errors="ignore").decode() for text in texts]  # half a character is refused on its way here
    swallowing = [text for text in texts if text.count("```") % 2 or "~~~" in text or "$$\n" in text]
    closed = [text + "\n" + (open_fence(text) or "") for text in swallowing]
    return "\n\n".join([*(text for text in texts if text not in swallowing), *closed, "```\n```", END])


ANSWERS = [
    joined(["runs", "handlers", "loads", "takes over"]),
    joined(["clobbers", "misparsed", "drawings", "styles", "nested"]),
    joined(["schemes", "spellings of script", "forms of links", "deceives", "pictures"]),
    joined(["formulas", "formulas nobody checked"]),
    joined(["entities", "terminals", "directions", "hidden"]),
]
# Drawn over the line above the answer, in its first formula and again behind much text, where the live view has blocks.
OVER = r"$\smash{\rlap{\raise{%sem}{\hspace{-9em}\rule{99em}{4em}}}}$"
FIRST, REASONING, ERROR, WIDE = 2, 7, 8, 9
ANSWERS[3] = f"{OVER % 1}\n\n{ANSWERS[3]}"
ANSWERS.append("|" + "a_long_word_in_a_cell|" * 30 + "\n|" + "-|" * 30 + f"\n\n{END}")
SETUP = f"""%load_ext spark_magic
%config SparkMagics.model = 'sandbox'
from spark_magic.magics import state
from spark_magic.sandbox import directives, frames, script
state._SANDBOX_DELAY = 0.003
answers = {ANSWERS!a}
plain = script.reasoning
number = lambda question: int(directives.without(question.messages[-1][1]))
script.answer = lambda question: answers[number(question)] if number(question) < 9 else "{END}"
script.reasoning = lambda question: [answers[3], answers[0]] if number(question) == 9 else plain(question)
frames.scripted_message = lambda code, now: "<img src=x onerror=pwned=1> " + answers[4][:60] + answers[0][:99]"""


def asked(number, *directives):
    return "\n".join(["%%spark", *(f"sandbox: {line}" for line in directives), str(number)])


CELLS = [
    "print('before')",
    *(asked(number, "stall after 99999") for number in range(5)),
    asked(9, "stall after 99999"),
    asked(9, "error 11200"),
    asked(5, "stall after 99999"),
]


class Witness:
    """A page and all that it asked for, opened or asked the user."""

    def __init__(self, page):
        self.page, self.hosts, self.windows, self.dialogs = page, set(), [], []
        page.context.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.context.on("page", lambda other: self.windows.append(other.url))
        page.on("dialog", self.refuse)

    def refuse(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def saw_nothing(self):
        assert self.hosts <= {"127.0.0.1", None}  # None: data and blob addresses
        assert (self.windows, self.dialogs) == ([], [])
        assert self.page.evaluate("window.pwned") is None


@pytest.fixture(scope="module")
def witness(tmp_path_factory):
    """Return the witness of a page that shows JupyterLab."""
    path = find_browser()
    if path is None and not REQUIRED:
        pytest.skip("no Chromium here: install one to run the browser tests")
    assert path is not None, "SPARK_TEST_BROWSER=require, and there is no Chromium"
    expect.set_options(timeout=PATIENCE / 2)
    with sync_playwright() as driver, serve(tmp_path_factory.mktemp("lab") / "x") as server:
        with driver.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            seen = Witness(page)
            seen.server = server
            server.load(page)
            yield seen


@pytest.fixture(scope="module")
def book(witness):
    """Return a notebook with a cell for each answer; the first cells have run."""
    made = Notebook(witness.page, witness.server, "hostile").write(SETUP, *CELLS).open()
    made.run(0)
    made.run(1)
    witness.page.evaluate(WATCH)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _stopped(book):
    """Leave no cell running, so that one failure is one."""
    yield
    if book.page.locator(".jp-InputPrompt", has_text="[*]").count():
        book.command("notebook:interrupt-kernel")
        expect(book.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0)


@pytest.fixture
def surroundings(witness, book):  # noqa: ARG001  # it is about the page with the notebook on it
    """Look at the page around the answers, before and after."""
    before = witness.page.evaluate(SURROUNDINGS)
    yield before
    assert witness.page.evaluate(SURROUNDINGS) == before
    assert not before["foreign"]
    witness.saw_nothing()


def look_at(answer):
    """Provoke whatever may be there, and see that nothing strange is, and nothing where it should not be."""
    answer.evaluate(PROVOKE)
    assert answer.evaluate(STRANGE) == []
    assert answer.evaluate(WRITTEN_OVER) == []


def ask(book, index):
    """Run a cell until all of its answer is shown, still live; nothing strange was there at any moment."""
    before = book.page.evaluate("states.count")
    book.start(index)
    answer = book.answer(index)
    expect(answer).to_contain_text(END, timeout=PATIENCE)
    states = book.page.evaluate("states")
    assert states["strange"] == []
    assert states["count"] > before + 1
    return answer


def wait_for_formulas(answer, text):
    """Wait until all that may be typeset is."""
    expect(answer.locator("mjx-container")).to_have_count(len(Page(to_html(text)).formulas), timeout=PATIENCE)


@pytest.mark.parametrize("number", range(5))
def test_a_hostile_answer_stays_inside_its_place_and_runs_nothing(book, surroundings, number):  # noqa: ARG001
    """Streamed in thousands of pieces, so that much of what is half sent is shown; then as the static form."""
    answer = ask(book, FIRST + number)
    wait_for_formulas(answer, ANSWERS[number])
    look_at(answer)
    book.stop(FIRST + number)
    wait_for_formulas(answer, ANSWERS[number])
    look_at(answer)


def test_hostile_reasoning_stays_inside_its_fold(book, surroundings):  # noqa: ARG001
    answer = ask(book, REASONING)
    answer.get_by_text("Reasoning", exact=True).click()
    wait_for_formulas(answer, ANSWERS[3])
    look_at(answer)
    book.stop(REASONING)
    answer.get_by_text("Reasoning", exact=True).click()
    wait_for_formulas(answer, ANSWERS[3])
    look_at(answer)


def test_the_words_of_a_hostile_server_are_text(book, surroundings):  # noqa: ARG001
    output = book.run(ERROR).locator("[data-mime-type='application/vnd.jupyter.stderr']")
    expect(output).to_contain_text("<img src=x onerror=pwned=1>")
    expect(output).to_contain_text("code 11200")
    output.evaluate(PROVOKE)
    assert output.evaluate(STRANGE) == []


def test_a_wide_table_is_not_cut_but_scrolled(book):
    """What keeps a formula inside its place must not take the columns from a reader."""
    answer = ask(book, WIDE)
    assert answer.evaluate(FURTHEST) > 1_000
    book.stop(WIDE)
    assert answer.evaluate(FURTHEST) > 1_000


def test_a_hostile_notebook_opened_again_is_as_harmless(book, witness):
    """The saved file holds the static form; it is shown without a kernel that could explain anything."""
    busy = range(FIRST, FIRST + 5)
    for index in busy:
        if not book.output(index).locator(".spark-magic").count():
            ask(book, index)
            book.stop(index)
    data = [output.get("data", {}) for cell in book.saved().cells for output in cell.get("outputs", [])]
    assert all(set(bundle) <= {"text/html", "text/plain"} for bundle in data)
    book.close()
    book.wait("!document.querySelector('.jp-NotebookPanel')")
    book.command("docmanager:open", path=book.name, factory="Notebook", kernelPreference={"shouldStart": False})
    for index in busy:
        expect(book.answer(index)).to_contain_text(END)
        wait_for_formulas(book.answer(index), ANSWERS[index - FIRST])
        look_at(book.answer(index))
    witness.saw_nothing()
