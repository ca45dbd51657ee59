"""A table's rows asked in JupyterLab as a person does it: a bar, a stop, the same cell again, the table."""

import json
import os
import re
from pathlib import Path

import pytest
from lab import PATIENCE, Notebook, serve
from playwright.sync_api import expect
from test_browser import WIDGET, WINDOW, chromium  # noqa: F401  # its fixture: one browser, found in one place

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PICTURES = os.environ.get("SPARK_TEST_MAP_PICTURES")  # a folder for what somebody is to look at; README shows one
SETUP = """import os, sys
sys.path.insert(0, {tests!r})
from cells import KEYS, all_models_at
from spark_magic.sandbox import Sandbox
box = Sandbox().start()
all_models_at(box)
os.environ.update(KEYS)
%load_ext spark_magic
rows = [f"row {{number}}" for number in range(60)]"""
MAP = "%%spark_map rows --workers 4\nsandbox: delay 0.2\nsandbox: say {{ text }}"
# The sandbox's answers go by what is in the row; nobody would look at its usual ones in a column.
PICTURE_SETUP = """import pandas as pd
from spark_magic.sandbox import script
script.answer = lambda question: "1" if "工程" in question.messages[-1][1].splitlines()[0][25:] else "2"
texts = "教学楼改造工程施工招标 办公电脑采购 城市道路绿化工程 实验室显微镜采购 污水处理厂扩建工程 食堂餐具采购".split()
numbers = range(1, 241)
df = pd.DataFrame({"编号": [f"A{n:03}" for n in numbers], "文本": [f"{texts[n % 6]}（第 {n} 批）" for n in numbers]})
%load_ext spark_magic"""
PICTURE_MAP = """%%spark_map df --model sandbox --into 类别 --workers 8
请从 ['工程','货物'] 中选择一个属于下面文本的分类:{{ 文本 }}
结果只输出 1、2,如果都不属于输出 0"""


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
    """Return what opens a notebook of these cells and runs the first; close it afterwards."""
    book = Notebook(page, server, re.sub(r"\W", "_", request.node.name))

    def opened(*sources):
        book.write(*sources).open().run(0)
        return book

    yield opened
    book.close()


def test_a_run_that_was_stopped_goes_on_when_the_cell_is_run_again(notebook):
    book = notebook(SETUP.format(tests=str(Path(__file__).parent)), MAP, "print(box.handshakes)")
    output = book.start(1)
    expect(output).to_contain_text(re.compile(r"\b(1[2-9]|[2-4]\d) of 60 rows"))
    expect(book.prompt(1)).to_have_text("[*]:")
    book.command("notebook:interrupt-kernel")
    book.ended(1)
    stopped = r"stopped: (\d+) of 60 rows are done and kept; run the cell again for the rest"
    expect(output).to_contain_text(re.compile(stopped))
    done = int(re.search(stopped, output.inner_text())[1])
    asked = int(book.run(2).inner_text())
    assert done <= asked <= done + 4
    output = book.run(1)
    line = rf"60 rows in [\d.]+ s: 60 answered, {done} from the journal".replace(" ", r"\s")  # they do not break
    expect(output).to_contain_text(re.compile(line))
    expect(output).to_contain_text("'answer': 'row 59'")
    assert int(book.run(2).inner_text()) == asked + 60 - done
    saved = book.saved().cells[1].outputs
    assert [one.output_type for one in saved] == ["stream", "display_data", "execute_result"]
    assert saved[1].data["text/plain"].startswith("60 rows in ")
    assert WIDGET not in json.dumps(saved)


if PICTURES:  # no test otherwise: there would be nothing to promise

    def test_a_picture_for_the_readme(notebook, page):
        """Write it: the cell, its line, and the table with the new columns."""
        page.set_viewport_size({"width": 1064, "height": 1000})
        book = notebook(PICTURE_SETUP, PICTURE_MAP)
        book.command("application:toggle-left-area")
        expect(book.start(1)).to_contain_text("of 240 rows", timeout=PATIENCE)
        book.cell(1).screenshot(path=f"{PICTURES}/map-live.png")
        book.ended(1)
        book.cell(1).screenshot(path=f"{PICTURES}/map.png")
        page.set_viewport_size(WINDOW)
