"""What the user sees: static bundles that stay, views that stream, an answer shown once."""

import importlib
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from spark_magic.answer import Answer
from spark_magic.display import install, live, open_view, shown_here, uninstall
from spark_magic.display.blocks import BlockStream
from spark_magic.display.facts import Facts, Outcome, footer, metadata
from spark_magic.display.pace import Pace
from spark_magic.display.static import bundle, html
from spark_magic.display.table import table_html, table_text, width
from spark_magic.display.terminal import TerminalView
from spark_magic.events import Delta, Notice, Reasoning, Retrying, Usage, Waiting

QUIET = Config(HistoryManager={"enabled": False})  # a database that nobody closes would be written at exit
FACTS = Facts("ultra", {"temperature": 0.3})
ANSWER = Answer("**hi** <script>x</script>", usage=Usage(3, 5, 8), model="ultra", sid="cht1", seconds=1.234, turn=2)
HOSTILE = "a\x1b]52;c;eA==\x07b\u202ec"


@pytest.fixture
def shell():
    """A terminal-like shell of its own with the hook in place."""
    made = InteractiveShell(config=QUIET)
    install(made)
    yield made
    uninstall(made)


# the static form


def test_the_bundle_has_html_and_text_and_nothing_a_frontend_renders_unchecked():
    data = bundle(FACTS, ANSWER, Outcome.COMPLETE)
    assert set(data) == {"text/html", "text/plain"}
    assert "<strong>hi</strong>" in data["text/html"]
    assert "<script" not in data["text/html"]


def test_the_plain_text_has_no_control_characters():
    assert bundle(FACTS, Answer(HOSTILE), Outcome.COMPLETE)["text/plain"] == "a]52;c;eA==bc"


@pytest.mark.parametrize(("outcome", "word"), [(Outcome.STOPPED, "stopped"), (Outcome.FAILED, "incomplete")])
def test_a_partial_answer_is_marked_in_both_forms(outcome, word):
    data = bundle(FACTS, Answer("half"), outcome)
    assert word in data["text/html"]
    assert data["text/plain"] == f"half\n[{word}]"
    assert "not remembered" in data["text/html"]


def test_the_mark_stands_at_the_end_of_what_came_and_nowhere_if_nothing_came():
    page = html(FACTS, Answer("half"), Outcome.STOPPED)
    assert page.index("half") < page.index("[stopped]")
    assert "[incomplete]" not in html(FACTS, Answer(""), Outcome.FAILED)


def test_the_line_about_the_answer_stands_where_the_status_was_above_the_text():
    page = html(FACTS, ANSWER, Outcome.COMPLETE)
    assert page.index("ultra · 1.2 s") < page.index("<strong>hi")


def test_reasoning_is_folded_above_the_answer():
    page = html(FACTS, Answer("end", reasoning="<b>why</b>"), Outcome.COMPLETE)
    assert page.index("<details") < page.index("end")
    assert "<b>why" not in page


def test_notes_are_shown_escaped():
    assert "a &lt;b&gt;" in html(Facts("lite", notes=("a <b>",)), Answer("x"), Outcome.COMPLETE)


def test_the_footer_says_model_seconds_and_tokens():
    assert footer(FACTS, ANSWER, Outcome.COMPLETE) == "ultra · 1.2 s · 3 + 5 tokens"


def test_the_saved_output_says_how_it_came_about():
    about = metadata(FACTS, ANSWER, Outcome.STOPPED)["spark_magic"]
    assert about == {
        "model": "ultra",
        "parameters": {"temperature": 0.3},
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        "sid": "cht1",
        "seconds": 1.234,
        "outcome": "stopped",
        "stopped": True,
        "turn": 2,
    }


# tables


def test_a_table_lines_up_under_chinese_characters():
    assert width("名字ab") == 6
    lines = table_text(("名字", "b"), [("x", "y")]).splitlines()
    assert lines == ["名字  b", "----  -", "x     y"]


def test_a_table_escapes_its_cells():
    assert "<td style" in table_html(("a",), [("<i>",)])
    assert "<i>" not in table_html(("a",), [("<i>",)])


def test_a_long_word_of_a_table_breaks_in_a_narrow_window():
    assert "overflow-wrap:anywhere" in table_html(("a",), [("https://" + "x" * 60,)])
    assert "overflow-wrap" not in table_html(("a",), [("many short words, longer than that together",)])


def test_a_short_text_of_a_table_stays_on_one_line():
    """A cell's number or a sum of tokens, beside a long question that takes all the room it gets."""
    assert 'white-space:pre"' in table_html((), [("In [11]",)])
    assert "white-space:pre-wrap" in table_html((), [("a question of some length",)])
    assert "white-space:pre-wrap" in table_html((), [("一个有九个字的问题",)])


# the terminal


def test_the_terminal_prints_each_piece_at_once_and_clean(capsys):
    view = TerminalView(FACTS)
    view.take(Delta(HOSTILE))
    assert capsys.readouterr().out == "a]52;c;eA==bc"
    view.finish(Answer(HOSTILE, seconds=1.0, turn=1), Outcome.COMPLETE)
    assert capsys.readouterr().out == "\n[ultra · 1.0 s]\n"


def test_the_terminal_tells_reasoning_from_answer(capsys):
    view = TerminalView(FACTS)
    for event in (Reasoning("hm"), Reasoning("m"), Delta("end\n")):
        view.take(event)
    view.finish(Answer("end"), Outcome.STOPPED)
    assert capsys.readouterr().out == "[Reasoning]\nhmm\n\nend\n[ultra · 0.0 s · stopped · not remembered]\n"


def test_a_shell_without_a_kernel_gets_the_terminal(shell):
    assert isinstance(open_view(shell, FACTS), TerminalView)
    assert isinstance(open_view(None, FACTS), TerminalView)


# the pace


def test_the_first_update_is_due_at_once_and_the_next_is_not(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("spark_magic.display.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    assert pace.due()
    pace.spent(1, 10)
    assert not pace.due()
    now[0] += 0.21
    assert pace.due()


def test_what_is_new_to_the_eye_is_due_at_once(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("spark_magic.display.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    pace.spent(1, 10)
    pace.hurry()
    assert pace.due()


def test_never_more_than_ten_messages_or_35_kilobytes_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("spark_magic.display.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    sent = 0
    for step in range(10_000):
        now[0] = 101 + step / 1000
        if pace.due():
            pace.spent(3, 100)
            sent += 3
    assert sent <= 10 * 10
    pace.spent(1, 70_000)
    now[0] += 1.9
    assert not pace.due()


def test_rendering_takes_a_quarter_of_the_time_at_most(monkeypatch):
    now = [110.0]
    monkeypatch.setattr("spark_magic.display.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    assert pace.due()
    now[0] += 1.0  # so long it took to make what is sent
    pace.spent(1, 10)
    now[0] += 3.9
    assert not pace.due()
    now[0] += 0.2
    assert pace.due()


# the blocks of the live view


def blocks(stream):
    return [block.value for block in stream.box.children]


def test_finished_blocks_are_sent_once_and_never_again():
    import ipywidgets

    stream = BlockStream(ipywidgets.Layout())
    paragraphs = [f"paragraph {number} " + "word " * 100 for number in range(40)]
    seen = {}
    for paragraph in paragraphs:
        stream.append(paragraph + "\n\n")
        stream.flush()
        for block in stream.box.children[:-1]:
            assert seen.setdefault(block.model_id, block.value) == block.value
    assert len(blocks(stream)) > 5
    page = "".join(blocks(stream))
    assert all(page.count(f"paragraph {number} ") == 1 for number in range(40))
    stream.close()


def test_a_longer_answer_takes_few_blocks_more():
    """Every block is a message when they are closed."""
    import ipywidgets

    stream = BlockStream(ipywidgets.Layout())
    for number in range(300):
        stream.append(f"paragraph {number} " + "word " * 15 + "\n\n")
        stream.flush()
    assert 5 < len(blocks(stream)) <= 12  # of 27,000 characters
    stream.close()


def test_a_long_code_block_is_split_between_lines():
    import ipywidgets

    stream = BlockStream(ipywidgets.Layout())
    for number in range(300):
        stream.append(("```text\n" if number == 0 else "") + f"line number {number} of the code\n")
        stream.flush()
    assert len(blocks(stream)) > 2
    page = "".join(blocks(stream))
    assert all(page.count(f"line number {number} of") == 1 for number in range(300))
    assert "```" not in page
    stream.close()


def test_closing_leaves_no_widget_behind():
    import ipywidgets
    from ipywidgets.widgets import widget

    known = widget._instances if hasattr(widget, "_instances") else ipywidgets.Widget.widgets
    before = len(known)
    layout = ipywidgets.Layout()
    stream = BlockStream(layout)
    stream.append("x\n\n" * 2000)
    stream.flush()
    stream.close()
    layout.close()
    assert len(known) == before


# shown once


def test_a_streamed_answer_fills_the_outs_in_silence(shell, capsys):
    shell.user_ns["stream"] = lambda: (shown_here(shell, ANSWER), ANSWER)[1]
    result = shell.run_cell("stream()", store_history=True)
    assert result.result is ANSWER
    assert shell.user_ns["_"] is ANSWER
    assert capsys.readouterr().out == ""


def test_the_silence_ends_with_the_cell(shell, capsys):
    shell.user_ns["stream"] = lambda: (shown_here(shell, ANSWER), ANSWER)[1]
    shell.run_cell("a = stream()", store_history=True)
    shell.run_cell("a", store_history=True)
    assert "**hi** <script>x</script>" in capsys.readouterr().out


def test_other_values_of_the_cell_are_shown(shell, capsys):
    shell.user_ns["stream"] = lambda: (shown_here(shell, ANSWER), ANSWER)[1]
    shell.run_cell("a = stream()\n5 + 5", store_history=True)
    assert "10" in capsys.readouterr().out


def test_uninstalling_leaves_the_shell_as_it_was():
    shell = InteractiveShell(config=QUIET)
    hook = shell.display_trap.hook
    install(shell)
    install(shell)
    uninstall(shell)
    assert shell.display_trap.hook is hook
    uninstall(shell)


def test_an_answer_is_formatted_in_a_notebook_and_clean_in_a_terminal(shell):
    data, _ = shell.display_formatter.format(Answer(f"**hi** {HOSTILE}"))
    assert data["text/plain"] == "**hi** a]52;c;eA==bc"
    assert "<strong>hi</strong>" in data["text/html"]


def test_loading_the_views_is_left_to_their_use():
    import subprocess

    code = (
        "import sys, spark_magic.magics; "
        "print([m for m in ('ipywidgets','anywidget','websocket','nh3','jinja2','markdown_it') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # our own code
    assert done.stdout.strip() == "[]"


def test_a_table_is_text_no_formula_and_nothing_hidden():
    """A dry run shows the model's earlier answers: what is in them must not be typeset, let alone define anything."""
    page = table_html(["a"], [["$\\def\\alpha{x}$ \u202e"]], "t")
    assert page.startswith('<div class="mathjax_ignore tex2jax_ignore">')
    assert "\u202e" not in page


# what is told beside the answer


class Handle:
    """Stands for a frontend: remembers the bundles that were shown."""

    def __init__(self):
        self.bundles = []

    def publish(self, data, *_, **__):
        self.bundles.append(data)
        return self

    update = publish


@pytest.fixture(params=["live", "updating"])
def view(request, monkeypatch):
    """A view in a notebook, and the bundles it shows."""
    handle = Handle()
    module = importlib.import_module(f"spark_magic.display.{request.param}")
    monkeypatch.setattr(module, "publish", handle.publish)
    return {"live": "LiveView", "updating": "UpdatingView"}[request.param], module, handle


def finished(view, events, answer, outcome):
    """Show the events and the end; return the last bundle."""
    name, module, handle = view
    made = getattr(module, name)(FACTS)
    for event in events:
        made.take(event)
    made.finish(answer, outcome)
    return handle.bundles[-1]


def test_a_notice_is_saved_with_the_answer(view):
    notice = Notice("note.clock.behind", {"minutes": 61.0})
    page = finished(view, [notice, Delta("hi")], ANSWER, Outcome.COMPLETE)["text/html"]
    assert "61 min behind the server" in page.replace("&#x27;", "'")
    assert "not remembered" not in page


def test_a_withdrawn_answer_leaves_no_word_of_it(view):
    page = finished(view, [Delta("half of it")], Answer(model="ultra"), Outcome.WITHDRAWN)
    assert "half" not in str(page)
    assert "withdrawn by moderation" in page["text/html"]
    assert page["text/plain"] == "[withdrawn by moderation]"


def test_a_flagged_answer_stays_and_is_marked(view):
    notice = Notice("note.flagged", {"detail": "<b>mind</b> it"})
    page = finished(view, [Delta("all of it"), notice], Answer("all of it"), Outcome.FLAGGED)
    assert "all of it" in page["text/html"]
    assert "&lt;b&gt;mind" in page["text/html"]
    assert page["text/plain"] == "all of it\n[warned by moderation]"


def test_the_live_status_tells_why_and_when_it_is_asked_again(monkeypatch):
    monkeypatch.setattr(live, "publish", Handle().publish)
    shown = live.LiveView(FACTS)
    shown.take(Retrying(1, 2, 1.2, "The service is <busy>."))
    assert "ultra · The service is &lt;busy&gt;. Asking again in 2 s (1 of 2)." in shown._status.value
    shown._pace.hurry()
    shown.take(Waiting(0.1))
    assert "thinking" in shown._status.value
    shown.finish(Answer(""), Outcome.FAILED)


def test_the_terminal_tells_each_pause_once_and_notices_at_once(capsys):
    shown = TerminalView(FACTS)
    for event in (Retrying(1, 2, 1.0, "Busy."), Retrying(1, 2, 0.9, "Busy."), Retrying(2, 2, 2.0, "Busy.\x1b[2J")):
        shown.take(event)
    assert capsys.readouterr().out == "Busy. Asking again in 1 s (1 of 2).\nBusy.[2J Asking again in 2 s (2 of 2).\n"
    shown.take(Delta("half"))
    shown.take(Notice("note.retired", {"model": "v2"}))
    shown.finish(Answer("half"), Outcome.WITHDRAWN)
    assert "half\nThe vendor has retired v2.\n[ultra" in capsys.readouterr().out
