"""Several models side by side as a person sees them in JupyterLab: a real server, kernel and Chromium, the sandbox."""

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lab import PATIENCE, Notebook, find_browser, serve
from playwright.sync_api import expect, sync_playwright
from samples import FURTHEST, HOSTILE, RICH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REQUIRED = os.environ.get("SPARK_TEST_BROWSER") == "require"
PICTURES = os.environ.get("SPARK_TEST_COMPARE_PICTURES")  # a folder for what somebody is to look at; README shows one
WINDOW, NARROW = {"width": 1400, "height": 900}, {"width": 520, "height": 900}
WIDE = "\n".join(f"|{cell * 12}" for cell in ("a_word_that_nobody_breaks|", "---|", "1|"))
WIDGET = "application/vnd.jupyter.widget-view+json"
# Every model of the catalogue at a sandbox in the kernel; `say` is there for what a line of directives cannot.
SETUP = """import os, sys
sys.path.insert(0, {tests!r})
from cells import KEYS, all_models_at
from spark_magic.sandbox import Sandbox
box = Sandbox(delay={delay}).start()
all_models_at(box)
os.environ.update(KEYS)
%load_ext spark_magic"""
CLOSED = "print(box.wait_until(lambda: box.open_connections == 0), box.handshakes)"


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
def server(chromium, tmp_path_factory):  # noqa: ARG001  # without a browser no server is needed
    """Return a machine's JupyterLab."""
    with serve(tmp_path_factory.mktemp("lab") / "whole") as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium, server):
    """Return a page of it, which knows the hosts of all its requests."""
    opened = chromium.new_page(viewport=WINDOW)
    opened.asked = set()
    opened.on("request", lambda request: opened.asked.add(urlsplit(request.url).hostname))
    server.load(opened)
    return opened


@pytest.fixture
def notebook(page, server, request):
    """Return what opens a notebook of these cells, below one that has set all up; close it afterwards."""
    book = Notebook(page, server, re.sub(r"\W", "_", request.node.name))

    def opened(*sources, delay=0.03):
        setup = SETUP.format(tests=str(Path(__file__).parent), delay=delay)
        book.write(setup, *sources).open().run(0)
        return book

    yield opened
    page.set_viewport_size(WINDOW)
    book.close()


def column(output, number):
    """Return one of the live columns."""
    return output.locator(".spark-magic-column").nth(number)


def places(area, nodes):
    """Return where two nodes are, from the corner of an area."""
    origin, *boxes = (node.bounding_box() for node in (area, nodes.nth(0), nodes.nth(1)))
    return [(round(box["x"] - origin["x"]), round(box["y"] - origin["y"])) for box in boxes]


def picture(place, name):
    """Keep what a place of the page looks like, if somebody wants to see it."""
    if PICTURES:
        place.screenshot(path=f"{PICTURES}/{name}.png")


def test_three_models_stream_at_the_same_time_and_one_stop_ends_them_all(notebook):
    book = notebook("%%spark -m ultra,x2,lite\nsandbox: count 2000 rate 20", CLOSED)
    output = book.start(1)
    lengths = []
    for number in (0, 1):
        expect(column(output, number)).to_contain_text("This scripted paragraph")
        lengths.append(len(column(output, number).inner_text()))
    for number, length in enumerate(lengths):
        expect(column(output, number)).to_have_text(re.compile(rf"^.{{{length + 200},}}$", re.DOTALL))
    expect(book.prompt(1)).to_have_text("[*]:")
    for number, alias in enumerate(("ultra", "x2", "lite")):
        expect(column(output, number)).to_contain_text(re.compile(rf"^{alias} · answering · \d+ s"))
    places = [column(output, number).bounding_box() for number in range(3)]
    assert len({place["y"] for place in places}) == 1
    assert places[0]["x"] < places[1]["x"] < places[2]["x"]
    expect(output.get_by_role("button")).to_have_count(1)
    picture(output, "streaming")
    book.stop(1)
    for alias in ("ultra", "x2", "lite"):
        expect(output).to_contain_text(re.compile(rf"{alias} · [\d.]+ s · stopped · not remembered"))
    expect(output).to_contain_text("SparkInterrupted")
    expect(output.locator(".jupyter-widgets, button")).to_have_count(0)
    picture(output, "stopped")
    expect(book.run(2)).to_have_text(re.compile(r"True 3\s*"))


def test_nothing_moves_at_the_end_and_a_narrow_window_has_the_answers_below_each_other(notebook, page):
    """The live columns and the final ones stand at the same places; a wide table scrolls inside its column."""
    book = notebook(
        f"%%spark -m ultra,x2\nsandbox: oneframe\nsandbox: stall after 99999\nsandbox: say\n{WIDE}\n\n{RICH}"
    )
    output = book.start(1)
    for number in (0, 1):
        expect(column(output, number)).to_contain_text("The last words.")
    area = output.locator(".jp-OutputArea-output").first
    headings = area.get_by_text("Second level")
    live = places(area, headings)
    book.stop(1)
    expect(output.locator(".jupyter-widgets")).to_have_count(0)
    expect(area.locator("mjx-container")).to_have_count(8)
    assert area.evaluate(FURTHEST) > 1000
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")
    assert places(area, headings) == live
    picture(area, "wide")
    page.set_viewport_size(NARROW)
    book.command("application:toggle-left-area")
    try:
        (left, top), (other, below) = places(area, headings)
        assert left == other
        assert top < below
        assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")
        assert area.locator("pre").first.evaluate("pre => pre.getBoundingClientRect().right <= window.innerWidth")
        picture(area, "narrow")
    finally:
        book.command("application:toggle-left-area")


def test_a_failed_model_says_so_in_its_column_and_the_others_go_on(notebook):
    ask = f"%%spark -m ultra,lite,x2 -o res\nsandbox: references\nsandbox: say\n{RICH}"
    book = notebook("all_models_at(box, lite='nonsense')", ask, "print(list(res))")
    book.run(1)
    output = book.run(2)
    column = output.locator("strong", has_text="lite").locator("xpath=../..")
    expect(column).to_contain_text("incomplete")
    expect(column).to_contain_text(re.compile(r"code \d+ · sid \w+"))
    expect(column).not_to_contain_text("Second level")
    expect(output.get_by_text("Second level")).to_have_count(2)
    expect(output).to_contain_text("Not in the result, because it failed: lite.")
    strong = output.locator("strong", has_text="ultra")
    light = strong.evaluate("node => getComputedStyle(node).color")
    book.command("apputils:change-theme", theme="JupyterLab Dark")
    try:
        expect(strong).not_to_have_css("color", light)
        expect(strong.page.locator("#jupyterlab-splash")).to_have_count(0)
        picture(output, "dark")
    finally:
        book.command("apputils:change-theme", theme="JupyterLab Light")
    expect(book.run(3)).to_contain_text("['ultra', 'x2']")


def test_the_saved_file_holds_all_answers(notebook):
    book = notebook("%%spark -m ultra,x2,lite\nsandbox: oneframe\n你好")
    expect(book.run(1)).to_contain_text("预设回答")
    saved = book.saved()
    [output] = saved.cells[1].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    for text in output.data.values():
        assert text.count("预设回答") == 3
        assert all(alias in text for alias in ("ultra", "x2", "lite"))
    assert [one.model for one in output.metadata.spark_magic.compared] == ["ultra", "x2", "lite"]
    assert WIDGET not in json.dumps(saved)
    assert "预设回答" not in json.dumps(saved.metadata, ensure_ascii=False)


def test_nothing_in_the_answers_runs_or_loads(notebook, page):
    book = notebook(f"%%spark -m ultra,x2\nsandbox: oneframe\nsandbox: stall after 99999\nsandbox: say\n{HOSTILE}")
    book.start(1)
    output = book.answer(1)
    for _ in ("live", "final"):
        for number in (0, 1):
            expect(output.get_by_text("The end:").nth(number)).to_be_visible()
        expect(output.locator("mjx-container")).to_have_count(2)
        expect(output.locator("script, iframe, img, svg, [onerror], [onload]")).to_have_count(0)
        expect(output.locator("a:not([href^='https://'])")).to_have_count(0)
        output.get_by_text("click").first.click()
        if book.prompt(1).text_content() == "[*]:":
            book.stop(1)
    assert page.evaluate("window.pwned") is None
    assert page.asked <= {"127.0.0.1", None}  # None: data and blob addresses
