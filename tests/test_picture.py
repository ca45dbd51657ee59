"""A picture is one the service takes, or a PictureRefused that says why and what to do; nothing else ever comes out."""

import io
import os
import struct
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.errors import PictureRefused
from spark_magic.events import Message
from spark_magic.picture import MOST_BYTES, Picture, blank_picture, measured, picture_in, picture_of

BLANK = blank_picture().data
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def png(width, height, size=0):
    """Return a PNG file that says these sides, of at least so many bytes."""
    return (BLANK[:16] + struct.pack(">II", width, height) + BLANK[24:]).ljust(size, b"\0")


def jpeg(width, height):
    """Return a JPEG's beginning, behind a comment: the frame's header says these sides."""
    comment = b"\xff\xfe" + struct.pack(">H", 11) + b"\xff\xc0not yet"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + comment + frame + b"\xff\xd9"


def refused(value):
    """Return why a picture is refused."""
    with pytest.raises(PictureRefused) as caught:
        picture_of(value)
    assert "Nothing was sent" in caught.value.hint
    return caught.value


def judged(judge, data):
    """Return the picture, or None for one that is refused in whole sentences."""
    try:
        picture = judge(data)
    except PictureRefused as problem:
        _ = str(problem)  # it can be said, whatever it is
        return None
    assert isinstance(picture, Picture)
    return picture


# files and bytes


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize(("data", "name"), [(png(640, 480), "PNG"), (jpeg(640, 480), "JPEG")])
def test_the_bytes_of_a_file_are_a_picture(kind, data, name):
    picture = picture_of(kind(data))
    assert (picture.kind, picture.width, picture.height, picture.data) == (name, 640, 480, data)
    assert picture.drawn is None


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_a_picture_whatever_its_name(tmp_path, kind):
    path = tmp_path / "图 片.txt"
    path.write_bytes(BLANK)
    assert picture_of(kind(path)) == blank_picture()


def test_a_path_may_begin_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "chart.png").write_bytes(BLANK)
    assert picture_of("~/chart.png") == blank_picture()


def test_the_message_is_the_file_in_base64_without_a_prefix():
    message = picture_of(BLANK).message
    assert (message.role, message.content_type) == ("user", "image")
    assert b64decode(message.content, validate=True) == BLANK
    assert picture_in(message) == blank_picture()


def test_a_message_that_carries_no_base64_is_a_value_error():
    with pytest.raises(ValueError, match=r"base64|character|padding"):
        picture_in(Message("user", "data:image/png;base64,AAAA", "image"))


def test_the_picture_of_a_displayed_image():
    class Image:  # as IPython.display's
        data = BLANK

    assert picture_of(Image()) == blank_picture()


def test_what_the_picture_is_does_not_show_its_bytes():
    assert "PNG" in repr(picture_of(BLANK))
    assert len(repr(picture_of(BLANK))) < 100


def test_the_smallest_picture_is_one_the_service_takes():
    assert (blank_picture().width, blank_picture().height, blank_picture().kind) == (50, 50, "PNG")
    assert len(BLANK) < 200


@pytest.mark.parametrize(
    "sides", [(50, 50), (1, 2500), (2500, 1), (6000, 6000), (12800, 2812), (2812, 12800), (10, 12800)]
)
@pytest.mark.parametrize("file", [png, jpeg])
def test_sizes_on_the_limits_are_within_them(file, sides):
    picture = picture_of(file(*sides))
    assert (picture.width, picture.height) == sides


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ((12801, 100), ("12801 x 100", "12800")),
        ((100, 65535), ("100 x 65535", "12800")),
        ((6001, 6000), ("6001 x 6000", "36,006,000", "36,000,000")),
        ((49, 51), ("49 x 51", "2,500", "50 x 50")),
        ((1, 1), ("1 x 1", "2,500")),
    ],
)
@pytest.mark.parametrize("file", [png, jpeg])
def test_sizes_beyond_the_limits_are_refused_with_the_numbers(file, sides, said):
    problem = refused(file(*sides))
    assert all(words in problem.sentence for words in said)
    assert "PIL.Image.open" in problem.hint


def test_four_megabytes_are_taken_and_not_one_byte_more(tmp_path):
    assert picture_of(png(50, 50, MOST_BYTES)).width == 50
    path = tmp_path / "large.png"
    path.write_bytes(png(50, 50, MOST_BYTES + 7))
    for value in (path, path.read_bytes()):
        problem = refused(value)
        assert "4,194,311 bytes" in problem.sentence
        assert "4,194,304" in problem.sentence
        assert "thumbnail" in problem.hint


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GIF89a" + b"\0" * 20, "GIF"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "WebP"),
        (b"BM" + b"\0" * 60, "BMP"),
        (b"II*\0" + b"\0" * 20, "TIFF"),
        (b"MM\0*" + b"\0" * 20, "TIFF"),
        (b"\0\0\0\x20ftypavif", "AVIF"),
        (b"\0\0\0\x20ftypheic", "HEIC"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\x01\0\x01", "ICO"),
    ],
)
def test_another_format_is_named_and_how_to_convert_it(data, kind):
    problem = refused(data)
    assert f"is {kind};" in problem.sentence
    assert 'convert("RGB")' in problem.hint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"<?xml version='1.0'?><!-- a plot --><svg xmlns='x'>", "SVG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"plain words", "no picture"),
        (b"", "0 bytes"),
        (PNG, "damaged or incomplete"),
        (PNG + b"\0\0\0\rIEND" + b"\0" * 40, "damaged or incomplete"),
        (png(0, 100), "damaged or incomplete"),
        (JPEG, "damaged or incomplete"),
        (JPEG + b"\xe0\0\x10JFIF", "damaged or incomplete"),
        (jpeg(640, 480)[:24], "damaged or incomplete"),
        (jpeg(640, 480)[:-2], "damaged or incomplete"),
        (BLANK[:-12], "damaged or incomplete"),
    ],
)
def test_what_is_no_picture_at_all_is_told_apart(data, said):
    assert said in refused(data).sentence


@pytest.mark.parametrize("value", [None, 3, object(), [1, 2], {"data": BLANK}, str, io.BytesIO(BLANK)])
def test_any_other_object_is_refused_by_its_type(value):
    problem = refused(value)
    assert type(value).__name__ in problem.sentence
    assert "fromarray" in problem.hint


def test_no_file_a_folder_and_what_cannot_be_read_are_told_apart(tmp_path):
    assert "no file" in refused(tmp_path / "none.png").sentence
    assert "folder" in refused(tmp_path).sentence
    assert "cannot be read" in refused("a\0b.png").sentence
    assert "cannot be read" in refused("x" * 5000).sentence
    assert refused("~nobody-of-that-name/a.png").sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "pipe" in refused(tmp_path / "pipe").sentence
    assert "device" in refused("/dev/zero").sentence


def test_of_a_huge_file_no_more_than_four_megabytes_are_read(tmp_path):
    """A terabyte without anything on the disk."""
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(2**40)
    assert "1,099,511,627,776 bytes" in refused(path).sentence


@pytest.mark.parametrize("problem", [ValueError, TypeError, struct.error])
def test_older_versions_of_imagesize_raise_where_newer_ones_do_not(monkeypatch, problem):
    def get(_):
        raise problem

    monkeypatch.setattr("imagesize.get", get)
    assert "damaged or incomplete" in refused(BLANK).sentence


@given(st.sampled_from([b"", PNG, PNG + b"\0\0\0\rIHDR", JPEG, JPEG + b"\xe1"]), st.binary(max_size=300))
def test_any_bytes_are_a_picture_or_refused(start, rest):
    picture = judged(picture_of, start + rest)
    assert picture is None or 2500 <= picture.width * picture.height <= 36_000_000


@given(st.integers(0, len(BLANK)), st.integers(0, 255), st.integers(0, 40))
def test_a_damaged_file_is_a_picture_or_refused(cut, byte, place):
    for data in (BLANK[:cut], jpeg(60, 60)[:cut], _changed(BLANK, place, byte), _changed(jpeg(60, 60), place, byte)):
        judged(measured, data)


def _changed(data, place, byte):
    return data[:place] + bytes([byte]) + data[place + 1 :]


@pytest.mark.parametrize("filler", [b"\xff", b"\0", b"\xff\xc4\0\x02", b"\xff\xe1\0\x00", b"\xff\xe1\xff\xff"])
def test_four_hostile_megabytes_are_judged_within_seconds(filler):
    started = time.monotonic()
    refused((JPEG + filler * MOST_BYTES)[:MOST_BYTES])
    assert time.monotonic() - started < 20


def test_neither_pil_nor_matplotlib_is_loaded_for_a_file():
    program = (
        "import sys; from spark_magic.picture import blank_picture, picture_of\n"
        "assert 'imagesize' not in sys.modules; picture_of(blank_picture().data)\n"
        "try: picture_of(object())\nexcept Exception: pass\n"
        "sys.exit('PIL' in sys.modules or 'matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# PIL images


@pytest.fixture
def pil():
    return pytest.importorskip("PIL.Image")


def opened(pil, picture):
    """Read a picture the way anybody would, and see that it says the truth of itself."""
    image = pil.open(io.BytesIO(picture.data))
    image.load()
    assert (image.format, image.size) == (picture.kind, (picture.width, picture.height))
    return image


def noise(pil, *size):
    return pil.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
def test_an_image_of_any_mode_is_a_picture(pil, mode):
    picture = picture_of(pil.new(mode, (64, 80)))
    assert opened(pil, picture).mode in ("L", "RGB")
    assert (picture.kind, picture.width, picture.height, picture.drawn) == ("PNG", 64, 80, None)


def test_what_pil_cannot_read_any_more_is_refused_with_its_reason(pil):
    image = pil.new("RGB", (64, 64))
    image.close()
    assert "closed image" in refused(image).sentence


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(pil, mode):
    image = pil.new("RGBA", (60, 60), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 30, 60))
    if mode == "P":
        image = image.convert("RGB").convert("P")
        image.info["transparency"] = image.getpixel((59, 0))
    seen = opened(pil, picture_of(image if mode == "P" else image.convert(mode))).convert("RGB")
    assert seen.getpixel((59, 59)) == (255, 255, 255)
    assert seen.getpixel((0, 0)) != (255, 255, 255)


def test_deep_greys_keep_their_contrast(pil):
    """Scientific images have 16 bits or floats: cut off at 255 they would be white."""
    for mode, low, high in (("I;16", 1000, 60000), ("I", -5, 100000), ("F", 0.0, 1.0)):
        image = pil.new(mode, (60, 60), low)
        image.paste(high, (0, 0, 30, 60))
        seen = opened(pil, picture_of(image))
        assert (seen.getpixel((0, 0)), seen.getpixel((59, 0))) == (255, 0)
    shallow = opened(pil, picture_of(pil.new("I", (60, 60), 7)))
    assert shallow.getpixel((0, 0)) == 7


def test_an_image_whose_png_is_too_large_is_sent_as_a_jpeg_of_the_same_size(pil):
    picture = picture_of(noise(pil, 1400, 1100))
    assert opened(pil, picture).size == (1400, 1100)
    assert (picture.kind, picture.drawn) == ("JPEG", None)


@pytest.mark.parametrize("size", [(13000, 100), (7000, 6000), (100, 13000)])
def test_an_image_beyond_the_limits_is_scaled_down_and_says_so(pil, size):
    picture = picture_of(pil.new("L", size))
    assert picture.drawn == size
    assert opened(pil, picture).size < size
    assert picture.width * size[1] == pytest.approx(picture.height * size[0], rel=0.01)


def test_an_image_of_noise_is_scaled_until_its_file_fits(pil):
    picture = picture_of(noise(pil, 3500, 3000))
    assert opened(pil, picture).size < (3500, 3000)
    assert picture.drawn == (3500, 3000)
    assert len(picture.data) <= MOST_BYTES


def test_a_small_image_is_refused(pil):
    assert "20 x 20" in refused(pil.new("RGB", (20, 20))).sentence
    assert refused(pil.new("RGB", (0, 20))).sentence


def test_an_image_is_turned_upright_and_tells_nothing_of_the_camera(pil):
    exif = pil.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera's name"
    file = io.BytesIO()
    pil.new("RGB", (80, 60)).save(file, "JPEG", exif=exif)
    picture = picture_of(pil.open(file))
    assert (picture.width, picture.height, picture.drawn) == (60, 80, None)
    assert b"camera" not in picture.data


def test_an_image_whose_file_is_cut_off_is_refused(pil):
    file = io.BytesIO()
    noise(pil, 200, 200).save(file, "PNG")
    assert "PIL cannot" in refused(pil.open(io.BytesIO(file.getvalue()[:2000]))).sentence


def test_the_users_own_image_stays_as_it_is(pil):
    image = pil.new("P", (13000, 60))
    picture_of(image)
    assert (image.mode, image.size) == ("P", (13000, 60))


# figures


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_a_figure_and_what_is_in_one_are_the_same_picture(plt):
    figure, axes = plt.subplots()
    [line] = axes.plot([1, 2])
    whole = picture_of(figure)
    assert (whole.kind, whole.drawn) == ("PNG", None)
    assert whole.width > whole.height > 300
    assert picture_of(axes) == picture_of(line) == picture_of(plt) == whole


def test_a_figure_has_its_own_resolution_and_all_that_sticks_out_of_it(plt):
    figure, axes = plt.subplots(figsize=(4, 3), dpi=50)
    small = picture_of(figure)
    figure.set_dpi(200)
    assert picture_of(figure).width == pytest.approx(4 * small.width, rel=0.05)
    axes.text(3, 0.5, "far to the right")
    assert picture_of(figure).width > 8 * small.width


def test_a_figure_on_transparent_ground_is_drawn_on_white(plt, pil):
    figure, _ = plt.subplots(facecolor=(0, 0, 0, 0))
    assert opened(pil, picture_of(figure)).convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
    assert figure.get_facecolor() == (0, 0, 0, 0)


def test_a_figure_that_fits_without_its_empty_edges_is_not_made_coarser(plt):
    figure, _ = plt.subplots(figsize=(150, 2))
    picture = picture_of(figure)
    assert (picture.width, picture.drawn) == (pytest.approx(11_700, rel=0.01), None)


@pytest.mark.parametrize("beside", [0.5, 1.5])
def test_a_figure_beyond_the_limits_is_drawn_coarser_and_says_so(plt, beside):
    """Also where what sticks out of it makes it larger than it says it is."""
    figure, axes = plt.subplots(figsize=(180, 2))
    axes.text(beside, 0.5, "a word")
    picture = picture_of(figure)
    assert picture.width <= 12800
    assert picture.drawn[0] > 12800
    assert figure.get_dpi() == 100


def test_a_figure_with_a_photograph_is_sent_as_a_jpeg(plt, pil):
    figure = plt.figure(figsize=(14, 11))
    figure.figimage(noise(pil, 1400, 1100))
    picture = picture_of(figure)
    assert opened(pil, picture).format == "JPEG"
    assert picture.drawn is None


def test_what_fails_in_a_figure_is_its_owners_error(plt):
    figure, axes = plt.subplots()
    axes.set_title(r"$\nonsense$")
    with pytest.raises(ValueError, match="nonsense"):
        picture_of(figure)
