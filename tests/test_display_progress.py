"""How far a long run is, as it is shown: in a notebook, in a terminal, and in what is saved."""

import importlib
import io
import re
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interruptions import Tracer
from kernels import Kernel, Notebook, environment

from spark_magic.display.progress import clean, open_progress
from spark_magic.display.progress_html import NotebookProgress, final, moving
from spark_magic.display.progress_plain import TerminalProgress
from spark_magic.display.progress_words import Allowed, closing
from spark_magic.messages import use_language
from spark_magic.progress import Progress

KERNEL = SimpleNamespace(kernel=object())
TERMINAL = SimpleNamespace()
HOSTILE = "<script>alert(1)</script>&\x1b]52;c;eA==\x07\u202e$x$\n\n\"'{0}{x}"
BEFORE, HALF = Progress(1000, concurrency=8), Progress(1000, done=500, tokens=900, seconds=10.0, concurrency=8)
RICH = Progress(1000, 310, 2, 4, 120, 3, 14210, 12.4, 8)
SLOW = Progress(1000, 310, tokens=14210, seconds=12.4, concurrency=2, limited=3)
END = Progress(1000, 1000, 10, 0, 120, tokens=45210, seconds=63.2)
HUGE = Progress(10**15, 9 * 10**14, 10**14, 10**14, 10**14, 10**14, 10**17, 1e7, 1, 0.333, 10**9)
ENDINGS = ("complete", "stopped", "failed")
MOST_BYTES = 2100
LINE = "1,000 rows in 1 min 3 s: 990 answered, 10 failed, 120 from the journal, 45,210 tokens, 13.9 rows/s"


class Frontend:
    """Stands for a notebook's: its outputs as they are now, and how many messages it was sent."""

    def __init__(self):
        self.outputs, self.messages = [], 0

    def display(self, data, *, raw):
        assert raw
        self.outputs.append(data)
        self.messages += 1

    def update(self, data, *, raw):
        assert raw
        self.outputs = [data for _ in self.outputs]  # nothing, where nothing was displayed
        self.messages += 1


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture
def frontend(monkeypatch):
    """The frontend of the views in a kernel."""
    made = Frontend()
    monkeypatch.setattr("spark_magic.display.progress_html.reserve", lambda: made)
    return made


@pytest.fixture
def clock(monkeypatch):
    """The time, to be set."""
    now = [100.0]
    monkeypatch.setattr("spark_magic.display.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


class System:
    """Stands for `sys`, since pytest puts its own stderr into that one before each test."""

    def __init__(self):
        self.stderr = Screen()

    @property
    def stdout(self):
        return sys.stdout


@pytest.fixture
def screen(monkeypatch):
    """The terminal that stderr is."""
    system = System()
    monkeypatch.setattr("spark_magic.display.progress_plain.sys", system)
    return system.stderr


def text_while(progress, title="", allowed=None):
    """Return the line of a run that goes on."""
    return moving(title, progress, (allowed or Allowed()).raised(progress))["text/plain"]


def page_of(data):
    """Read a bundle's HTML, which is well-formed."""
    return ET.fromstring(data["text/html"])  # noqa: S314  # our own


def text_of(data):
    """Return what the page says; a number and its word stay on one line."""
    return "".join(page_of(data).itertext()).replace("\xa0", " ")


# the words


def test_while_it_runs_only_numbers_that_say_something_are_there():
    assert text_while(BEFORE, "Titles") == "Titles · 0 of 1,000 rows · 0%"
    assert text_while(HALF) == "500 of 1,000 rows · 50% · 900 tokens · 50.0 rows/s · 10 s left"
    assert text_while(RICH) == (
        "310 of 1,000 rows · 31% · 2 failed · 120 from the journal · 4 skipped · 3 asked again after a worker died"
        " · 14,210 tokens · 15.0 rows/s · 46 s left"
    )


def test_while_it_runs_in_chinese():
    use_language("zh")
    assert text_while(RICH, "标题") == (
        "标题 · 310 / 1,000 行 · 31% · 失败 2 行 · 取自日志 120 行 · 跳过 4 行 · 因工作进程中断重问 3 行"
        " · 14,210 token · 15.0 行/秒 · 剩余 46 秒"
    )


def test_one_is_one():
    assert text_while(Progress(1, 1, tokens=1, seconds=2.0)) == "1 of 1 row · 100% · 1 token · 30 rows/min"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"concurrency": 8}, ""),
        ({"concurrency": 8, "limited": 4}, ""),
        ({"concurrency": 2}, ""),  # not the service's doing
        ({"concurrency": 2, "limited": 1}, "slowed to 2 at once"),
        ({"concurrency": 8, "qps": 2.0, "limited": 1}, "slowed to 2 a second"),
        ({"concurrency": 1, "qps": 0.5, "limited": 1}, "slowed to 1 at once, 0.5 a second"),
    ],
)
def test_a_run_that_was_slowed_down_says_to_what(now, said):
    line = text_while(Progress(9, **now), allowed=Allowed().raised(BEFORE))
    assert line.removeprefix("0 of 9 rows · 0%") == (f" · {said}" if said else "")


def test_a_limit_of_the_users_own_is_not_a_slower_run():
    mine = Allowed().raised(Progress(9, concurrency=4, qps=5.0))
    assert mine.slowed(Progress(9, concurrency=4, qps=5.0, limited=1)) == ()
    [part] = mine.slowed(Progress(9, concurrency=4, qps=2.5, limited=1))
    assert part.text == "slowed to 2.5 a second"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (1.0, "1 s", "1 秒"),
        (59.2, "1 min", "1 分钟"),
        (61.0, "1 min 1 s", "1 分 1 秒"),
        (599.0, "9 min 59 s", "9 分 59 秒"),
        (700.0, "12 min", "12 分钟"),
        (3600.0, "1 h", "1 小时"),
        (3700.0, "1 h 2 min", "1 小时 2 分"),
        (99 * 24 * 3600.0, "2,376 h", "2,376 小时"),
    ],
)
def test_the_time_left_is_said_in_the_units_that_matter(seconds, english, chinese):
    running = Progress(200, 100, seconds=seconds)
    assert text_while(running).endswith(f" · {english} left")
    use_language("zh")
    assert text_while(running).endswith(f" · 剩余 {chinese}")


@pytest.mark.parametrize("running", [Progress(9, 1, seconds=0.9), Progress(10**9, 1, seconds=9e3), BEFORE, END])
def test_no_time_left_is_better_than_a_wild_one(running):
    assert "left" not in text_while(running)


@pytest.mark.parametrize(
    ("rows", "seconds", "rate"),
    [(9, 0.01, "900 rows/s"), (5000, 1.0, "5,000 rows/s"), (5, 4.0, "1.2 rows/s"), (9, 60.0, "9 rows/min")],
)
def test_the_rate_is_in_a_unit_in_which_it_can_be_read(rows, seconds, rate):
    assert f" · {rate}" in text_while(Progress(9000, rows, seconds=seconds))


def test_a_hundred_per_cent_are_all_rows():
    assert "99%" in text_while(Progress(1000, 999))


# the line that stays


def test_at_the_end_one_line_says_it_all():
    assert str(closing(END, "complete", cell=True)) == LINE


def test_what_was_stopped_says_how_to_go_on():
    assert str(closing(RICH, "stopped", cell=True)) == (
        "stopped: 310 of 1,000 rows are done and kept; run the cell again for the rest (12 s, 304 answered, 2 failed,"
        " 120 from the journal, 4 skipped, 3 asked again after a worker died, 14,210 tokens, 15.0 rows/s)"
    )


def test_in_chinese_too():
    use_language("zh")
    assert str(closing(END, "complete", cell=True)) == (
        "1,000 行，用时 1 分 3 秒：已回答 990 行、失败 10 行、取自日志 120 行、45,210 token、13.9 行/秒"
    )
    assert str(closing(HALF, "stopped", cell=True)) == (
        "已停止：1,000 行中已完成 500 行并已保存；再次运行本单元格即可继续"
        "（10 秒、已回答 500 行、900 token、50.0 行/秒）"
    )
    assert str(closing(HALF, "failed", cell=True)).startswith("因错误而中止：1,000 行中已完成 500 行")


@pytest.mark.parametrize(
    ("done", "total", "kept"),
    [
        (0, 9, "no row is done yet; run it again to go on"),
        (1, 9, "1 of 9 rows is done and kept; run it again for the rest"),
        (9, 9, "every row is done and kept; run it again for the result"),
        (1, 1, "every row is done and kept; run it again for the result"),
    ],
)
def test_an_end_before_the_end_is_told_in_numbers_that_are_right(done, total, kept):
    assert closing(Progress(total, done), "failed", cell=False).sentence == f"ended by an error: {kept}"


def test_what_the_next_run_asks_again_is_not_called_kept():
    progress = Progress(9, done=5, failed=3, passing=2)
    assert "3 of 9 rows are done and kept; run the cell again" in str(closing(progress, "failed", cell=True))
    assert "no row is done yet" in str(closing(Progress(9, 2, failed=2, passing=2), "stopped", cell=True))


def test_at_the_end_one_is_told_how_to_ask_what_failed_by_the_way():
    progress = Progress(9, done=9, failed=3, passing=2)
    assert ", 3 failed, run the cell again to ask 2 of the failed again" in str(
        closing(progress, "complete", cell=True)
    )
    assert "run it again to ask 2 of" in str(closing(progress, "complete", cell=False))
    use_language("zh")
    assert str(closing(progress, "complete", cell=True)).endswith("失败 3 行、再次运行本单元格会重问失败的 2 行")


@pytest.mark.parametrize(("cell", "further"), [(True, "add --errors keep"), (False, "pass errors='keep'")])
def test_a_run_that_would_end_at_the_same_row_again_says_how_to_get_past_it(cell, further):
    sentence = closing(Progress(9, done=5, failed=1), "raised", cell=cell).sentence
    assert sentence.startswith(f"ended at a row that failed: 5 of 9 rows are done and kept; {further}")


def test_one_row_at_the_end():
    assert str(closing(Progress(1, 1, seconds=0.84), "complete", cell=True)) == "1 row in 0.8 s: 1 answered, 1.2 rows/s"


@pytest.mark.parametrize("odd", [Progress(0), Progress(0, 3, 3), Progress(3, 9, 12, 9, 9), Progress(-1, -1), HUGE])
@pytest.mark.parametrize("name", ["en", "zh"])
def test_numbers_that_cannot_be_are_shown_all_the_same(odd, name):
    use_language(name)
    bundles = [moving("t", odd, Allowed()), *(final("t", closing(odd, how, cell=True)) for how in ENDINGS)]
    assert all(page_of(data) is not None for data in bundles)


@given(st.builds(Progress, *[st.integers(0, 10**9)] * 8, st.floats(0, 1e12), st.integers(0, 99)), st.text())
def test_whatever_the_numbers_and_the_title_the_page_is_whole(progress, title):
    title = clean(title)
    for data in (moving(title, progress, Allowed(9)), final(title, closing(progress, "stopped", cell=True))):
        assert text_of(data).startswith(title)
        assert "\n" not in data["text/plain"]


# what is hostile


@pytest.mark.parametrize(
    "data", [moving(clean(HOSTILE), RICH, Allowed()), final(clean(HOSTILE), closing(END, "failed", cell=True))]
)
def test_a_title_is_text_and_nothing_else(data):
    page = page_of(data)
    assert {node.tag for node in page.iter()} <= {"div", "b", "span"}
    assert {name for node in page.iter() for name in node.keys()} <= {"class", "style"}  # noqa: SIM118  # no dict
    assert "mathjax_ignore" in page.get("class")
    shown = "<script>alert(1)</script>&]52;c;eA==$x$ \"'{0}{x}"
    assert text_of(data).startswith(shown)
    assert data["text/plain"].startswith(shown + " · ")


def test_a_title_is_short():
    assert clean("x" * 10**6) == "x" * 49 + "…"
    assert clean(" a\r\n b\t") == "a b"


# in a notebook


def test_every_kernel_gets_the_same_view_and_a_terminal_another():
    assert isinstance(open_progress(KERNEL, "t"), NotebookProgress)
    assert isinstance(open_progress(None, "t"), TerminalProgress)
    assert isinstance(open_progress(TERMINAL, "t"), TerminalProgress)


def test_the_bar_is_shown_at_once_and_the_line_takes_its_place(frontend):
    view = open_progress(KERNEL, "Titles")
    assert frontend.outputs == []
    view.show(BEFORE)
    assert frontend.outputs[0]["text/plain"] == "Titles · 0 of 1,000 rows · 0%"
    view.finish(END, "complete")
    [data] = frontend.outputs
    assert set(data) == {"text/plain", "text/html"}
    assert data["text/plain"] == f"Titles · {LINE}"
    assert text_of(data) == f"Titles · {LINE}"
    assert "width:" not in data["text/html"].replace("max-width:", "")  # no bar


def boxes(progress):
    """Return how wide the parts of the bar are, per cent."""
    html = moving("", progress, Allowed())["text/html"]
    return [float(width) for width in re.findall(r"width:([\d.]+)%", html)]


@pytest.mark.parametrize(
    ("progress", "parts"),
    [
        (BEFORE, []),
        (HALF, [50.0]),
        (RICH, [12.0, 18.8, 0.2]),
        (END, [12.0, 87.0, 1.0]),
        (Progress(0), []),
        (Progress(9, 18), [100.0]),
        (Progress(9, 9, 9, journalled=9), [100.0]),
    ],
)
def test_the_bar_shows_what_came_from_the_journal_what_was_asked_and_what_failed(progress, parts):
    assert boxes(progress) == parts


def test_a_failure_is_to_be_seen(frontend):
    view = open_progress(KERNEL, "")
    view.show(RICH)
    assert re.search(r'<span style="[^"]*warn-color[^"]*">2 failed</span>', frontend.outputs[0]["text/html"])
    view.finish(END, "complete")
    assert re.search(r'<span style="[^"]*warn-color[^"]*">10\xa0failed</span>', frontend.outputs[0]["text/html"])


def test_ten_thousand_calls_are_five_small_messages_a_second(frontend, clock):
    view = open_progress(KERNEL, HOSTILE)
    for done in range(10_000):
        clock[0] += 0.01
        view.show(Progress(10_000, done, done // 9, 0, done // 3, 1, 45 * done, done / 100, 2, 2.0, done))
        assert len(repr(frontend.outputs).encode()) < MOST_BYTES
    assert 400 <= frontend.messages <= 501  # in a hundred seconds
    assert "slowed" not in str(frontend.outputs)


def test_the_largest_message_is_small(frontend):
    use_language("zh")
    view = open_progress(KERNEL, "&讯" * 99)
    view.show(Progress(1, concurrency=9))
    view._interval._end = 0.0
    view.show(HUGE)
    assert "同时 1 个请求，每秒 0.33 个" in str(frontend.outputs)
    assert sum(len(text.encode()) for text in frontend.outputs[0].values()) < MOST_BYTES


def test_slow_is_what_is_slower_than_before_also_between_two_updates(frontend, clock):
    view = open_progress(KERNEL, "")
    for concurrency in (1, 8, 2):  # the second one is never drawn
        view.show(Progress(9, concurrency=concurrency, limited=1))
    assert frontend.messages == 1
    clock[0] += 1
    view.show(Progress(9, concurrency=2, limited=1))
    assert "slowed to 2 at once" in frontend.outputs[0]["text/plain"]


@pytest.mark.parametrize("shown", [True, False])
def test_after_the_end_nothing_moves(frontend, clock, shown):
    view = open_progress(KERNEL, "")
    if shown:
        view.show(HALF)
    view.finish(END, "complete")
    clock[0] += 9
    view.show(HALF)
    assert [data["text/plain"] for data in frontend.outputs] == [LINE]
    view.finish(END, "complete")
    assert [data["text/plain"] for data in frontend.outputs] == [LINE]


# interrupts


def run_of(view, clock):
    """Show three steps of a run."""
    for progress in (BEFORE, HALF, SLOW):
        view.show(progress)
        clock[0] += 1


def interrupted(line, step):
    """Interrupt a step at a line of ours; tell whether it came to that."""
    tracer = Tracer(line)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with tracer.tracing():
            step()
    except KeyboardInterrupt:
        return True
    finally:
        signal.signal(signal.SIGINT, before)
    return tracer.lines if line is None else False


def test_an_interrupt_at_any_line_leaves_the_line_and_no_bar(frontend, clock):
    lines = interrupted(None, lambda: run_of(open_progress(KERNEL, "t"), clock))
    assert len(lines) > 40
    for line in lines:
        frontend.outputs, view = [], open_progress(KERNEL, "t")
        interrupted(line, lambda view=view: run_of(view, clock))
        view.finish(HALF, "stopped")
        assert frontend.outputs
        assert all(data["text/plain"].startswith("t · stopped: 500 of") for data in frontend.outputs), line


def test_an_interrupt_of_the_end_can_be_made_good(frontend, clock):
    def end():
        view.finish(HALF, "stopped")

    view = open_progress(KERNEL, "t")
    run_of(view, clock)
    for line in interrupted(None, end):
        frontend.outputs, view = [], open_progress(KERNEL, "t")
        run_of(view, clock)
        assert interrupted(line, end)
        end()
        assert [data["text/plain"][:12] for data in frontend.outputs] == ["t · stopped:"]


def test_an_interrupted_message_does_not_lose_the_line(frontend, monkeypatch):
    """The interrupt comes when the bar was just sent, and nobody knows that it was."""
    display = frontend.display

    def sent_and_interrupted(data, *, raw):
        display(data, raw=raw)
        monkeypatch.undo()
        raise KeyboardInterrupt

    view = open_progress(KERNEL, "t")
    monkeypatch.setattr(frontend, "display", sent_and_interrupted)
    with pytest.raises(KeyboardInterrupt):
        view.show(HALF)
    view.finish(HALF, "stopped")
    assert {data["text/plain"][:12] for data in frontend.outputs} == {"t · stopped:"}


@pytest.mark.parametrize("stage", ["run", "end"])
def test_in_a_terminal_an_interrupt_at_any_line_leaves_the_line(screen, clock, capsys, stage):
    def step():
        view = views[-1]
        run_of(view, clock)
        if stage == "end":
            view.finish(HALF, "stopped")

    views = [open_progress(None, "t")]
    lines = interrupted(None, step)
    views[-1].finish(HALF, "stopped")
    for line in lines:
        views.append(open_progress(None, "t"))
        interrupted(line, step)
        views[-1].finish(HALF, "stopped")
        assert "t · stopped: 500 of 1,000" in capsys.readouterr().out
        assert screen.getvalue().endswith("\r"), line  # the bar is gone


# in a terminal


def test_a_terminal_gets_a_bar_on_stderr_and_the_line_on_stdout(screen, clock, capsys):
    view = open_progress(None, "Titles")
    run_of(view, clock)
    bars = screen.getvalue()
    assert "Titles:  50%|" in bars
    assert "500/1000 [00:10<00:10, 50.00row/s, 900 tokens]" in bars
    assert "310/1000" in bars
    assert "14,210 tokens, slowed to 2 at once]" in bars
    assert capsys.readouterr().out == ""
    view.finish(END, "complete")
    assert capsys.readouterr().out == f"Titles · {LINE}\n"
    assert screen.getvalue().endswith(" \r")
    view.show(HALF)
    assert screen.getvalue().endswith(" \r")


def test_the_shortest_run_leaves_no_bar(screen):
    view = open_progress(None, "")
    view.show(BEFORE)
    view.finish(END, "complete")
    assert screen.getvalue().endswith(" \r")


def test_what_came_from_the_journal_makes_a_terminals_rate_no_faster(screen):
    open_progress(None, "").show(Progress(1000, 500, journalled=400, seconds=10.0))
    assert "500/1000 [00:10<00:50, 10.00row/s, 400 from the journal]" in screen.getvalue()


def test_a_terminal_is_drawn_on_a_few_times_a_second(screen, clock):
    view = open_progress(None, "")
    for done in range(1000):
        clock[0] += 0.01
        view.show(Progress(1000, done, seconds=done / 100))
    assert 40 <= screen.getvalue().count("\r") <= 52  # in ten seconds
    view.finish(END, "complete")


def test_a_bar_leaves_no_thread_and_no_lock_of_others_behind(screen):  # noqa: ARG001  # there has to be one
    from tqdm import tqdm

    before, lock = threading.enumerate(), getattr(tqdm, "_lock", None)
    view = open_progress(None, "")
    view.show(HALF)
    assert threading.enumerate() == before
    assert getattr(tqdm, "_lock", None) is lock
    view.finish(END, "complete")
    assert threading.enumerate() == before


def test_the_line_is_above_a_bar_of_the_users_own(screen, capsys):
    from tqdm import tqdm

    class Outer(tqdm):
        monitor_interval = 0

    with Outer(total=2, desc="outer", file=screen) as outer:
        view = open_progress(None, "inner")
        view.show(HALF)
        view.finish(END, "complete")
        assert capsys.readouterr().out == f"inner · {LINE}\n"
        outer.update()
    assert "outer:  50%" in screen.getvalue()


def test_what_is_piped_gets_the_line_alone_and_needs_no_tqdm(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    view = open_progress(None, HOSTILE)
    view.show(HALF)
    view.finish(END, "complete")
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out == f"<script>alert(1)</script>&]52;c;eA==$x$ \"'{{0}}{{x}} · {LINE}\n"


@pytest.mark.parametrize("closed", [True, False])
def test_a_terminal_that_has_gone_away_does_not_end_the_run(monkeypatch, screen, closed):
    view, early = open_progress(None, ""), open_progress(None, "")
    early.show(HALF)
    screen.close()
    gone = screen if closed else None
    system = SimpleNamespace(stdout=gone, stderr=gone)
    monkeypatch.setattr("spark_magic.display.progress_plain.sys", system)
    for one in (view, early, open_progress(None, "")):
        one.show(HALF)
        one.finish(END, "complete")


SCRIPT = """\
from spark_magic.display.progress import open_progress
from spark_magic.progress import Progress
view = open_progress(None, "标题")
view.show(Progress(9))
view.finish(Progress(9, 4, seconds=2.0), "stopped")"""


def test_a_script_whose_output_is_piped_prints_the_line(tmp_path):
    settings = environment(tmp_path) | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, env=settings, capture_output=True, encoding="ascii", timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "\\u6807\\u9898 \\xb7 stopped: 4 of 9 rows are done and kept; run it again for the rest"
        " (2.0 s, 4 answered, 2.0 rows/s)\n"
    )


DRAWN = "import sys; sys.stderr.isatty = lambda: True\n" + SCRIPT


@pytest.mark.parametrize("disable", ["", "1"])
def test_somebody_who_wants_no_bars_gets_the_line(tmp_path, disable):
    """The switch is tqdm's own, and it holds here, too."""
    if not hasattr(importlib.import_module("tqdm.utils"), "envwrap"):
        pytest.skip("tqdm has this since 4.66")
    settings = environment(tmp_path) | {"PYTHONIOENCODING": "utf-8", "TQDM_DISABLE": disable}
    command = [sys.executable, "-W", "error", "-c", DRAWN]
    done = subprocess.run(command, env=settings, capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert ("0/9" in done.stderr) is not bool(disable)
    assert done.stdout.startswith("标题 · stopped: 4 of 9 rows")


LOOP = """\
import time
from spark_magic.display.progress import open_progress
from spark_magic.progress import Progress
began, done = time.monotonic(), 0
view = open_progress(get_ipython(), "Titles")
def now(): return Progress(10**6, done, tokens=9 * done, seconds=time.monotonic() - began)
try:
    while True:
        done += 1
        view.show(now())
        time.sleep(0.001)
except KeyboardInterrupt:
    view.finish(now(), "stopped")"""


def test_in_ipythons_terminal_the_bar_moves_and_ctrl_c_leaves_the_line(tmp_path):
    if sys.platform == "win32":
        pytest.skip("pexpect has no pseudo-terminal on Windows")
    from test_terminal import Terminal

    terminal = Terminal(tmp_path, None)
    terminal.start("exec(" + repr(LOOP) + ")")
    terminal.process.expect(r"\d\d+/1000000 \[.*row/s, [\d,]+ tokens\]")
    terminal.process.sendintr()
    lines = [line for line in terminal.finish() if line.strip()]
    assert re.search(r"Titles · stopped: [\d,]+ of 1,000,000 rows are done and kept; run the cell again for", lines[-1])
    assert "MainThread" in terminal.value("[thread.name for thread in __import__('threading').enumerate()]")
    assert terminal.value("[t for t in __import__('threading').enumerate() if 'Monitor' in type(t).__name__]") == "[]"
    terminal.process.close(force=True)


# in a real kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all tests."""
    started = Kernel(tmp_path_factory.mktemp("kernel"), None)
    yield started
    started.close()


@pytest.mark.parametrize("cell", ["", "a-cell"])  # of a frontend that names none (Colab, nbclient), and of JupyterLab
def test_updates_arrive_while_the_cell_runs_and_an_interrupt_leaves_the_line(kernel, cell):
    run, _ = kernel.stopped_at(LOOP, cell, lambda message: message["msg_type"] == "update_display_data")
    bars = run.contents("display_data", "update_display_data")
    assert bars[0]["data"]["text/plain"] == "Titles · 1 of 1,000,000 rows · 0% · 9 tokens" or "rows/s" in str(bars[0])
    counts = [int(re.search(r"([\d,]+) of", bar["data"]["text/plain"])[1].replace(",", "")) for bar in bars]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    [(data, _)] = run.saved
    assert data["text/plain"].startswith("Titles · stopped: ")
    assert "run the cell again for the rest" in data["text/html"]
    assert not run.of("comm_open")


def test_a_real_clock_keeps_the_pace(kernel):
    """Two messages are never closer than a fifth of a second, but for the last one."""
    loop = LOOP.replace("while True:", "while time.monotonic() - began < 1:") + "\nview.finish(now(), 'complete')"
    run = kernel.run(loop)
    times = [message["header"]["date"].timestamp() for message in run.of("display_data", "update_display_data")]
    assert 2 <= len(times) <= 7
    assert all(later - sooner > 0.15 for sooner, later in pairwise(times[:-1]))


def test_a_notebook_that_runs_by_itself_saves_the_line(tmp_path):
    loop = LOOP.replace("while True:", "while done < 400:") + "\nview.finish(now(), 'complete')"
    [cell] = Notebook(tmp_path, None, loop).run().cells
    [output] = cell.outputs
    assert output.output_type == "display_data"
    assert output.data["text/plain"].startswith("Titles · 400 of 1,000,000 rows in ")
    assert "%" not in re.sub('style="[^"]*"', "", output.data["text/html"])


def test_no_view_is_loaded_before_it_is_needed():
    module = importlib.import_module("spark_magic.display.progress")
    assert not {"NotebookProgress", "TerminalProgress"} & set(vars(module))
    code = "import sys, spark_magic.display.progress; print('tqdm' in sys.modules, 'IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False False\n"
