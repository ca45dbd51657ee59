"""A question on one line may end with a question mark, and help stays where it was."""

import pytest
from cells import messages_of
from IPython.core.inputtransformer2 import TransformerManager

from spark_magic.magics.question import Questions


@pytest.fixture
def manager():
    """Return IPython's own transformations with ours among them."""
    made = TransformerManager()
    made.token_transformers.append(Questions(["spark", "xinghuo"]))
    return made


def asks(name, text):
    return f"get_ipython().run_line_magic({name!r}, {text!r})\n"


@pytest.mark.parametrize(
    "text",
    [
        "what is a monad?",
        "why?",
        "?",
        "really??",
        "what's up?",
        "what is f(x?",
        'what does """ mean?',
        "is [1, 2} right?",
        "是什么？",
        "a.b?",
        "-m x1 how?",
        "no question",
        "100%?",
        "a = %spark b?",
    ],
)
@pytest.mark.parametrize("name", ["spark", "xinghuo"])
def test_a_line_of_ours_is_a_question_whatever_it_ends_with(manager, name, text):
    assert manager.transform_cell(f"%{name} {text}") == asks(name, text)
    assert manager.transform_cell(f"x = %{name} {text}") == f"x = {asks(name, text)}"
    assert manager.transform_cell(f"if y:\n    %{name} {text}") == f"if y:\n    {asks(name, text)}"
    assert (
        manager.transform_cell(f"if y:\n    x[1], z.w = %{name} {text}") == f"if y:\n    x[1], z.w = {asks(name, text)}"
    )


@pytest.mark.parametrize(
    "source",
    [
        "%spark?",
        "%spark??",
        "%%spark?",
        "%%spark??",
        "%xinghuo?",
        "%spark_config?",
        "%spark_config --model max?",
        "%timeit why?",
        "x = %timeit why?",
        "len?",
        "x = 5 %spark",
        "x = y\n%spark",
        "%sparkle why?",
        "!echo why?",
        "spark why?",
        "x = f(a=%spark)",
        "f(a=%spark why?)",
        "f(a=%spark why?",
        'text = """\n%spark why?\nx = %spark why?\n"""',
        "'%spark why?'",
        "# %spark why?",
        "print('x = %spark why?')",
        "x = 'a' '%spark why?'",
    ],
)
def test_everything_else_is_as_without_us(manager, source):
    """Help, other magics, and strings and comments that contain such text."""
    assert manager.transform_cell(source) == TransformerManager().transform_cell(source)


def test_several_lines_of_a_cell(manager):
    source = "%spark f(x?\nlen?\nx = %spark why?\n%timeit 1\n%spark it's\\\n  long?\ny = '%spark why?'\n"
    expected = [
        asks("spark", "f(x?"),
        "get_ipython().run_line_magic('pinfo', 'len')\n",
        f"x = {asks('spark', 'why?')}",
        "get_ipython().run_line_magic('timeit', '1')\n",
        asks("spark", "it's   long?"),
        "y = '%spark why?'\n",
    ]
    assert manager.transform_cell(source) == "".join(expected)


def test_any_blank_may_follow_the_name(manager):
    """A Chinese input method writes U+3000."""
    assert manager.transform_cell("%spark\twhy?") == asks("spark", "why?")
    assert manager.transform_cell("%spark\u3000为什么?") == asks("spark", "为什么?")


def test_a_line_that_only_goes_on(manager):
    assert manager.transform_cell("%spark \\\n  why?") == asks("spark", "why?")
    assert manager.transform_cell("%spark \\\n\n") == asks("spark", "")


def test_a_question_is_asked_in_a_real_cell(cells, box):
    cells.run("%spark what is a monad?")
    cells.run("ans = %spark and why?")
    cells.run("%xinghuo what's that?")
    asked = [messages_of(request)[-1][1] for request in box.requests]
    assert asked == ["what is a monad?", "and why?", "what's that?"]
    assert cells.names["ans"].startswith("## Scripted")


@pytest.mark.parametrize(
    "source", ["%spark?", "%%spark?", "%xinghuo?", "%%xinghuo?", "%spark_config?", "%spark_reset?"]
)
def test_help_stays_help(cells, box, capsys, source):
    cells.run(source)
    assert "show this" in capsys.readouterr().out
    assert not box.requests


def test_a_terminal_takes_such_a_line_for_complete(cells):
    assert cells.shell.check_complete("%spark what is a monad?")[0] == "complete"
    assert cells.shell.check_complete("x = %spark what's up?")[0] == "complete"


def test_unloading_leaves_ipython_as_it_was(cells):
    transformers = cells.shell.input_transformer_manager.token_transformers
    assert any(isinstance(entry, Questions) for entry in transformers)
    cells.run("%unload_ext spark_magic")
    assert not any(isinstance(entry, Questions) for entry in transformers)
    cells.run("%load_ext spark_magic")
    cells.run("%reload_ext spark_magic")
    assert sum(isinstance(entry, Questions) for entry in transformers) == 1
