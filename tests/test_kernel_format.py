"""The form of an answer in a real kernel: objects, repairs, the next cell, and HTML that stays source."""

import pytest
from kernels import Kernel, has, sent

from spark_magic.sandbox import Sandbox

EITHER_VIEW = pytest.mark.parametrize("cell", ["", "a-cell"], ids=["static", "live"])
MODEL = """\
class Price:
    model_json_schema = staticmethod(lambda: {"type": "object"})
    model_validate_json = staticmethod(lambda text: Price(**__import__("json").loads(text)))
    def __init__(self, price):
        self.price = float(price)"""


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox(delay=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def warm_kernel(server, tmp_path_factory):
    """One kernel for all tests."""
    started = Kernel(tmp_path_factory.mktemp("kernel"), server)
    yield started
    started.close()


@pytest.fixture
def kernel(warm_kernel):
    """The kernel, with nothing remembered."""
    warm_kernel.run("%spark_reset")
    return warm_kernel


def payload(run):
    """Return the cells that a frontend is to open."""
    return [item for item in run.reply["payload"] if item["source"] == "set_next_input"]


@EITHER_VIEW
def test_json_becomes_an_object_and_is_shown_laid_out(kernel, cell):
    run = kernel.run('%%spark -f json -o data\nsandbox: line Here: {"a": [1, "<b>"]}', cell)
    assert kernel.value("data") == {"a": [1, "<b>"]}
    [(bundle, _)] = run.saved
    assert bundle["text/plain"] == 'Here: {"a": [1, "<b>"]}'
    assert "Here" not in bundle["text/html"]
    assert bundle["text/html"].count("\n    ") == 2
    assert "<b>" not in bundle["text/html"]
    assert "&lt;b&gt;" in bundle["text/html"]


def test_a_schema_is_a_model_of_the_users(kernel):
    kernel.run(MODEL)
    kernel.run('%%spark --schema Price -o p\nsandbox: line {"price": "3"}')
    assert kernel.value("[type(p).__name__, p.price]") == ["Price", 3.0]


def test_a_schema_is_a_pydantic_model(kernel):
    pytest.importorskip("pydantic")
    kernel.run("import pydantic\nclass Item(pydantic.BaseModel):\n    price: float")
    kernel.run("class Order(pydantic.BaseModel):\n    items: list[Item]")
    run = kernel.run('%%spark --schema Order -o order\nsandbox: line {"items": [{}]}\nsandbox: then {"items": []}')
    assert kernel.value("[type(order).__name__, order.items]") == ["Order", []]
    assert "Not valid at $.items[0].price: Field required. Asked once more" in run.saved[0][0]["text/html"]


@EITHER_VIEW
def test_the_second_answer_takes_the_place_of_the_first(kernel, server, cell):
    long = "no " * 1500
    run = kernel.run(f"%%spark -f json -o data\nsandbox: line {long}\nsandbox: then [1]\ngive", cell)
    [(bundle, about)] = run.saved
    assert bundle["text/plain"] == "[1]"
    assert "no no" not in bundle["text/html"]
    assert "Not valid at $: no JSON" in bundle["text/html"]
    assert about["spark_magic"]["outcome"] == "complete"
    opened, closed = ([c["comm_id"] for c in run.contents(kind)] for kind in ("comm_open", "comm_close"))
    assert sorted(opened) == sorted(closed)
    kernel.run("%spark next")
    assert sent(server)[1:] == ["[1]", "next"]


@EITHER_VIEW
def test_an_answer_that_stays_invalid_is_shown_marked_and_fails_the_cell(kernel, server, cell):
    run = kernel.run("%%spark -f json -o never\nsandbox: line one\nsandbox: then two", cell, fails=True)
    name, lines = run.error
    assert name == "AnswerInvalid"
    assert (
        lines[0] == "AnswerInvalid: The answer is not valid at $: no JSON (Expecting value: line 1 column 1 (char 0))."
    )
    [(bundle, about)] = run.saved
    assert bundle["text/plain"] == "two\n[not valid]"
    assert about["spark_magic"]["outcome"] == "invalid"
    assert about["spark_magic"]["usage"]["prompt_tokens"] > 0
    assert kernel.value("'never' in globals()") is False
    kernel.run("%spark next")
    assert sent(server) == ["next"]


@EITHER_VIEW
def test_an_interrupt_in_the_second_request_leaves_nothing_behind(kernel, server, cell, monkeypatch):
    before = len(server.requests)
    monkeypatch.setattr(server, "delay", 0.02)
    second = "no " * 3000
    run, seconds = kernel.stopped_at(
        f"%%spark -f json\nsandbox: line one\nsandbox: then [1, {second}\ngive", cell, has("Asked once more")
    )
    assert run.error[0] == "SparkInterrupted"
    assert seconds < 5
    assert len(server.requests) - before in (1, 2)  # the note is on the screen before the second one is sent
    [(bundle, _)] = run.saved
    assert "one" not in bundle["text/plain"]
    assert bundle["text/plain"].endswith("[stopped]")
    monkeypatch.undo()
    kernel.run("%spark next")
    assert sent(server) == ["next"]


def test_code_fills_the_next_cell_and_is_not_run(kernel):
    lines = ["```python", "made = 1", "```", "and", "```python", "made += 1", "```"]
    run = kernel.run("\n".join(["%%spark -f code", *(f"sandbox: line {line}" for line in lines)]))
    assert payload(run) == [{"source": "set_next_input", "text": "made = 1\n\nmade += 1", "replace": False}]
    assert kernel.value("'made' in globals()") is False


def test_without_code_no_cell_is_filled(kernel):
    run = kernel.run("%%spark -f code\nsandbox: line nothing")
    assert not payload(run)
    assert "no code block" in run.text


@EITHER_VIEW
@pytest.mark.parametrize("fence", [[], ["```html"]])
def test_html_is_shown_as_source_and_nothing_of_it_lives(kernel, cell, fence):
    hostile = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "````", "</code></pre><b>out</b>"]
    run = kernel.run("\n".join(["%%spark -f html", *(f"sandbox: line {line}" for line in [*fence, *hostile])]), cell)
    [(bundle, _)] = run.saved
    shown = [bundle["text/html"], *(str(c) for c in run.contents("comm_open", "comm_msg"))]
    for page in shown:
        assert not any(tag in page for tag in ("<img", "<script", "<b>"))
    assert "onerror" in bundle["text/html"]


@EITHER_VIEW
def test_text_is_shown_as_it_stands(kernel, cell):
    run = kernel.run(
        "%%spark -f text -o kept\nsandbox: line # no heading, *no* $x$ <i>\nsandbox: line   indented", cell
    )
    [(bundle, _)] = run.saved
    assert "\n# no heading, *no* $x$ &lt;i&gt;\n  indented</pre>" in bundle["text/html"]
    assert bundle["text/plain"].startswith("# no heading, *no* $x$ <i>\n  indented")
    assert kernel.value("f'{kept[:3]}'") == "# n"
    [(again, _)] = kernel.run("kept").saved
    assert "\n# no heading, *no* $x$ &lt;i&gt;\n  indented</pre>" in again["text/html"]


@EITHER_VIEW
@pytest.mark.parametrize("name", ["text", "json", "html"])
def test_a_long_text_streams_in_pieces_and_ends_whole(kernel, cell, name):
    lines = [f"line {number} <{number}>" for number in range(700)]
    run = kernel.run(
        "\n".join([f"%%spark -f {name}", *(f"sandbox: line {line}" for line in lines)]), cell, fails=name == "json"
    )
    [(bundle, _)] = run.saved
    if name != "json":
        assert bundle["text/plain"].startswith("\n".join(lines))
    assert len(run.contents("comm_open")) < 40
