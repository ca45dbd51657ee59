"""Pictures in a real kernel: from a file, from bytes, from PIL and from matplotlib, and the questions that follow."""

import importlib.util

import pytest
from kernels import Kernel

from spark_magic.sandbox import Sandbox

BLANK = "import struct, zlib\nfrom spark_magic.picture import blank_picture\nblank = blank_picture().data"
NEEDS = {
    name: pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=name) for name in ("PIL", "matplotlib")
}


@pytest.fixture(scope="module")
def warm_kernel(tmp_path_factory):
    """One kernel that asks the sandbox, in a folder of its own."""
    home = tmp_path_factory.mktemp("kernel")
    with Sandbox(delay=0.002) as server:
        started = Kernel(home, server)
        started.run(f"%cd -q {home}")
        started.run("%spark_config --model sandbox")
        started.run(BLANK)
        yield started
        started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing remembered."""
    warm_kernel.run("%spark_reset")
    return warm_kernel


def asked(kernel):
    """Return the kinds of the newest request's messages, as the sandbox has received them."""
    items = "get_ipython()._spark_magic_state.sandbox.requests[-1]['payload']['message']['text']"
    return kernel.value(f"[item.get('content_type') or item['role'] for item in {items}]")


@pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
@pytest.mark.parametrize(
    ("before", "image", "said"),
    [
        ("pic = blank", "pic", "50 x 50 pixels (PNG)"),
        ("open('my chart.png', 'wb').write(blank)", "'my chart.png'", "50 x 50 pixels (PNG)"),
        ("from IPython.display import Image\npic = Image(blank)", "pic", "50 x 50 pixels (PNG)"),
        pytest.param(
            "from PIL import Image\npic = Image.new('CMYK', (640, 480))",
            "pic",
            "640 x 480 pixels (PNG)",
            marks=NEEDS["PIL"],
        ),
    ],
    ids=["bytes", "file", "Image", "PIL"],
)
def test_the_model_receives_the_picture_and_the_note_says_what_it_is(kernel, cell, before, image, said):
    kernel.run(before)
    run = kernel.run(f"%%spark --image {image}\nwhat is it?", cell)
    [(bundle, _)] = run.saved
    assert said in bundle["text/plain"]
    assert f"Picture: {image.strip(chr(39))}, {said.partition(' pixels')[0]}, " in bundle["text/html"]
    assert asked(kernel) == ["image", "user"]


@NEEDS["matplotlib"]
def test_a_figure_is_sent_as_it_was_shown_also_after_its_cell(kernel):
    """The inline backend closes a figure when its cell has ended."""
    shown = kernel.run(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n_ = ax.plot([1, 2])"
    )
    assert "image/png" in shown.saved[0][0]
    for name in ("fig", "ax"):
        run = kernel.run(f"%spark --image {name} what does it show?")
        assert "pixels (PNG)" in run.text
        assert f"Picture: {name}, " in run.saved[0][0]["text/html"]
    assert not run.of("stream", "error")
    assert "fig" in kernel.run("%spark_reset\n%spark --dry-run --image fig hi").text
    kernel.run("%matplotlib agg")


def test_a_follow_up_keeps_the_picture(kernel):
    kernel.run("%spark --image blank what is it?", "first")
    assert "50 x 50 pixels" in kernel.run("%spark and its colour?", "second").text
    assert asked(kernel) == ["image", "user", "assistant", "user"]
    kernel.run("%spark what is it?", "first")  # run again without it
    assert asked(kernel) == ["user"]


def test_one_that_is_too_large_fails_the_cell_before_anything_is_sent(kernel):
    kernel.run("large = blank[:16] + struct.pack('>II', 12801, 9) + blank[24:]\nheavy = blank.ljust(5_000_000)")
    kernel.run("%spark hi")
    count = "get_ipython()._spark_magic_state.sandbox.handshakes"
    before = kernel.value(count)
    for name, said in (("large", "12801 x 9 pixels"), ("heavy", "5,000,000 bytes"), ("fog", "no")):
        run = kernel.run(f"%%spark --image {name}\nhi", fails=True)
        kind, lines = run.error
        assert kind == "PictureRefused"
        assert said in lines[0]
        assert "Nothing was sent" in lines[1]
        assert not run.of("display_data")
    assert kernel.value(count) == before


def test_nothing_that_is_shown_has_the_picture_in_it(kernel):
    kernel.run("import os, base64\npic = blank + os.urandom(3000)\ncode = base64.b64encode(pic).decode()")
    code = kernel.value("code")
    kernel.log.clear()
    for line in ("--image pic hi", "and now?", "--dry-run --image pic hi", "--dry-run hi"):
        kernel.run(f"%spark {line}", "a-cell")
    pieces = {code[place : place + 40] for place in (0, 400, 2000)}
    assert not [message for message in kernel.log for piece in pieces if piece in str(message["content"])]


def test_a_plain_call_takes_the_object(kernel):
    run = kernel.run("import spark_magic\nspark_magic.ask('what is it?', image=blank)")
    assert "50 x 50 pixels" in run.text
