"""`%spark_explain` sends the last error with the cell it came from, as text, and shows what the model says."""

import sys

import pytest
from cells import chat_of, messages_of
from IPython.core.error import UsageError

from spark_magic.errors import ConnectionFailed
from spark_magic.magics.failure_report import Report
from spark_magic.messages import use_language


@pytest.fixture(autouse=True)
def no_error_yet(monkeypatch):
    """The one of another test is none of ours."""
    for name in ("last_value", "last_exc"):
        monkeypatch.delattr(sys, name, raising=False)


def sent(box):
    return messages_of(box.requests[-1])[-1][1]


def below(cells):
    """Return what was put into the next cell."""
    return getattr(cells.shell, "rl_next_input", None)


def fix(cells, answer):
    """Have the last error's cell corrected by this answer."""
    question = f"--fix sandbox: say\n{answer}"
    cells.run(f"get_ipython().run_line_magic('spark_explain', {question!r})")


def explained(cells, box, source, line=""):
    cells.fails(source)
    cells.run(f"%spark_explain {line}")
    return sent(box)


# what is sent


def test_the_cell_the_traceback_and_the_versions(cells, box):
    text = explained(cells, box, "table = {'a': 1}\ntable['b']", "why?")
    assert "```python\ntable = {'a': 1}\ntable['b']\n```" in text
    assert 'File "<cell>", line 2, in <' in text  # IPython 7: <cell line: 2>
    assert "KeyError: 'b'" in text
    assert f"Python {sys.version.split()[0]}" in text
    assert text.endswith("\n\nwhy?")


def test_the_cell_is_the_one_that_was_run_not_the_one_that_defined_the_function(cells, box):
    cells.run("def halve(x):\n    return x / 0")
    text = explained(cells, box, "halve(\n  3)")
    assert "```python\nhalve(\n  3)\n```" in text
    assert 'File "<another cell>", line 2, in halve' in text


def test_an_error_of_an_earlier_cell_is_the_last_one_until_another_comes(cells, box):
    cells.fails("1 / 0")
    cells.run("x = 1")
    cells.run("%spark_explain")
    assert "ZeroDivisionError" in sent(box)
    cells.run("%spark_explain and now?")
    assert "```python\n1 / 0\n```" in sent(box)


def test_a_cell_that_is_no_python_has_no_call_and_is_sent_all_the_same(cells, box):
    text = explained(cells, box, "x = (1,\ny z")
    assert "```python\nx = (1,\ny z\n```" in text
    assert "SyntaxError" in text
    assert "interactiveshell" not in text
    assert "ast_parse" not in text


def test_the_cell_is_sent_as_it_was_written_with_its_magics(cells, box):
    text = explained(cells, box, "%who_ls\nfiles = !echo one\n1 / 0")
    assert "files = !echo one" in text
    assert "get_ipython" not in text


def test_an_error_with_a_cause_is_sent_with_it(cells, box):
    text = explained(cells, box, "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e")
    assert "ZeroDivisionError" in text
    assert "direct cause" in text
    assert "ValueError: v" in text


def test_no_value_of_a_variable_travels(cells, box):
    text = explained(cells, box, "password = ''.join(['hun', 'ter2'])\ndef f(p):\n    raise ValueError\nf(password)")
    assert "hunter2" not in text


def test_library_files_are_named_without_the_way_to_them(cells, box):
    text = explained(cells, box, "import json\njson.loads('{')")
    assert 'File "json/decoder.py"' in text
    assert sys.prefix not in text
    assert sys.base_prefix not in text
    text = explained(cells, box, "import traitlets\nclass A(traitlets.HasTraits):\n    x = traitlets.Int()\nA(x='y')")
    assert 'File "traitlets/traitlets.py"' in text
    import traitlets

    assert f"traitlets {traitlets.__version__}" in text


def test_of_very_many_calls_the_middle_is_left_out_and_that_is_said(cells, box):
    text = explained(cells, box, "def down(n):\n    return 1 // n + down(n - 1)\ndown(60)")
    assert "ZeroDivisionError" in text
    assert " calls left out]" in text
    assert len(text) < 3000


def test_of_a_very_long_message_the_middle_is_left_out_and_that_is_said(cells, box):
    text = explained(cells, box, "raise ValueError('begin ' + 'x y ' * 9000 + ' end')")
    assert "characters left out]" in text
    assert "begin" in text
    assert " end" in text
    assert len(text) < 9000


def test_a_cell_with_a_fence_in_it_stays_one_block(cells, box):
    text = explained(cells, box, "md = '''\n```python\nx\n```\n'''\n1 / 0")
    assert "````python\nmd" in text


def test_the_words_to_the_model_are_in_the_users_language(cells, box):
    use_language("zh")
    assert explained(cells, box, "1 / 0").startswith("我的 Jupyter 笔记本中有一个单元格出错。")


def test_variables_of_a_prompt_are_no_matter_of_a_cells(cells, box):
    """Double braces in the failing cell stay as they are."""
    assert "{{x}}" in explained(cells, box, "x = 5\nraise ValueError('{{x}}')")


def test_a_question_with_a_question_mark_is_no_request_for_help(cells, box):
    cells.fails("1 / 0")
    cells.run("%spark_explain is it my fault?")
    assert sent(box).endswith("is it my fault?")


# like any question


def test_it_joins_the_conversation(cells, box):
    cells.run("%spark first")
    explained(cells, box, "1 / 0", "-t 0.2 -o why")
    assert [role for role, _ in messages_of(box.requests[-1])] == ["user", "assistant", "user"]
    assert chat_of(box.requests[-1])["temperature"] == 0.2
    assert cells.names["why"].turn == 2
    cells.run("%spark_explain --no-history")
    cells.run("%spark_explain -n apart")
    assert [len(messages_of(request)) for request in box.requests[-2:]] == [1, 1]
    assert len(cells.magics.state.conversation.turns) == 2


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(cells, box, capsys):
    cells.fails("1 / 0")
    capsys.readouterr()
    cells.run("%spark_explain --fix --dry-run")
    shown = capsys.readouterr().out
    assert "```python" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert not box.requests
    assert not below(cells)


def test_it_can_be_asked_again_and_continued(cells, box):
    explained(cells, box, "1 / 0")
    cells.run("%spark_retry -t 0.9")
    assert box.requests[1]["payload"] == box.requests[0]["payload"]
    cells.run("%spark --continue")
    assert len(cells.magics.state.conversation.turns) == 1


# --fix


@pytest.mark.usefixtures("box")
def test_the_corrected_cell_is_put_below_and_not_run(cells, capsys):
    cells.fails("x = 1 / 0")
    fix(cells, "So:\n```python\nx = 1\n```")
    assert below(cells) == "x = 1"
    assert "x" not in cells.names
    assert "was not run" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_an_answer_without_code_puts_nothing_below(cells, capsys):
    cells.fails("1 / 0")
    fix(cells, "no idea")
    assert not below(cells)
    assert "no code block" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_the_corrected_cell_has_nothing_invisible_in_it(cells):
    cells.fails("1 / 0")
    fix(cells, "```python\nx = '\u202eabc'\n```")
    assert below(cells) == "x = 'abc'"


def test_what_was_withheld_is_back_in_the_corrected_cell(cells, box, monkeypatch):
    monkeypatch.setenv("DATABASE", "db.internal.example")
    monkeypatch.setenv("ELSEWHERE", "another.internal.example")
    cells.fails("open('db.internal.example'); raise ValueError('another.internal.example')[0]")
    fix(cells, "```python\nopen('[DATABASE]', [HOME])\n```")
    assert "[DATABASE]" in sent(box)
    assert "internal" not in sent(box)
    assert below(cells) == "open('db.internal.example', [HOME])"


def test_a_name_that_the_cell_has_already_stands_for_nothing_else(cells, box, monkeypatch):
    monkeypatch.setenv("DATABASE", "db.internal.example")
    cells.fails("x = [DATABASE]\nhost = 'db.internal.example'")
    fix(cells, "```python\nx = ['[DATABASE]', '[DATABASE 2]']\n```")
    assert "host = '[DATABASE 2]'" in sent(box)
    assert below(cells) == "x = ['[DATABASE]', 'db.internal.example']"


# when there is nothing to explain


def refused(cells, box, words, source="%spark_explain"):
    with pytest.raises(UsageError, match=words):
        raise cells.fails(source)
    assert not box.requests


def test_without_an_error_there_is_nothing_to_explain(cells, box):
    refused(cells, box, "no error to explain")


def test_our_own_errors_say_themselves_what_to_do(cells, box):
    cells.fails("%spark_config --temperature 9")
    refused(cells, box, "explains itself.*out of range")
    cells.fails("%no_such_magic")
    refused(cells, box, "explains itself.*not found")
    cells.fails("%spark --continue")
    refused(cells, box, "explains itself")


def test_a_stop_is_no_error(cells, box):
    cells.fails("raise KeyboardInterrupt")
    refused(cells, box, "you stopped it")


def test_an_error_that_could_not_be_explained_is_still_the_last_one(cells, box):
    """Its own failure, a slip on the line or a missing connection, does not take its place."""
    cells.fails("1 / 0")
    cells.fails("%spark_explain --fxi")
    box.stop()
    cells.run("%spark_config --retries 0")
    assert isinstance(cells.fails("%spark_explain"), ConnectionFailed)
    assert isinstance(cells.fails("%spark_explain"), ConnectionFailed)
    cells.run("%spark_explain --dry-run")
    assert cells.magics.state.unexplained is None
    cells.fails("%no_such_magic")
    refused(cells, box, "explains itself")


@pytest.mark.usefixtures("box")
def test_help_needs_no_error(cells, capsys):
    cells.run("%spark_explain --help")
    shown = capsys.readouterr().out
    assert "--fix" in shown
    assert "credentials stay here" in shown


# whatever is raised


class Odd(Exception):
    """An error whose own text is one."""

    def __str__(self):
        """Fail."""
        raise RuntimeError


@pytest.mark.parametrize(
    "problem",
    [Odd(), SyntaxError(), SyntaxError("x", ("f", None, None, None)), ExceptionGroup("g", [ValueError("one")] * 3)],
    ids=lambda problem: type(problem).__name__,
)
def test_every_error_can_be_reported(problem):
    assert type(problem).__name__ in Report(problem, lambda _: "").text


def test_of_errors_within_errors_the_sixth_and_all_behind_it_are_left_out():
    problem = ValueError("error 0")
    for number in range(1, 200):
        inner, problem = problem, ValueError(f"error {number}")
        problem.__context__ = inner
    text = Report(problem, lambda _: "").text
    assert "error 199" in text
    assert "error 194" in text
    assert "error 193" not in text


@pytest.mark.parametrize("option", ["--dry-run", "--fix"])
def test_an_option_behind_the_question_is_refused_and_nothing_is_sent(cells, box, option):
    """Whoever writes it there wants to see what would be sent."""
    cells.fails("1 / 0")
    problem = cells.fails(f"%spark_explain why not? {option}")
    assert isinstance(problem, UsageError)
    assert option in str(problem)
    assert box.requests == []
