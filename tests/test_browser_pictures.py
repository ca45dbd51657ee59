"""A picture is asked about in JupyterLab, as a person would: plot, ask, read, save."""

import base64
import os
import re

import pytest
from lab import PATIENCE, Notebook, find_browser, serve
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REQUIRED = os.environ.get("SPARK_TEST_BROWSER") == "require"
SETUP = "%load_ext spark_magic\n%config SparkMagics.model = 'sandbox'"
PLOT = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([3, 1, 2]);"
FILE = "from spark_magic.picture import blank_picture\nopen('square.png', 'wb').write(blank_picture().data);"


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


@pytest.fixture
def notebook(chromium, tmp_path):
    """Return what opens a notebook of these cells in a JupyterLab of its own, below one that loads the extension."""
    with serve(tmp_path / "lab") as server:
        page = chromium.new_page()
        server.load(page)
        book = Notebook(page, server, "pictures")

        def opened(*sources):
            book.write(SETUP, *sources).open().run(0)
            return book

        yield opened
        book.close()
        page.close()


def pictures_of(saved):
    """Return the pictures that the user's own cells show, as bytes."""
    outputs = [output for cell in saved.cells for output in cell.outputs]
    return [base64.b64decode(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", {})]


def test_a_plot_is_asked_about_and_followed_up_and_the_file_keeps_one_copy_of_it(notebook):
    """The user's own output has the plot; the answers have words alone."""
    pytest.importorskip("matplotlib")
    book = notebook(
        PLOT,
        "%%spark --image fig\nWhat does it show?",
        "%spark And where is its lowest point?",
        FILE,
        "%%spark --image square.png\nAnd this?",
        "%%spark --image sqare.png\nAnd this?",
    )
    expect(book.run(1).locator("img")).to_be_visible()
    first = book.run(2)
    expect(first).to_contain_text(re.compile(r"A picture of \d{3} x \d{3} pixels \(PNG\)"))
    expect(first).to_contain_text(re.compile(r"Picture: fig, \d{3} x \d{3}, \d+ kB"))
    expect(first.locator("img")).to_have_count(0)
    seen = re.search(r"A picture of \d+ x \d+", first.inner_text())[0]
    expect(book.run(3)).to_contain_text(seen)
    book.run(4)
    expect(book.run(5)).to_contain_text("A picture of 50 x 50 pixels (PNG)")
    expect(book.run(6)).to_contain_text("PictureRefused: There is neither a variable 'sqare.png' nor a file")
    saved = book.saved()
    [plot] = pictures_of(saved)
    texts = [str(cell) for cell in saved.cells[2:]]
    assert not [text for text in texts if base64.b64encode(plot[:60]).decode()[:70] in text or "iVBOR" in text]
    assert "iVBOR" not in str(saved.metadata)
