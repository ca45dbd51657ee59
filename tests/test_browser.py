"""What a person sees in JupyterLab: a real server, a real kernel, a real Chromium, and the sandbox as the model."""

import json
import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from lab import PATIENCE, Notebook, find_browser, serve
from playwright.sync_api import expect, sync_playwright
from samples import FORMULAS, HOSTILE, PICTURE_CELLS, PICTURE_SETUP, PLACES, RICH, SCROLLABLE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REQUIRED = os.environ.get("SPARK_TEST_BROWSER") == "require"
PICTURES = os.environ.get("SPARK_TEST_SCREENSHOTS")  # a folder to write the README's pictures to
SETUP = "%load_ext spark_magic\n%config SparkMagics.model = 'sandbox'"
WINDOW = {"width": 1280, "height": 900}
WIDGET = "application/vnd.jupyter.widget-view+json"


def held(text):
    """Return a cell that shows `text` at once and goes on running until it is stopped."""
    return f"%%spark\nsandbox: oneframe\nsandbox: stall after 99999\nsandbox: say\n{text}"


@pytest.fixture(scope="module")
def chromium():
    """Return a running browser; skip where there is none, unless one is required."""
    path = find_browser()
    if path is None and not REQUIRED:
        pytest.skip("no Chromium here: install one to run the browser tests")
    assert path is not None, "SPARK_TEST_BROWSER=require, and there is no Chromium"
    expect.set_options(timeout=PATIENCE / 2)
    with sync_playwright() as driver, driver.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser:
        yield browser


@pytest.fixture(scope="module")
def servers(chromium, tmp_path_factory):  # noqa: ARG001  # without a browser no server is needed
    """Return two machines' JupyterLabs: one as it is installed, one without anywidget."""
    folder = tmp_path_factory.mktemp("lab")
    with serve(folder / "whole") as whole, serve(folder / "bare", "anywidget") as bare:
        yield whole, bare


@pytest.fixture(scope="module")
def pages(chromium, servers):
    """Return a page of each; both load at the same time."""
    opened = [chromium.new_page(viewport=WINDOW) for _ in servers]
    for server, page in zip(servers, opened, strict=True):
        page.asked = set()  # the hosts of all its requests
        page.on("request", lambda request, page=page: page.asked.add(urlsplit(request.url).hostname))
        server.load(page)
    return opened


@pytest.fixture
def page(pages):
    """Return the page of the first machine."""
    return pages[0]


@pytest.fixture
def notebook(pages, servers, request):
    """Return what opens a notebook of these cells, below one that has loaded the extension; close it afterwards."""
    machine = getattr(request, "param", 0)
    book = Notebook(pages[machine], servers[machine], re.sub(r"\W", "_", request.node.name))

    def opened(*sources):
        book.write(SETUP, *sources).open().run(0)
        return book

    yield opened
    book.close()


def test_text_appears_while_the_cell_still_runs_and_stop_ends_it(notebook):
    """The first words and a ticking status before the end; then a click brings the cell back and closes the line."""
    box = "from spark_magic.magics.state import state_of\nbox = state_of(get_ipython()).sandbox\n"
    closed = "print(box.wait_until(lambda: box.open_connections == 0), box.handshakes)"
    book = notebook("%%spark\nsandbox: count 2000 rate 20", box + closed, "%%spark\nsandbox: oneframe\nAnd now?")
    output = book.start(1)
    expect(output).to_contain_text("This scripted paragraph")
    expect(book.prompt(1)).to_have_text("[*]:")
    expect(output).to_contain_text(re.compile(r"^sandbox · answering · \d+ s"))
    book.stop(1)
    expect(output).to_contain_text(re.compile(r"^sandbox · [\d.]+ s · stopped · not remembered"))
    expect(output).to_contain_text("This scripted paragraph")
    expect(output).to_contain_text("[stopped]")
    expect(output.locator(".jupyter-widgets, button")).to_have_count(0)
    expect(book.run(2)).to_have_text(re.compile(r"True 1\s*"))
    expect(book.run(3)).to_contain_text("Messages received: 1, and this is turn 1")
    expect(book.output(3)).not_to_contain_text("Section")


def test_nothing_in_an_answer_runs_or_loads(notebook, page):
    book = notebook(held(HOSTILE))
    book.start(1)
    look_for_danger(book.answer(1))
    book.stop(1)
    look_for_danger(book.answer(1))
    assert page.evaluate("window.pwned") is None
    assert page.asked <= {"127.0.0.1", None}  # None: data and blob addresses


def look_for_danger(answer):
    """Click on what may be a link, and see that nothing is there that could run or load."""
    expect(answer).to_contain_text("The end:")
    expect(answer.locator("mjx-container")).to_have_count(1)  # the harmless one; all is typeset by then
    expect(answer.locator("script, iframe, img, svg, [onerror], [onload]")).to_have_count(0)
    expect(answer.locator("a:not([href^='https://'])")).to_have_count(0)
    answer.get_by_text("click").click()


def test_the_saved_file_holds_the_answer_itself(notebook, pages, servers):
    """Static HTML and text, once; and it is there for a reader with another machine and no kernel."""
    book = notebook("%%spark\nsandbox: oneframe\n你好")
    expect(book.run(1)).to_contain_text("预设回答")
    saved = book.saved()
    output = saved.cells[1].outputs[0]
    assert set(output.data) == {"text/html", "text/plain"}
    assert all("预设回答" in text for text in output.data.values())
    assert output.metadata.spark_magic.model == "sandbox"
    assert WIDGET not in json.dumps(saved)
    assert "预设回答" not in json.dumps(saved.metadata, ensure_ascii=False)
    copy = Notebook(pages[1], servers[1], "copy")
    shutil.copy(book.path, copy.path)
    copy.wait("window.jupyterapp?.restored.then(() => true)")
    copy.command("docmanager:open", path="copy.ipynb", factory="Notebook", kernelPreference={"shouldStart": False})
    expect(copy.answer(1)).to_contain_text("预设回答")
    expect(copy.answer(1).locator("pre")).to_be_visible()
    copy.close()


def test_nothing_moves_when_the_final_form_takes_the_live_ones_place(notebook, page):
    """The live text is several widgets, the final one a page; neither has scrollbars, in a narrow window either."""
    book = notebook("%%spark\nsandbox: think 20\n" + held("\n\n".join([RICH] * 5)).partition("\n")[2])
    page.set_viewport_size({"width": 800, "height": 900})
    try:
        answer = book.start(1).locator(".jp-OutputArea-output").first
        expect(answer.locator("mjx-container")).to_have_count(5 * FORMULAS)
        assert answer.locator(".spark-magic > .spark-magic-block").count() > 1
        page.evaluate("document.fonts.ready.then(() => null)")  # the formulas'
        live, scrollable = answer.evaluate(PLACES), answer.evaluate(SCROLLABLE)
        book.stop(1)
        expect(answer.locator("mjx-container")).to_have_count(5 * FORMULAS)
        assert answer.evaluate(PLACES) == live
        assert answer.evaluate(SCROLLABLE) == scrollable == []
    finally:
        page.set_viewport_size(WINDOW)


def test_code_follows_the_theme_and_formulas_are_typeset(notebook):
    book = notebook(f"%%spark\nsandbox: oneframe\nsandbox: say\n{RICH}")
    answer = book.run(1)
    expect(answer.locator("mjx-container")).to_have_count(FORMULAS)
    expect(answer.get_by_text("it costs $5 and $6.")).to_be_visible()
    keyword = answer.locator("pre span", has_text="def")
    colours = "span => [span, span.closest('pre')].map(node => getComputedStyle(node).color)"
    light = keyword.evaluate(colours)
    book.command("apputils:change-theme", theme="JupyterLab Dark")
    try:
        expect(answer.locator("pre")).not_to_have_css("color", light[1])
        dark = keyword.evaluate(colours)
    finally:
        book.command("apputils:change-theme", theme="JupyterLab Light")
    assert len({*light, *dark}) == 4, (light, dark)


def test_reasoning_streams_in_a_folded_section(notebook):
    book = notebook("%%spark\nsandbox: think 9999", "%%spark\nsandbox: think 9\nsandbox: say **The answer.**")
    output = book.start(1)
    thoughts = output.get_by_text("This is scripted reasoning").first
    expect(thoughts).to_be_attached()
    expect(thoughts).to_be_hidden()
    expect(output).to_contain_text(re.compile(r"^sandbox · thinking"))
    output.get_by_text("Reasoning", exact=True).click()
    expect(thoughts).to_be_visible()
    length = len(thoughts.text_content())
    expect(thoughts).to_have_text(re.compile(f"^.{{{length + 50},}}$", re.DOTALL))
    expect(thoughts).to_be_visible()
    book.stop(1)
    expect(thoughts).to_be_hidden()
    expect(book.run(2)).to_contain_text(
        re.compile(r"^sandbox · .*Reasoning.*This is scripted.*The answer\.", re.DOTALL)
    )
    expect(book.output(2).locator("strong")).to_be_visible()
    expect(book.output(2).get_by_text("This is scripted")).to_be_hidden()


def test_running_a_cell_again_replaces_its_turn(notebook):
    book = notebook("%%spark\nsandbox: oneframe\nOne?", "%%spark\nsandbox: oneframe\nTwo?")
    expect(book.run(1)).to_contain_text("Messages received: 1, and this is turn 1")
    expect(book.run(2)).to_contain_text("Messages received: 3, and this is turn 2")
    expect(book.run(1)).to_contain_text("in place of turn 1")
    expect(book.output(1)).to_contain_text("Messages received: 1, and this is turn 1")
    expect(book.run(2)).to_contain_text("Messages received: 3, and this is turn 2")


def test_an_error_is_three_lines_and_stops_run_all(notebook):
    book = notebook("%%spark\nsandbox: error 11200", "print('went on')")
    book.command("notebook:run-all-cells")
    error = book.output(1).locator("[data-mime-type='application/vnd.jupyter.stderr']")
    lines = error.inner_text().strip().split("\n")
    assert len(lines) == 3, lines
    assert re.search(r"code 11200 · sid \w+", lines[-1])
    assert "Traceback" not in book.output(1).inner_text()
    expect(book.prompt(2)).to_have_text("[ ]:")


@pytest.mark.parametrize("notebook", [1], indirect=True, ids=["bare"])
def test_without_anywidget_the_answer_streams_and_nothing_looks_broken(notebook):
    book = notebook("%%spark\nsandbox: count 2000 rate 20")
    output = book.start(1)
    expect(output).to_contain_text("This scripted paragraph")
    expect(book.prompt(1)).to_have_text("[*]:")
    expect(output.get_by_role("button")).to_have_count(0)
    shown = output.inner_text()
    assert shown.startswith("sandbox · answering"), shown
    assert not re.search("error|failed|click", shown, re.IGNORECASE), shown
    book.command("notebook:interrupt-kernel")
    book.ended(1)
    expect(output).to_contain_text(re.compile(r"^sandbox · [\d.]+ s · stopped"))


if PICTURES:  # no test otherwise: there would be nothing to promise

    def test_pictures_for_the_readme(notebook, page):
        """Write them, light and dark: a question, its answer, and a follow-up that is being answered."""
        page.set_viewport_size({"width": 1064, "height": 1200})
        book = notebook(PICTURE_SETUP, *PICTURE_CELLS, "%spark_reset")
        book.command("application:toggle-left-area")
        book.run(1)
        for theme, name in (("Light", "answer"), ("Dark", "answer-dark")):
            book.command("apputils:change-theme", theme=f"JupyterLab {theme}")
            book.run(2)
            expect(book.start(3)).to_contain_text("while", timeout=PATIENCE)
            top, end = (book.cell(index).bounding_box() for index in (2, 3))
            clip = {"x": top["x"], "y": top["y"], "width": top["width"], "height": end["y"] + end["height"] - top["y"]}
            page.screenshot(path=f"{PICTURES}/{name}.png", clip=clip)
            book.ended(3)
            book.run(4)
