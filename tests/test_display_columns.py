"""Several answers side by side: the static form that stays, and the views while they stream."""

import importlib
import re

import pytest

from spark_magic.answer import Answer
from spark_magic.display import open_columns
from spark_magic.display.columns import Column, columns_bundle, columns_metadata
from spark_magic.display.columns_plain import TerminalColumns
from spark_magic.display.facts import Facts, Outcome
from spark_magic.events import Delta, Notice, Reasoning, Retrying, Usage, Waiting

BOTH = ("put in: x",)  # a note about the question
FACTS = (Facts("ultra", notes=(*BOTH, "ultra <alone>"), remembered=False), Facts("lite", notes=BOTH))
FIRST = Answer("**one** <script>x</script>", usage=Usage(3, 5, 8), model="ultra", sid="cht1", seconds=1.25)
SECOND = Answer("two", usage=Usage(4, 6, 10), model="lite", sid="cht2", seconds=2.5, turn=7)
COLUMNS = (Column(FACTS[0], FIRST, Outcome.COMPLETE), Column(FACTS[1], SECOND, Outcome.COMPLETE))
HOSTILE = "a\x1b]52;c;eA==\x07b\u202ec"
ERROR = ("QuotaExceeded: No <licence>.", "Claim one.", "code 11200 · sid cht9")


class Handle:
    """Stands for a frontend: remembers the bundles that were shown."""

    def __init__(self):
        self.bundles, self.metadata = [], []

    def publish(self, data, metadata=None, **_):
        self.bundles.append(data)
        self.metadata.append(metadata)
        return self

    def update(self, data, *, raw, metadata):  # noqa: ARG002  # IPython's signature
        self.publish(data, metadata)


@pytest.fixture
def handle(monkeypatch):
    """The frontend of both views of a notebook."""
    made = Handle()
    for module in ("columns_live", "columns_plain"):
        monkeypatch.setattr(importlib.import_module(f"spark_magic.display.{module}"), "publish", made.publish)
    return made


@pytest.fixture(params=["LiveColumns", "UpdatingColumns"])
def view(request, handle):
    """A view in a notebook; `handle` has what it shows."""
    module = {"LiveColumns": "columns_live", "UpdatingColumns": "columns_plain"}[request.param]
    made = getattr(importlib.import_module(f"spark_magic.display.{module}"), request.param)(FACTS)
    made.handle = handle
    return made


def ended(view, *ends):
    """End all columns; return the last bundle."""
    for number, end in enumerate(ends):
        view.end(number, *end)
    view.close()
    return view.handle.bundles[-1]


# the static form


def test_the_page_has_a_title_and_each_answer_under_a_heading():
    page = columns_bundle(COLUMNS)["text/html"]
    assert ">2 models · 2.5 s · 7 + 11 tokens</div>" in page
    assert "<strong>ultra</strong> · 1.2 s · 3 + 5 tokens · not remembered</div>" in page
    assert "<strong>lite</strong> · 2.5 s · 4 + 6 tokens</div>" in page
    assert page.index("<strong>ultra") < page.index("<strong>one") < page.index("<strong>lite") < page.index("two")
    assert page.count("<div") == page.count("</div>")


def test_a_note_about_the_question_stands_once_above_all_and_the_others_with_their_answer():
    data = columns_bundle(COLUMNS)
    for text in data.values():
        assert text.count("put in: x") == 1
    page = data["text/html"]
    assert page.index("put in: x") < page.index("2 models") < page.index("ultra &lt;alone&gt;") < page.index("one")


def test_nothing_hostile_is_left_of_an_answer():
    data = columns_bundle([Column(FACTS[0], Answer(f"<img onerror=x> {HOSTILE}"), Outcome.COMPLETE), COLUMNS[1]])
    assert set(data) == {"text/html", "text/plain"}
    assert "<script" not in columns_bundle(COLUMNS)["text/html"]
    assert "<img" not in data["text/html"]
    assert not set("\x1b\x07\u202e") & set("".join(data.values()))


def test_no_answer_can_end_its_column():
    data = columns_bundle(
        [Column(FACTS[0], Answer("</div></div></div></details>\n\n> "), Outcome.COMPLETE), COLUMNS[1]]
    )
    assert data["text/html"].count("<div") == data["text/html"].count("</div>")


def test_the_text_has_the_answers_one_below_the_other():
    assert columns_bundle(COLUMNS)["text/plain"] == (
        "put in: x\n\n"
        "ultra · 1.2 s · 3 + 5 tokens · not remembered\n---------------------------------------------\n"
        "ultra <alone>\n**one** <script>x</script>\n\n"
        "lite · 2.5 s · 4 + 6 tokens\n---------------------------\ntwo"
    )


def test_the_saved_output_says_how_each_came_about():
    compared = columns_metadata(COLUMNS)["spark_magic"]["compared"]
    assert [(one["model"], one["outcome"], one["turn"]) for one in compared] == [
        ("ultra", "complete", 0),
        ("lite", "complete", 7),
    ]


# in a notebook


def test_at_the_end_one_bundle_holds_everything(view):
    view.take(0, Reasoning("why"))
    view.take(1, Delta("two"))
    view.take(0, Notice("note.retired", {"model": "ultra"}))
    data = ended(view, (FIRST, Outcome.COMPLETE), (SECOND, Outcome.COMPLETE))
    assert set(data) == {"text/html", "text/plain"}
    assert all(word in data["text/html"] for word in ("<strong>one</strong>", "two", "The vendor has retired ultra."))
    assert data["text/html"].count("put in: x") == 1


def test_a_failed_one_keeps_what_came_and_says_why(view):
    view.take(0, Delta("half"))
    half = Answer("half", model="ultra", seconds=1.0)
    data = ended(view, (half, Outcome.FAILED, ERROR), (SECOND, Outcome.COMPLETE))
    page = data["text/html"]
    assert (
        page.index("half") < page.index("[incomplete]") < page.index("No &lt;licence&gt;.") < page.index("Claim one.")
    )
    assert page.index("sid cht9") < page.index("<strong>lite")
    assert "half\n[incomplete]" in data["text/plain"]
    assert "\n".join(ERROR) in data["text/plain"]


def test_what_moderation_withdraws_is_not_to_be_seen_any_more(view):
    view.take(0, Delta("half of it"))
    data = ended(view, (Answer(model="ultra"), Outcome.WITHDRAWN, ("Moderated: no",)), (SECOND, Outcome.COMPLETE))
    assert "half" not in str(data)
    assert "withdrawn by moderation" in data["text/html"]


def test_closing_leaves_no_widget_behind(handle):
    import ipywidgets
    from ipywidgets.widgets import widget

    from spark_magic.display.columns_live import LiveColumns

    known = widget._instances if hasattr(widget, "_instances") else ipywidgets.Widget.widgets
    before = len(known)
    view = LiveColumns(FACTS)
    for number in (0, 1):
        view.take(number, Reasoning("hm"))
        view.take(number, Delta("x\n\n" * 4000))
        view._pace.hurry()
        view.tick()
    view.end(0, FIRST, Outcome.COMPLETE)
    view._pace.hurry()
    view.tick()
    assert view._final  # one has its final form already
    view.end(1, SECOND, Outcome.COMPLETE)
    view.close()
    assert len(known) == before
    assert "two" in handle.bundles[-1]["text/html"]


# live


@pytest.fixture
def clock(monkeypatch):
    """The time, to be set; all of it is the tests' own."""
    now = [100.0]
    for module in ("pace", "live", "columns_live", "columns_plain"):
        monkeypatch.setattr(f"spark_magic.display.{module}.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def live(handle, clock):  # noqa: ARG001  # both have to be there before
    """A live view, whose updates are due when `clock` says so."""
    from spark_magic.display.columns_live import LiveColumns

    made = LiveColumns(FACTS)
    yield made
    for number, end in enumerate((FIRST, SECOND)):
        made.end(number, end, Outcome.COMPLETE)
    made.close()


def text_of(live, number):
    """Return the HTML that a live column shows."""
    return "".join(getattr(child, "value", "") for child in live._live[number].root.children)


def status_of(live, number):
    return live._live[number]._status.value


def test_each_column_has_its_own_status_line_and_there_is_one_stop_button(live):
    assert "<strong>ultra</strong> · connecting" in status_of(live, 0)
    assert "<strong>lite</strong> · connecting" in status_of(live, 1)
    assert "2 models" in live._title.value
    assert type(live._stop).__name__ == "StopButton"
    assert live._head.children == (live._title, live._stop)
    assert len(live._live[0]._head.children) == 1


def test_the_first_words_of_each_are_shown_at_once(live):
    live.take(0, Delta("one"))
    live.take(1, Delta("two"))
    assert "one" in text_of(live, 0)
    assert "two" in text_of(live, 1)


def test_all_have_their_turn_whoever_is_fast(live, clock):
    """One sends words all the time; the other's reach the screen, too."""
    live.take(0, Delta("a"))
    live.take(1, Delta("b"))
    live.take(1, Delta(" and more"))
    for step in range(40):
        clock[0] += 0.05
        live.take(0, Delta(f" {step}"))
    assert "and more" in text_of(live, 1)


def test_the_status_lines_tick_while_nothing_comes(live, clock):
    live.take(1, Retrying(1, 2, 1.0, "Busy."))
    for _ in range(60):
        clock[0] += 0.1
        live.tick()
    assert re.search(r"· [45] s<", status_of(live, 0))
    assert "Busy. Asking again in 1 s (1 of 2). · " in status_of(live, 1)
    assert re.search(r"2 models · [45] s", live._title.value)


@pytest.mark.parametrize("count", [2, 6])
def test_all_columns_together_send_no_more_than_one_answer_would(handle, clock, monkeypatch, count):  # noqa: ARG001  # as above
    """Twelve messages a second at most, however many models talk at once."""
    import ipywidgets

    from spark_magic.display.columns_live import LiveColumns

    sent, send = [], ipywidgets.Widget._send

    def counted(widget, *arguments, **named):
        sent.append(clock[0])
        return send(widget, *arguments, **named)

    monkeypatch.setattr(ipywidgets.Widget, "_send", counted)
    monkeypatch.setattr(ipywidgets.Widget, "send_state", lambda *_, **__: sent.append(clock[0]))
    view = LiveColumns([Facts(f"m{number}") for number in range(count)])
    for number in range(count):
        view.take(number, Delta("first "))
    clock[0] += 1
    sent.clear()
    for step in range(2000):
        clock[0] += 0.005
        view.take(step % count, Delta("word " if step % 40 else "\n\n"))
    assert 30 <= len(sent) <= 120  # in ten seconds
    for number in range(count):
        view.end(number, SECOND, Outcome.COMPLETE)
    view.close()


def test_one_that_has_ended_takes_its_final_form_while_the_others_go_on(live, clock):
    live.take(0, Reasoning("hm"))
    live.take(0, Delta("half"))
    live.end(0, FIRST, Outcome.FAILED, ERROR)
    clock[0] += 5
    live.take(1, Delta("two"))
    clock[0] += 5
    live.tick()
    final, other = live._grid.children
    assert "<strong>ultra</strong> · 1.2 s" in final.value
    assert "No &lt;licence&gt;." in final.value
    assert other is live._live[1].root
    assert "two" in text_of(live, 1)


def test_a_withdrawn_one_goes_from_the_screen_before_the_others_end(live):
    live.take(0, Delta("half of it"))
    assert "half" in text_of(live, 0)
    live.end(0, Answer(model="ultra"), Outcome.WITHDRAWN, ("Moderated: no",))
    assert "half" not in live._grid.children[0].value


# one output, updated now and then


def test_what_came_so_far_is_marked_as_such_and_shown_twice_a_second_at_most(handle, clock):
    from spark_magic.display.columns_plain import UpdatingColumns

    view = UpdatingColumns(FACTS)
    view.tick()
    assert handle.bundles == []
    for step in range(100):
        clock[0] += 0.05
        view.take(step % 2, Delta("word "))
    assert 4 <= len(handle.bundles) <= 11
    assert handle.bundles[-1]["text/plain"].count("[answering]") == 2
    assert [one["outcome"] for one in handle.metadata[-1]["spark_magic"]["compared"]] == ["answering"] * 2
    view.end(0, FIRST, Outcome.COMPLETE)
    clock[0] += 5
    view.take(1, Delta("."))
    assert handle.bundles[-1]["text/plain"].count("[answering]") == 1
    view.end(1, SECOND, Outcome.COMPLETE)
    view.close()
    assert "answering" not in str(handle.bundles[-1])


# the terminal


def test_a_terminal_gets_them_in_their_order_the_first_one_live(capsys):
    view = TerminalColumns(FACTS)
    assert capsys.readouterr().out == "put in: x\nultra\n-----\nultra <alone>\n"
    view.take(1, Delta("two"))
    view.take(1, Waiting(0.1))
    view.take(0, Delta(f"on{HOSTILE}"))
    assert capsys.readouterr().out == "ona]52;c;eA==bc"
    view.end(1, SECOND, Outcome.COMPLETE)
    assert capsys.readouterr().out == ""
    view.end(0, FIRST, Outcome.COMPLETE)
    view.close()
    assert capsys.readouterr().out == (
        "\n[ultra · 1.2 s · 3 + 5 tokens · not remembered]\n\nlite\n----\ntwo\n[lite · 2.5 s · 4 + 6 tokens]\n"
    )


def test_the_next_one_streams_on_when_its_turn_has_come(capsys):
    view = TerminalColumns(FACTS)
    view.take(1, Delta("so far"))
    view.end(0, Answer(model="ultra"), Outcome.FAILED, (f"Error: {HOSTILE}",))
    assert capsys.readouterr().out.endswith("Error: a]52;c;eA==bc\n\nlite\n----\nso far")
    view.take(1, Delta(" and on"))
    assert capsys.readouterr().out == " and on"
    view.end(1, SECOND, Outcome.COMPLETE)
    assert capsys.readouterr().out == "\n[lite · 2.5 s · 4 + 6 tokens]\n"


def test_no_kernel_means_a_terminal():
    assert isinstance(open_columns(None, FACTS), TerminalColumns)
