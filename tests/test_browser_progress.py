"""A long run as a person sees it in JupyterLab: the bar grows while the cell runs, and the line stays in the file."""

import json
import os
import re
import shutil

import pytest
from lab import PANEL, Notebook, serve
from playwright.sync_api import expect
from test_browser import WIDGET, WINDOW, chromium  # noqa: F401  # its fixture: one browser, found in one place

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PICTURES = os.environ.get("SPARK_TEST_PROGRESS_PICTURES")  # a folder for what somebody is to look at
NARROW = {"width": 480, "height": 900}
SETUP = """\
import os, time
from spark_magic.display.progress import open_progress
from spark_magic.messages import use_language
from spark_magic.progress import Progress
def at(done, slow=False):
    return Progress(1000, done, done // 100, 0, min(done, 120), 0, 45 * done, done / 14, 2 if slow else 8,
                    limited=int(slow))"""
# Some rows are done, and more as soon as there is a file of that name; then on and on until it is interrupted.
HELD = """\
view = open_progress(get_ipython(), "Kinds of <b>tenders</b> \u202e$x$")
view.show(at(0))
try:
    while True:
        done = 600 if os.path.exists({0!r}) else 150
        view.show(at(done, done > 400))
        time.sleep(0.005)
except KeyboardInterrupt:
    view.finish(at(done), "stopped")"""
CUT_OFF = """node => [node, ...node.querySelectorAll("*")]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"""
WHOLE = 'view = open_progress(get_ipython(), "")\nview.show(at(0))\nview.finish(at(1000), "complete")'


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
    """Return what opens a notebook of these cells, below one that has what they need; close it afterwards."""
    book = Notebook(page, server, re.sub(r"\W", "_", request.node.name))

    def opened(*sources):
        book.write(SETUP, *sources).open().run(0)
        return book

    yield opened
    page.set_viewport_size(WINDOW)
    book.close()


def parts(output):
    """Return the bar's coloured boxes."""
    return output.locator("div[style*='background'] > div")


def reopened(book, page, server):
    """Return the saved file as somebody sees it who has no kernel for it."""
    copy = Notebook(page, server, f"copy_of_{book.name.removesuffix('.ipynb')}")
    shutil.copy(book.path, copy.path)
    copy.command("docmanager:open", path=copy.name, factory="Notebook", kernelPreference={"shouldStart": False})
    copy.wait(f"{PANEL}?.context?.path === '{copy.name}'")
    return copy


def test_the_bar_grows_while_the_cell_runs_and_a_stop_leaves_a_line_that_is_saved(notebook, page, server):
    book = notebook(HELD.format("further"))
    output = book.start(1)
    expect(output).to_contain_text("15%150 of 1,000 rows")
    expect(parts(output)).to_have_count(3)  # from the journal, asked, failed
    expect(parts(output).nth(1)).to_have_attribute("style", re.compile(r"^width:2\.9%"))
    (server.root / "further").touch()
    expect(output).to_contain_text(re.compile("60%600 of 1,000 rows.*slowed to 2 at once"))
    expect(book.prompt(1)).to_have_text("[*]:")
    expect(parts(output).nth(1)).to_have_attribute("style", re.compile(r"^width:47\.4%"))
    expect(parts(output).nth(1)).to_be_visible()
    book.command("notebook:interrupt-kernel")
    book.ended(1)
    line = re.compile(r"Kinds of <b>tenders</b> \$x\$ · stopped: 600 of 1,000 rows are done and kept; run the cell")
    expect(output).to_contain_text(line)
    expect(parts(output)).to_have_count(0)
    expect(output.locator("mjx-container")).to_have_count(0)
    [saved] = book.saved().cells[1].outputs
    assert line.match(saved.data["text/plain"])
    assert WIDGET not in json.dumps(saved)
    copy = reopened(book, page, server)
    expect(copy.output(1)).to_contain_text(line)
    expect(copy.output(1)).to_be_visible()
    copy.close()


def test_a_whole_run_ends_as_one_line(notebook):
    book = notebook(WHOLE)
    line = "1,000 rows in 1 min 11 s: 990 answered, 10 failed, 120 from the journal, 45,000 tokens, 12.3 rows/s"
    expect(book.run(1)).to_have_text(re.compile(line.replace(" ", r"\s")))


def test_in_a_narrow_window_all_numbers_are_there_to_be_read(notebook, page):
    """They go on in a next line; nothing is cut off or has to be scrolled."""
    book = notebook("use_language('zh')\n" + HELD.format("."))
    page.set_viewport_size(NARROW)
    book.command("application:toggle-left-area")
    output = book.start(1)
    expect(output).to_contain_text("已降速：同时 2 个请求")
    assert output.locator("div[style*='tabular-nums']").evaluate(CUT_OFF) == []
    book.command("notebook:interrupt-kernel")
    book.ended(1)
    expect(output).to_contain_text("再次运行本单元格即可继续")
    assert output.locator("div[style*='tabular-nums']").evaluate(CUT_OFF) == []
    book.command("application:toggle-left-area")


if PICTURES:  # no test otherwise: there would be nothing to promise

    def test_pictures(notebook, page):
        """Write them: while it runs, stopped, and whole; light and dark, narrow, and in Chinese."""
        looks = [
            (name, theme, size) for theme in ("Light", "Dark") for name, size in (("", WINDOW), ("-narrow", NARROW))
        ]
        opened = "view = open_progress(get_ipython(), '类别 · %%spark_map df')\n"
        moving = opened + "view.show(at(0)); time.sleep(0.3)\nview.show(at({}, True))"
        ends = ((1000, "complete"), (310, "stopped"), (310, "failed"))
        ended = "\n".join(f"{opened}view.finish(at({count}), '{how}')" for count, how in ends)
        book = notebook(moving.format(450), ended, f"use_language('zh')\n{moving.format(950)}", ended)
        book.command("application:toggle-left-area")
        for index in (1, 2, 3, 4):
            book.run(index)
        for name, theme, size in looks:
            book.command("apputils:change-theme", theme=f"JupyterLab {theme}")
            page.set_viewport_size(size)
            page.wait_for_timeout(1500)
            page.screenshot(path=f"{PICTURES}/{theme}{name}.png")
        book.command("apputils:change-theme", theme="JupyterLab Light")
        book.command("application:toggle-left-area")
