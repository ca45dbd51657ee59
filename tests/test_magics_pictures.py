"""`--image`: which picture is meant, who is asked about it, what is told of it, and what never shows."""

import dataclasses
import io
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace

import pytest
from cells import chat_of, use_keys, write_config
from IPython.core.error import UsageError

import spark_magic
from spark_magic.conversation import Conversation
from spark_magic.errors import ConfigurationError, PictureRefused, PromptTooLarge
from spark_magic.events import Message
from spark_magic.models import find
from spark_magic.picture import blank_picture
from spark_magic.sandbox import Sandbox

BLANK = blank_picture().data
HI = "sandbox: say hi"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Be in a folder of one picture, `chart.png`."""
    (tmp_path / "chart.png").write_bytes(BLANK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(cells, options="", text=HI):
    return cells.run(f"%%spark {options}\n{text}")


def types_of(request):
    """Return a request's messages as their roles, a picture as `picture`."""
    items = request["payload"]["message"]["text"]
    return ["picture" if item.get("content_type") == "image" else item["role"] for item in items]


def picture_of(request):
    [content] = [m["content"] for m in request["payload"]["message"]["text"] if m.get("content_type") == "image"]
    return b64decode(content)


# what is meant


@pytest.mark.parametrize("form", ["%%spark --image {}\nwhat is it?", "%spark --image={} what is it?"])
@pytest.mark.parametrize("name", ["chart.png", "./chart.png", "'chart.png'", "{folder}/chart.png"])
def test_a_file_is_sent_in_front_of_the_question(cells, box, capsys, form, name):
    answer = cells.run(form.format(name.format(folder=Path.cwd())))
    assert types_of(box.requests[0]) == ["picture", "user"]
    assert picture_of(box.requests[0]) == BLANK
    assert "50 x 50 pixels (PNG)" in answer
    assert "Picture: chart.png, 50 x 50, 1 kB" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_the_home_folder_and_names_with_blanks(cells, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    (folder / "my 图.png").write_bytes(BLANK)
    assert "50 x 50" in cells.run("%spark --image '~/my 图.png' what is it?")


@pytest.mark.parametrize(
    "make",
    [bytes, bytearray, lambda data: SimpleNamespace(data=data), lambda _: "chart.png"],
    ids=["bytes", "bytearray", "an object with data", "a file's name"],
)
def test_a_variable_is_sent_by_its_name(cells, box, capsys, make):
    cells.names["pic"] = make(BLANK)
    ask(cells, "--image pic")
    assert picture_of(box.requests[0]) == BLANK
    assert "Picture: pic, 50 x 50, 1 kB" in capsys.readouterr().out


def test_a_variable_comes_before_a_file_of_its_name(cells, box, folder):
    (folder / "pic").write_bytes(b"no picture")
    cells.names["pic"] = BLANK
    ask(cells, "--image pic")
    assert picture_of(box.requests[0]) == BLANK
    del cells.names["pic"]
    assert "no picture" in str(cells.fails(f"%%spark --image pic\n{HI}"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fog", ["no variable", "'fog'", "the nearest variable is fig", "--image fig"]),
        ("chrt.png", ["neither a variable 'chrt.png' nor a file", "{folder}/chrt.png"]),
        ("a.b", ["{folder}/a.b"]),
        ("/no/such/file.png", ["a file /no/such/file.png"]),
        (".", ["folder"]),
        ("''", ["folder"]),
        ("~nobody-here/x.png", ["~nobody-here/x.png"]),
        ("x" * 300 + ".png", ["x.png"]),
    ],
)
def test_what_is_neither_names_the_nearest_and_the_place(cells, box, folder, name, said):
    cells.names["fig"] = BLANK
    problem = cells.fails(f"%%spark --image {name}\n{HI}")
    assert type(problem) is PictureRefused
    shown = str(problem).replace("neither a", "no") if "no variable" in said else str(problem)
    assert all(words.format(folder=folder) in shown for words in said)
    assert box.handshakes == 0


@pytest.mark.parametrize(
    "value", [None, 7, "plain words", BLANK[:30], b"GIF89a" + b"\0" * 9, b"\x89PNG\r\n\x1a\n" * 600000]
)
def test_what_cannot_be_sent_fails_before_anything_is(cells, box, value):
    cells.names["pic"] = value
    assert isinstance(cells.fails(f"%%spark --image pic -o kept\n{HI}"), PictureRefused)
    assert box.handshakes == 0
    assert "kept" not in cells.names
    assert not cells.magics.state.conversation.turns


def test_a_plain_call_takes_the_object_itself(cells, box, folder, capsys):
    assert "50 x 50" in spark_magic.ask("what is it?", image=BLANK)
    assert "Picture: bytes, " in capsys.readouterr().out
    spark_magic.ask("and this?", image="chart.png")
    assert "Picture: chart.png, " in capsys.readouterr().out
    spark_magic.ask("and this?", image=folder / "chart.png")
    assert [picture_of(request) for request in box.requests] == [BLANK] * 3
    cells.names["pic"] = BLANK
    with pytest.raises(PictureRefused, match="no file"):
        spark_magic.ask("and this?", image="pic")  # in Python a text is a path


def test_a_long_path_is_no_key(cells, box, folder):
    """What the console hands out is 32 letters and digits; so is many a path, and the name of a downloaded file."""
    place = folder / "data2024" / "experiments" / "run0001"
    place.mkdir(parents=True)
    names = ["chart.png", "d41d8cd98f00b204e9800998ecf8427e.png"]
    for name in names:
        (place / name).write_bytes(BLANK)
        ask(cells, f"--image data2024/experiments/run0001/{name}")
        cells.run(f"%spark --image data2024/experiments/run0001/{name} {HI}")
    assert len(box.requests) == 4
    problem = cells.fails("%%spark --image d41d8cd98f00b204e9800998ecf8427e\nhi")
    assert "Keys do not belong" in str(problem)


# whom to ask


def test_a_model_without_pictures_makes_way_for_one_that_sees_them(cells, box, capsys):
    answer = ask(cells, "--image chart.png -t 0.3")
    assert (answer.model, chat_of(box.requests[0])) == ("image", {"domain": "general", "temperature": 0.3})
    assert "image sees pictures; asked in place of ultra." in capsys.readouterr().out


def test_the_setting_may_be_one_that_sees_them(cells, box, capsys):
    cells.run("%spark_config --model imagev3")
    capsys.readouterr()
    assert ask(cells, "--image chart.png").model == "imagev3"
    assert "in place" not in capsys.readouterr().out
    assert chat_of(box.requests[0])["domain"] == "imagev3"


def test_a_named_model_without_pictures_is_refused(cells, box):
    problem = cells.fails(f"%%spark -m ultra --image chart.png\n{HI}")
    assert type(problem) is UsageError
    assert "ultra sees no pictures; these do: image, imagev3, sandbox" in str(problem)
    assert box.handshakes == 0


def test_a_follow_up_keeps_the_picture_and_the_model(cells, box, capsys):
    ask(cells, "--image chart.png")
    ask(cells, text="and now?")
    assert types_of(box.requests[1]) == ["picture", "user", "assistant", "user"]
    assert chat_of(box.requests[1])["domain"] == "general"
    assert "picture is sent again: image is asked in place of ultra (`-m ultra`: without it)" in capsys.readouterr().out


def test_a_second_picture_takes_the_firsts_place(cells, box):
    ask(cells, "--image chart.png")
    second = BLANK + b"\0"
    cells.names["pic"] = second
    ask(cells, "--image pic")
    ask(cells)
    assert [picture_of(request) for request in box.requests] == [BLANK, second, second]


def test_another_model_goes_on_without_the_picture_when_it_is_named(cells, box, capsys):
    ask(cells, "--image chart.png")
    capsys.readouterr()
    ask(cells, "-m ultra")
    assert types_of(box.requests[1]) == ["user", "assistant", "user"]
    assert chat_of(box.requests[1])["domain"] == "4.0Ultra"
    assert "ultra sees no pictures: this conversation's is not sent." in capsys.readouterr().out
    assert ask(cells).model == "image"


@pytest.mark.parametrize("options", ["--no-history", "-n other"])
def test_where_the_picture_is_not_in_play_nothing_changes(cells, box, options):
    ask(cells, "--image chart.png")
    assert ask(cells, options).model == "ultra"
    assert types_of(box.requests[1]) == ["user"]
    cells.run("%spark_reset")
    assert ask(cells).model == "ultra"


def test_a_picture_outside_the_conversation_leaves_none_behind(cells, box):
    ask(cells, "--image chart.png --no-history")
    assert types_of(box.requests[0]) == ["picture", "user"]
    assert ask(cells).model == "ultra"


def test_the_cell_that_brought_the_picture_in_may_run_again_without_it(cells, box, monkeypatch):
    monkeypatch.setattr(cells.shell, "get_parent", lambda: {"metadata": {"cellId": "a"}}, raising=False)
    ask(cells, "--image chart.png")
    cells.magics.state.asked = ("", 0)
    assert ask(cells).model == "ultra"
    assert types_of(box.requests[1]) == ["user"]


def test_a_failed_question_leaves_no_picture_behind(cells, box):
    cells.fails("%%spark --image chart.png\nsandbox: error 10022")
    assert ask(cells).model == "ultra"
    assert types_of(box.requests[1]) == ["user"]


def test_the_sandbox_sees_pictures_without_an_account(cells, capsys):
    cells.run("%spark_config --model sandbox -s 'be brief'")
    assert "50 x 50 pixels (PNG)" in ask(cells, "--image chart.png", "what is it?")
    answer = ask(cells, text="and now?")
    assert "50 x 50 pixels (PNG)" in answer
    assert answer.model == "sandbox"
    assert "in place" not in capsys.readouterr().out
    [request, _] = cells.magics.state.sandbox.requests
    assert types_of(request) == ["system", "picture", "user"]


def test_the_keys_of_a_gateway_of_ones_own_go_nowhere_else(cells, monkeypatch):
    """Its model sees no pictures: nobody else is asked in its place."""
    with Sandbox() as gateway:
        use_keys(monkeypatch, SPARK_URL=gateway.url("ultra"))
        problem = cells.fails(f"%%spark --image chart.png\n{HI}")
        assert type(problem) is ConfigurationError
        assert "images = true" in problem.hint
        assert gateway.handshakes == 0


def test_a_model_of_ones_own_may_see_pictures(cells, monkeypatch):
    with Sandbox() as gateway:
        use_keys(monkeypatch)
        url = gateway.url("imagev3")
        write_config(f'[[models]]\nalias = "mine"\nurl = "{url}"\ndomain = "imagev3"\nimages = true')
        answer = ask(cells, "-m mine --image chart.png", "what is it?")
    assert answer.model == "mine"
    assert "50 x 50" in answer


# what is told, and what never shows


@pytest.mark.usefixtures("box")
def test_a_dry_run_describes_the_picture_and_shows_none_of_it(cells, box, capsys):
    cells.run(f"%spark --dry-run --image chart.png {HI}")
    shown = capsys.readouterr().out
    assert "[picture: 50 x 50, 1 kB]" in shown
    assert "Picture: chart.png" in shown
    assert "iVBOR" not in shown
    assert "about 2" in shown.partition("tokens")[0]  # 273 and a few
    assert box.handshakes == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_sentence_can_be_said_in_both_languages(cells, box, capsys, lang):
    cells.run(f"%spark_config --lang {lang}")
    ask(cells, "--image chart.png")
    ask(cells)
    said = {"en": "Picture: chart.png, 50 x 50, 1 kB", "zh": "图片：chart.png，50 x 50, 1 kB"}[lang]
    assert said in capsys.readouterr().out
    assert len(box.requests) == 2


def test_an_image_that_is_scaled_down_says_from_where(cells, box, capsys):
    pil = pytest.importorskip("PIL.Image")
    cells.names["wide"] = pil.new("L", (12900, 60))
    ask(cells, "--image wide")
    assert "Picture: wide, 12800 x 59, " in (shown := capsys.readouterr().out)
    assert "scaled down from 12900 x 60" in shown
    assert pil.open(io.BytesIO(picture_of(box.requests[0]))).size == (12800, 59)


@pytest.mark.parametrize(
    ("size", "said"),
    [(1, "1 kB"), (1500, "1 kB"), (1024 * 1023, "1,023 kB"), (1024**2, "1.0 MB"), (4 * 1024**2, "4.0 MB")],
)
def test_a_size_is_told_in_the_units_of_the_limit(cells, capsys, size, said):
    cells.names["pic"] = BLANK.ljust(size, b"\0")
    cells.run(f"%spark --dry-run -m sandbox --image pic {HI}")
    assert f"Picture: pic, 50 x 50, {said}\n" in capsys.readouterr().out


def test_a_model_that_sees_pictures_says_so_in_the_list(cells, capsys):
    cells.run("%spark_config --list-models")
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("pictures")]
    assert rows == ["image", "imagev3"]


def test_the_check_sends_the_smallest_picture_to_those_that_see(cells, box, capsys):
    cells.run("%spark_config --check")
    sizes = {chat_of(request)["domain"]: types_of(request) for request in box.requests}
    assert (sizes["imagev3"], sizes["general"], sizes["4.0Ultra"]) == (
        ["picture", "user"],
        ["picture", "user"],
        ["user"],
    )
    assert " no " not in capsys.readouterr().out


# the plan


def test_a_picture_counts_as_273_tokens_of_what_the_model_takes():
    conversation, model = Conversation(), dataclasses.replace(find("image"), input_tokens=300)
    client = SimpleNamespace(target=SimpleNamespace(model=model))
    picture = blank_picture().message
    assert conversation.plan(client, "what is it?", picture=picture).tokens > 273
    with pytest.raises(PromptTooLarge):
        conversation.plan(client, "what is it? " * 10, picture=picture)
    assert conversation.plan(client, "what is it? " * 10).tokens < 300


def test_what_the_domain_general_means_is_as_before(cells, monkeypatch):
    """It is the image service's, too; in the environment it has always meant Lite."""
    monkeypatch.setenv("SPARK_DOMAIN", "general")
    assert cells.magics.chosen_model().alias == "lite"
    assert find("general").alias == "lite"


def test_the_conversation_knows_which_picture_a_question_is_about():
    conversation = Conversation()
    assert conversation.picture() is None
    new = Message("user", "AAAA", "image")
    assert conversation.picture(new) is new
    assert conversation.picture(new, history=False) is new
