"""Tab completes options, aliases, conversation names and variables; what it replaces is what was begun, no more."""

import os
import subprocess
import sys
import warnings

import IPython
import pytest
from cells import write_config
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter, rectify_completions

from spark_magic.config.settings import TIMEOUTS
from spark_magic.magics.candidates import NONE, Finder, _fixed
from spark_magic.magics.register import _PARSERS as PARSERS_OF_MAGICS
from spark_magic.magics.state import State
from spark_magic.magics.typed import MagicLine, PromptLine, open_expression, typed

KNOWS_THE_CELL = IPython.version_info >= (8, 6)  # before that, IPython shows its matchers one line
HEAVY = ["ipywidgets", "websocket", "websockets", "nh3", "markdown_it", "keyring", "spark_magic.client"]

if not KNOWS_THE_CELL:  # a warning of IPython's own completer on Python 3.11
    pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Thing:
    """Something with attributes, one of which must not be looked at."""

    colour = "red"
    count = 3
    _secret = 1

    @property
    def costly(self):
        raise AssertionError


def completed(cells, text, after=""):
    """Return what each completion makes of a cell, as the kernel's frontends put it in."""
    whole = text + after
    with provisionalcompleter():
        found = list(rectify_completions(whole, cells.shell.Completer.completions(whole, len(text))))
    return [whole[: one.start] + one.text + whole[one.end :] for one in found]


@pytest.fixture
def tab(cells):
    """Return what tells how a cell reads after each completion, but for what was there; sorted."""
    cells.names.update(my_value=1, my_table={"colour": 1, "count": 2}, _mine=2, thing=Thing(), 变量=3)
    cells.shell.Completer.backslash_combining_completions = False  # in IPython 7, half a second for each new shell

    def press(text, after=""):
        done = completed(cells, text, after)
        cut = len(text) - len(text.split("\n")[-1])
        return [one[cut:] for one in done]

    return press


@pytest.fixture
def ours(tab, cells):  # noqa: ARG001  # with the variables of `tab`
    """Return what tells the candidates of ours alone: where there are none, IPython looks for its own."""
    return lambda text: list(cells.shell._spark_magic_loaded.completion._finder.find(text).texts)


# options


@pytest.mark.parametrize(
    "magic", ["%%spark", "%spark", "%%xinghuo", "%xinghuo", "x = %spark", "    %spark", "a, b = %spark"]
)
def test_options_are_completed_where_they_stand(tab, magic):
    assert tab(f"{magic} --mod") == [f"{magic} --model"]
    assert tab(f"{magic} -m lite --tem") == [f"{magic} -m lite --temperature"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%spark_config --list", ["%spark_config --list-models"]),
        ("%spark_config --warn", ["%spark_config --warn-tokens"]),
        ("%spark_usage --j", ["%spark_usage --json"]),
        ("%spark_reset --sys", ["%spark_reset --system"]),
    ],
)
def test_each_magic_has_its_own(tab, line, expected):
    assert tab(line) == expected


def every_magic(cells):
    tables = cells.shell.magics_manager.magics
    return [f"%%{name}" for name in tables["cell"] if is_ours(name)] + [f"%{n}" for n in tables["line"] if is_ours(n)]


def is_ours(name):
    return name in ("spark", "xinghuo") or name.startswith("spark_")


def test_every_magic_that_is_registered_completes_its_help(cells, tab):
    magics = every_magic(cells)
    assert len(magics) >= 7
    assert {magic: tab(f"{magic} --hel") for magic in magics} == {magic: [f"{magic} --help"] for magic in magics}


def test_one_dash_offers_short_names_two_only_long_ones_and_a_blank_long_ones(tab):
    assert {"%%spark -m", "%%spark --model", "%%spark -o"} <= set(tab("%%spark -"))
    for text in ("%%spark --", "%%spark "):
        options = [line.split()[-1] for line in tab(text)]
        assert "--model" in options
        assert all(option.startswith("--") for option in options)


def test_what_is_there_already_is_not_offered_again(ours):
    assert ours("%%spark --model lite --mod") == []
    assert ours("%%spark -m lite --mod") == []
    assert ours("%%spark --model=lite --mod") == []


def test_nothing_is_completed_where_a_free_value_goes(ours):
    for text in ("%%spark -s ", "%%spark --temperature ", "%%spark -s 'be br", "%%spark --max-tokens="):
        assert ours(text) == [], text


def test_an_option_in_quotes_is_none(tab, ours):
    assert ours("%%spark -s 'say --mod") == []
    assert tab("%%spark -s 'say --mod' --tem") == ["%%spark -s 'say --mod' --temperature"]


def test_the_options_of_a_line_end_where_its_prompt_begins(ours):
    for text in ("%spark what is --mod", "%spark -- --mod", "%spark -m lite what's --mod", "%spark wh"):
        assert ours(text) == [], text


def test_the_rest_of_the_line_and_cell_stays(tab):
    assert tab("%%spark --mod", " -t 1\nquestion --mod") == ["%%spark --model -t 1\nquestion --mod"]
    assert tab("%%spark -m ul", ",x2\nquestion") == ["%%spark -m ultra,x2\nquestion"]


# values


@pytest.mark.parametrize(
    "before", ["-m ", "--model ", "--model=", "-m=", "-m 'pro' -m ", "-m lite,", "--model=lite,x1,", '-m "']
)
def test_aliases_behind_the_models_option(tab, before):
    assert tab(f"%%spark {before}ul") == [f"%%spark {before}ultra"]


def test_aliases_are_all_models_of_the_catalogue_and_of_the_users_file(tab):
    write_config('[[models]]\nalias = "ours"\nurl = "wss://spark-api.xf-yun.com/v4.0/chat"\ndomain = "4.0Ultra"\n')
    lines = tab("%%spark -m ")
    assert {"%%spark -m lite", "%%spark -m sandbox", "%%spark -m ours"} <= set(lines)
    assert tab("%%spark -m UL") == ["%%spark -m ultra"]


def test_an_alias_is_not_listed_twice(ours):
    assert ours("%%spark -m ultra,ul") == []


def test_a_broken_file_completes_no_alias_and_all_else(tab, ours):
    write_config("[[models]\n")
    assert ours("%%spark -m ul") == []
    assert tab("%%spark --mod") == ["%%spark --model"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("%%spark --thinking ", ["on", "off", "auto"]),
        ("%%spark --thinking=o", ["on", "off"]),
        ("%%spark --search-mode ", ["normal", "deep"]),
        ("%spark_config --lang ", ["en", "zh", "auto"]),
        ("%spark_usage --by ", ["model", "day", "turn", "conversation"]),
    ],
)
def test_the_words_an_option_takes(tab, line, values):
    stem = line.removesuffix("o")
    assert sorted(tab(line)) == sorted(stem + value for value in values)


def test_words_among_the_options(tab):
    assert tab("%spark_config log") == ["%spark_config login", "%spark_config logout"]
    assert {"%spark_config login", "%spark_config --lang"} <= set(tab("%spark_config "))


def test_conversations_by_name(cells, tab):
    state = cells.magics.state
    for name in ("physics", "物理", 'odd"one'):
        state.conversation_named(name)
    assert tab("%%spark -n ph") == ["%%spark -n physics"]
    assert tab("%%spark --name=物") == ["%%spark --name=物理"]
    assert {line.split()[-1] for line in tab("%%spark -n ")} == {"default", "physics", "物理"}


def test_variables_where_an_answer_goes(tab):
    assert tab("%%spark -o my_v") == ["%%spark -o my_value"]
    lines = tab("%%spark -o ")
    assert "%%spark -o thing" in lines
    assert not {"%%spark -o In", "%%spark -o _mine", "%%spark -o exit", "%%spark -o print"} & set(lines)
    assert tab("%%spark -o _mi") == ["%%spark -o _mine"]


def test_variables_and_files_where_a_picture_goes(tab, ours, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("my_photo.png", "my photo.png", ".my_hidden", "other.png"):
        (tmp_path / name).touch()
    (tmp_path / "my_folder").mkdir()
    (tmp_path / "my_folder" / "图.png").touch()
    expected = ["my_table", "my_value", f"my_folder{os.sep}", "my_photo.png"]
    assert sorted(tab("%%spark --image my")) == sorted(f"%%spark --image {name}" for name in expected)
    assert tab("%%spark --image my_folder/") == ["%%spark --image my_folder/图.png"]
    assert tab("%%spark --image .my") == ["%%spark --image .my_hidden"]
    assert ours("%%spark --image no/such/") == ours("%%spark --image \0/") == []


@pytest.mark.parametrize(
    "line", ["%%spark --examples ", "%spark_history --export ", "%spark_history --load=", "%%spark --schema "]
)
def test_files_where_a_file_goes(tab, tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shots.yaml").touch()
    assert tab(f"{line}sho") == [f"{line}shots.yaml"]


def test_a_conversation_to_forget_or_to_fork(cells, tab):
    cells.magics.state.conversation_named("physics")
    assert tab("%spark_reset ph") == ["%spark_reset physics"]
    assert tab("%spark_history --fork ph") == ["%spark_history --fork physics"]


def test_an_option_whose_value_may_be_missing_is_followed_by_others(tab):
    assert tab("%spark_history --undo --fo") == ["%spark_history --undo --force", "%spark_history --undo --fork"]


FREE = {"system", "temperature", "top_k", "max_tokens", "cells", "retries", "warn_tokens", "undo", "before", *TIMEOUTS}
FREE |= {"into", "workers", "concurrency", "qps", "limit"}


def test_each_option_with_a_value_is_completed_or_known_to_be_free():
    """A new one is to be thought of."""
    for parser in PARSERS_OF_MAGICS.values():
        valued = {a.dest: a for a in [*parser().options.values(), *parser().positionals] if a.nargs != 0}
        assert {name for name, a in valued.items() if not _fixed(a)} <= FREE | set(FINDER._values)


# the prompt


@pytest.mark.parametrize("blanks", ["", " ", "\u3000"])
@pytest.mark.parametrize("before", ["", "Tell me about ", "解释", "{{ thing }} and ", "it's "])
def test_variables_in_open_braces(tab, before, blanks):
    text = f"%%spark -m lite\nfirst line\n{before}{{{{{blanks}my_v"
    assert tab(text) == [f"{before}{{{{{blanks}my_value"]
    assert tab(text, " }} and so on\n") == [f"{before}{{{{{blanks}my_value" + " }} and so on\n"]


def test_behind_braces_there_are_the_users_variables_and_nothing_of_pythons(tab):
    assert tab("%%spark\n{{ ") == [f"{{{{ {name}" for name in ("my_table", "my_value", "thing", "变量")]
    assert tab("%%spark\n{{ _mi") == ["{{ _mine"]


def test_attributes_behind_a_dot(tab):
    assert tab("%%spark\nthe {{ thing.co") == ["the {{ thing.colour", "the {{ thing.costly", "the {{ thing.count"]
    assert "the {{ thing.colour.upper" in tab("%%spark\nthe {{ thing.colour.up")
    assert not [one for one in tab("%%spark\n{{ thing.") if "._" in one]


@pytest.mark.skipif(not KNOWS_THE_CELL, reason="IPython 7 offers magics between the quotes, too")
def test_keys_in_brackets(tab):
    assert tab("%%spark\n{{ my_table['co") == ["{{ my_table['colour", "{{ my_table['count"]


def test_in_the_prompt_of_a_line(tab):
    assert tab("%spark -m lite what is {{ my_v") == ["%spark -m lite what is {{ my_value"]
    assert tab("%spark {{ my_v") == ["%spark {{ my_value"]
    assert tab("x = %spark {{ thing.cou") == ["x = %spark {{ thing.count"]


def test_natural_language_is_left_alone(ours):
    for line in (
        "Tell me my_v",
        "{{ my_value }} my_v",
        r"\frac{{ my_v",
        "${{ my_v",
        "{{{ my_v",
        "{ my_v",
        "--mod",
        "{{ thing | up",
    ):
        assert ours(f"%%spark\n{line}") == ours(f"%spark say {line}") == [], line
    assert ours("%%spark --raw\n{{ ") == ours("%spark --raw {{ ") == []
    assert ours("%%spark\n{{ prin") == []


# everything else


@pytest.mark.parametrize("text", ["%%time\n%spark -m ul", "for i in x:\n    %spark -m ul", "\n\n  %%spark -m ul"])
def test_it_is_found_in_other_cells_too(tab, text):
    [line] = tab(text)
    assert line.endswith("-m ultra")


@pytest.mark.parametrize(
    "text",
    ["%spark", "%%sparkl -m ul", "%timeit -m ul", "x = y %spark -m ul", "'%spark -m ul", "%%bash\n%%spark -m ul"],
)
def test_what_is_not_ours_is_left_to_ipython(ours, text):
    assert ours(text) == []


def test_python_is_completed_as_before(cells, tab):
    assert "my_value" in tab("my_v")
    cells.run("%unload_ext spark_magic")
    before = tab("my_v"), tab("thing.co"), tab("%tim")
    cells.run("%load_ext spark_magic")
    assert (tab("my_v"), tab("thing.co"), tab("%tim")) == before


def test_the_plain_call_completes_the_same(cells):
    """`shell.complete` is what consoles use; it sees one line."""
    cells.names.update(my_value=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        assert cells.shell.complete("", "%%spark -m ul", 13) == ("ul", ["ultra"])
        assert cells.shell.complete("", "%%spark --mod", 13) == ("--mod", ["--model"])
        assert cells.shell.complete("", "%spark {{ my_v", 14) == ("my_v", ["my_value"])


def matchers(cells):
    completer = cells.shell.Completer
    return list(completer.custom_matchers), list(completer.magic_arg_matchers)


def test_unloading_takes_it_out_and_reloading_puts_it_in_once(start):
    cells = start()
    others = lambda *_: []  # noqa: E731  # somebody else's
    others.__qualname__ = "others"
    cells.shell.Completer.custom_matchers.append(others)
    before = matchers(cells)
    cells.load()
    once = [len(kind) for kind in matchers(cells)]
    assert sum(once) == sum(map(len, before)) + 1
    cells.run("%reload_ext spark_magic")
    assert [len(kind) for kind in matchers(cells)] == once
    assert completed(cells, "%%spark -m ul") == ["%%spark -m ultra"]
    cells.run("%unload_ext spark_magic")
    assert [list(map(id, kind)) for kind in matchers(cells)] == [list(map(id, kind)) for kind in before]
    assert "%%spark -m ultra" not in completed(cells, "%%spark -m ul")


def test_another_extensions_magic_is_not_completed(start):
    cells = start()
    cells.shell.register_magic_function(lambda line, cell=None: None, "line_cell", "spark")  # noqa: ARG005  # never called
    cells.load()
    assert "%%spark -m ultra" not in completed(cells, "%%spark -m ul")
    assert completed(cells, "%%xinghuo -m ul") == ["%%xinghuo -m ultra"]


def test_completing_loads_nothing_heavy():
    code = f"""
import sys, warnings
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
from traitlets.config import Config
warnings.simplefilter("ignore")
shell = InteractiveShell(config=Config(HistoryManager={{"enabled": False}}, Completer={{"use_jedi": False}}))
import spark_magic
spark_magic.load_ipython_extension(shell)
for text in ("%%spark --mod", "%%spark -m ul", "%%spark -n ", "%spark {{{{ my", "%%spark --image "):
    with provisionalcompleter():
        list(shell.Completer.completions(text, len(text)))
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# whatever is typed

PARSERS = {("line", name): parser for name, parser in PARSERS_OF_MAGICS.items()}
PARSERS |= {("cell", "spark"): PARSERS["line", "spark"]}
PIECES = [
    *("%%spark", "%spark", "%spark_config", " ", "\n", "\u3000", "-", "--", "-m", "--model", "=", ",", "ul", '"', "'"),
    *(
        "{{",
        "}}",
        "{",
        ".",
        "|",
        "[",
        "--thinking",
        "--image",
        "-o",
        "-n",
        "--raw",
        "x",
        "/",
        "../",
        "\0",
        "é",
        "中",
        "😀",
    ),
]


class Shell:
    """As much of IPython as finding needs."""

    user_ns = {"x": 1, "中": 2, "In": [], 3: 4}  # noqa: RUF012  # nobody writes to it
    user_ns_hidden = {"In": user_ns["In"]}  # noqa: RUF012  # as above


FINDER = Finder(Shell, State(), PARSERS, lambda expression: NONE)  # noqa: ARG005  # asked, and knows nothing


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map("".join))
def test_nothing_that_can_be_typed_raises_and_the_fragment_is_what_stands_before_the_cursor(text):
    found = FINDER.find(text)
    assert text.endswith(found.fragment)
    assert all(isinstance(one, str) and one for one in found.texts)


@given(
    st.sampled_from(["%%spark ", "%spark ", "%spark_config "]),
    st.lists(st.sampled_from(PIECES[3:]), max_size=8).map("".join),
)
def test_on_our_lines_neither(magic, text):
    found = FINDER.find(magic + text)
    assert (magic + text).endswith(found.fragment)


@pytest.mark.parametrize("text", ["x = 1\n" + " " * 1_000_000 + "y", "%spark {{ " + "y" * 1_000_000 + "("])
def test_long_lines_cost_no_time(text):
    assert "y" not in FINDER.find(text).texts


def test_where_the_cursor_is():
    ours = {"spark"}
    assert typed("%%spark -m x\nhello\nyou", ours, ours) == PromptLine("spark", "-m x", "you")
    assert typed("%%spark\n", ours, ours) == PromptLine("spark", "", "")
    assert typed("%%spark ", ours, ours) == MagicLine("cell", "spark", "")
    assert typed("%%spark", ours, ours) is None
    assert typed("1\n%spark a", set(), ours) == MagicLine("line", "spark", "a")
    assert typed("", ours, ours) is None


def test_what_is_open():
    assert open_expression("a {{ b") == "b"
    assert open_expression("{{ a }} {{b.c") == "b.c"
    assert open_expression("{{ a }}") is None
    assert open_expression("{{ a }} b") is None
    assert open_expression("{{ {'a") is None
