"""The gateway takes pictures as the vendor documents them: where, in which order, of which kind and size."""

import base64
import json
import struct
import time

import pytest
from websocket import create_connection

from spark_magic.auth import sign_url
from spark_magic.models import MODELS, SANDBOX_ALIAS, find
from spark_magic.picture import blank_picture
from spark_magic.sandbox import APP_ID

BLANK = blank_picture().data
JPEG = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, 480, 640, 3) + b"\0" * 9 + b"\xff\xd9"
WITH_IMAGES = [model.alias for model in MODELS if model.images]
SAME_PATH = {find(SANDBOX_ALIAS).url.rpartition("127.0.0.1")[2]}
WITHOUT = [m.alias for m in MODELS if not m.images and not m.url.endswith(tuple(SAME_PATH))]
QUESTION = {"role": "user", "content": "What is in it?"}
ANSWER = {"role": "assistant", "content": "A square."}
SYSTEM = {"role": "system", "content": "Answer in rhymes."}


def png(width, height, size=0):
    return (BLANK[:16] + struct.pack(">II", width, height) + BLANK[24:]).ljust(size, b"\0")


def image(data=BLANK, **changes):
    return {"role": "user", "content": base64.b64encode(data).decode(), "content_type": "image"} | changes


def sent(gateway, *messages, alias="image", **header):
    """Send messages to a model's address; return the frames, decoded."""
    address = sign_url(gateway.url(alias), gateway.credentials, time.time()).reveal()
    chat = {"domain": header.pop("domain", find(alias).domain)}
    body = {"header": {"app_id": APP_ID} | header, "parameter": {"chat": chat}}
    connection = create_connection(address, timeout=60)
    connection.send(json.dumps(body | {"payload": {"message": {"text": messages}}}))
    frames = []
    while data := connection.recv():
        frames.append(json.loads(data))
    connection.shutdown()
    return frames


def answer(frames):
    return "".join(t["content"] for f in frames for t in f["payload"]["choices"]["text"] if "content" in t)


def refusal(frames):
    [frame] = frames
    return frame["header"]["code"], frame["header"]["message"]


@pytest.mark.parametrize("alias", WITH_IMAGES)
@pytest.mark.parametrize(("data", "said"), [(BLANK, "50 x 50 pixels (PNG)"), (JPEG, "640 x 480 pixels (JPEG)")])
def test_a_picture_is_taken_and_described(gateway, alias, data, said):
    shown = answer(sent(gateway, image(data), QUESTION, alias=alias))
    assert said in shown
    assert "Messages received: 2, and this is turn 1" in shown
    assert "First question: “What is in it?”" in shown


def test_a_picture_is_described_in_chinese_to_who_asks_in_chinese(gateway):
    assert "50 x 50 像素的图片（PNG）" in answer(sent(gateway, image(), {"role": "user", "content": "图里有什么？"}))


def test_without_a_picture_none_is_described(gateway):
    assert "pixels" not in answer(sent(gateway, QUESTION))


def test_a_picture_costs_273_tokens(gateway):
    without, with_one = (sent(gateway, *messages)[-1] for messages in ([QUESTION], [image(), QUESTION]))
    counts = [frame["payload"]["usage"]["text"]["prompt_tokens"] for frame in (without, with_one)]
    assert counts[1] - counts[0] == 273


def test_a_follow_up_keeps_the_picture_in_front(gateway):
    frames = sent(gateway, image(), QUESTION, ANSWER, {"role": "user", "content": "And its colour?"})
    assert "turn 2" in answer(frames)
    assert "50 x 50" in answer(frames)


def test_a_system_prompt_comes_before_the_picture(gateway):
    assert "50 x 50" in answer(sent(gateway, SYSTEM, image(), QUESTION, alias="sandbox"))


def test_directives_are_read_in_the_question(gateway):
    assert answer(sent(gateway, image(), {"role": "user", "content": "sandbox: say hi"})) == "hi"


@pytest.mark.parametrize("alias", WITHOUT)
def test_a_model_that_sees_no_pictures_refuses_them(gateway, alias):
    code, message = refusal(sent(gateway, image(), QUESTION, alias=alias))
    assert code == 10004
    assert "'$.payload.message.text[0].content_type' must be text" in message


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([QUESTION, image()], "text[1].content_type' must be text"),
        ([image(), QUESTION, ANSWER, image(), QUESTION], "text[3].content_type' must be text"),
        ([image(), image(), QUESTION], "text[1].content_type' must be text"),
        ([image(), QUESTION, ANSWER, image()], "text[3].content_type' must be text"),
        ([image(role="assistant"), QUESTION], "text[0].content_type' must be text"),
        ([image(), SYSTEM, QUESTION], "text[1].role' must be user"),
        ([image()], "must be user: the newest message is the question"),
        ([image(), QUESTION, ANSWER], "text[2].role' must be user"),
        ([image(), ANSWER, QUESTION], "text[1].role' must be user"),
        ([image(content_type="video"), QUESTION], "text[0].content_type' must be one of text, image"),
        ([image(content_type=None), QUESTION], "text[0].content_type' must be one of text, image"),
        ([image(content_type=["image"]), QUESTION], "text[0].content_type' must be one of text, image"),
        ([image(content="data:image/png;base64,AAAA"), QUESTION], "text[0].content' must be base64"),
        ([image(content="no base64!"), QUESTION], "text[0].content' must be base64"),
        ([image(content=base64.encodebytes(BLANK).decode()), QUESTION], "text[0].content' must be base64"),
        ([image(content="图"), QUESTION], "text[0].content' must be base64"),
        ([image(content=3), QUESTION], "text[0].content' is required and must be string"),
        ([image(b"GIF89a" + b"\0" * 20), QUESTION], "jpg, jpeg or png"),
        ([image(BLANK[:20]), QUESTION], "jpg, jpeg or png"),
        ([image(b""), QUESTION], "jpg, jpeg or png"),
        ([image(png(50, 50, 4 * 1024 * 1024 + 1)), QUESTION], "4194304 bytes or less"),
    ],
)
def test_a_picture_in_the_wrong_place_or_of_the_wrong_kind_is_10004(gateway, messages, said):
    code, message = refusal(sent(gateway, *messages))
    assert code == 10004
    assert said in message
    assert message.startswith("SchemaCheckError:(")


@pytest.mark.parametrize(
    ("sides", "code"),
    [
        ((12801, 100), 10029),
        ((100, 12801), 10029),
        ((6001, 6000), 10041),
        ((49, 51), 10041),
        ((1, 1), 10041),
        ((12800, 12800), 10041),
    ],
)
def test_a_picture_of_the_wrong_size_has_its_own_code(gateway, sides, code):
    assert refusal(sent(gateway, image(png(*sides)), QUESTION))[0] == code


@pytest.mark.parametrize("sides", [(12800, 2812), (6000, 6000), (50, 50), (10, 250)])
def test_a_picture_on_the_limits_is_taken(gateway, sides):
    assert f"{sides[0]} x {sides[1]} pixels" in answer(sent(gateway, image(png(*sides)), QUESTION))


def test_four_megabytes_fit_through(gateway):
    assert "50 x 50" in answer(sent(gateway, image(png(50, 50, 4 * 1024 * 1024)), QUESTION))


def test_app_id_and_domain_come_before_the_size(gateway):
    large = image(png(12801, 100))
    assert refusal(sent(gateway, large, QUESTION, app_id="another0"))[0] == 11200
    assert refusal(sent(gateway, large, QUESTION, domain="4.0Ultra"))[0] == 10404
