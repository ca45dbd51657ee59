"""Variables and cells in a question, through the magics: what is sent, what is told, and what never travels."""

import subprocess
import sys

import pytest
from canaries import API_KEY, API_SECRET, APP_ID
from cells import messages_of
from hypothesis import given, settings
from hypothesis import strategies as st

import spark_magic
from spark_magic.answer import Answer
from spark_magic.credentials import known_secrets, save_credentials
from spark_magic.errors import BadVariable, SparkInterrupted
from spark_magic.magics.cells import MOST_OUTPUT, Cell, cells_markdown
from spark_magic.messages import use_language

NEW_IPYTHON = pytest.mark.skipif(
    not hasattr(__import__("IPython").core.history.HistoryManager, "outputs"), reason="this IPython keeps values only"
)


@pytest.fixture(autouse=True)
def no_outputs_of_others(cells):
    """Forget what other tests have shown: IPython 9 keeps the outputs of all shells of a process in one place."""
    getattr(cells.shell.history_manager, "outputs", {}).clear()
    getattr(cells.shell.history_manager, "exceptions", {}).clear()


def sent(box):
    """Return the newest question as it was sent."""
    return messages_of(box.requests[-1])[-1][1]


# variables


def test_a_variable_is_put_in_and_told_in_a_line(cells, box, capsys):
    pandas = pytest.importorskip("pandas")
    cells.names.update(topic="TLS", df=pandas.DataFrame({"a": range(60)}))
    cells.run("%%spark\nsandbox: say ok\nExplain {{ topic }} with {{ df.head(2) }}\n")
    assert sent(box) == "sandbox: say ok\nExplain TLS with \n\n| a |\n|---|\n| 0 |\n| 1 |"
    assert "Put in: topic (3 characters), df.head(2) (table, 2 rows)" in capsys.readouterr().out
    cells.run("%%spark\n{{ df }}")
    assert "… 10 more rows of 60" in sent(box)
    assert "Put in: df (table, 50 of 60 rows)" in capsys.readouterr().out


def test_the_note_is_said_in_chinese_too(cells, box, capsys):
    use_language("zh")
    cells.names["topic"] = "TLS"
    cells.run("%spark 请解释{{ topic }}。")
    assert sent(box) == "请解释TLS。"
    assert "已放入：topic（3 个字符）" in capsys.readouterr().out


@pytest.mark.usefixtures("box")
def test_a_note_names_six_and_counts_the_others(cells, capsys):
    cells.names.update({f"v{n}": n for n in range(9)})
    cells.run("%spark " + " ".join(f"{{{{ v{n} }}}}" for n in range(9)))
    assert "v5 (1 character), 3 more" in capsys.readouterr().out


def test_a_question_on_one_line_is_expanded_and_ends_with_its_question_mark(cells, box):
    cells.names["n"] = 3
    cells.run("%spark is {{ n + 1 }} even?")
    assert sent(box) == "is 4 even?"


def test_earlier_cells_and_values_are_variables(cells, box):
    cells.run("'first'")
    number = len(cells.names["In"]) - 1
    cells.run(f"%spark {{{{ In[{number}] }}}} gave {{{{ Out[{number}] }}}}, then {{{{ _ }}}}")
    assert sent(box) == "'first' gave first, then first"


def test_an_object_looks_as_the_notebook_shows_it(cells, box):
    cells.run("class Temperature:\n    def _repr_pretty_(self, printer, cycle):\n        printer.text('warm')")
    cells.run("%precision 2")
    cells.names["t"] = cells.names["Temperature"]()
    cells.names["share"] = 1 / 3
    cells.run("%spark {{ t }} {{ share }}")
    assert sent(box) == "warm 0.33"


def test_an_answer_is_its_text(cells, box):
    cells.run("%spark -o first sandbox: say one two")
    cells.run("%spark shorter: {{ first }}")
    assert sent(box) == "shorter: one two"


def test_raw_sends_the_text_as_it_is(cells, box, capsys):
    cells.names["x"] = 1
    cells.run("%%spark --raw\nsandbox: say ok\n{{ x }} {{ nobody }}")
    assert sent(box) == "sandbox: say ok\n{{ x }} {{ nobody }}"
    assert "Put in" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ tpoic }}", "Did you mean topic?"),
        ("{{ 1 / 0 }} {{ topic / 0 }}", "TypeError: unsupported operand"),
        ("{{ exit() }}", "no variable exit"),
        ("{{ get_ipython() }}", "no variable get_ipython"),
        ("{{ open('/etc/hostname').read() }}", "no variable open"),
    ],
)
def test_what_cannot_be_put_in_fails_the_cell_and_nothing_is_sent(cells, box, capsys, text, words):
    cells.names["topic"] = "TLS"
    assert isinstance(cells.fails(f"%%spark\n{text}"), BadVariable)
    shown = capsys.readouterr().out
    assert words in shown
    assert "--raw" in shown
    assert "Traceback" not in shown
    assert not box.requests
    assert cells.magics.state.conversations == {}


def test_an_object_that_cannot_show_itself_is_one_error_and_no_traceback(cells, box, capsys):
    cells.run("class Broken:\n    def __repr__(self): raise RuntimeError('no text of mine')\nb = Broken()")
    assert isinstance(cells.fails("%spark {{ b }}"), BadVariable)
    shown = capsys.readouterr()
    assert "RuntimeError: no text of mine" in shown.out
    assert "Traceback" not in shown.out + shown.err
    assert not box.requests


def test_an_interrupt_while_a_value_is_made_is_the_users_own(cells, box):
    cells.run("import signal\ndef slow(): signal.raise_signal(signal.SIGINT)")
    assert isinstance(cells.fails("%spark {{ slow() }}"), SparkInterrupted)
    assert not box.requests


def test_a_name_of_ipythons_that_means_something_of_the_users_is_theirs(cells, box):
    cells.names["open"] = "09:00"
    cells.run("%spark {{ open }}")
    assert sent(box) == "09:00"


@pytest.mark.usefixtures("box")
def test_an_expression_of_another_kind_is_told(cells, capsys):
    cells.names["df"] = 1
    cells.run("%spark {{ df.apply(lambda r: r) }} {{ user of x }}")
    assert (
        "Left as it is, since it is no expression that can be put in: df.apply(lambda r: r)" in capsys.readouterr().out
    )


def test_a_dry_run_shows_the_expanded_question_and_sends_nothing(cells, box, capsys):
    cells.names["topic"] = "transport security"
    cells.run("%%spark --dry-run\nExplain {{ topic }}")
    shown = capsys.readouterr().out
    assert "Explain transport security" in shown
    assert "Put in: topic (18 characters)" in shown
    assert "about 5 tokens" in shown
    assert not box.requests


def test_the_plain_call_expands_nothing(cells, box):
    """A program has f-strings, and its texts may come from anywhere."""
    cells.names["x"] = 1
    spark_magic.ask("sandbox: say {{ x }} {{ nobody }}")
    assert sent(box) == "sandbox: say {{ x }} {{ nobody }}"
    for name in ("raw", "cells"):
        with pytest.raises(TypeError, match=f"no option '{name}'"):
            spark_magic.ask("hi", **{name: 1})


def test_loading_the_extension_loads_no_jinja2(cells):
    assert cells.has("cell", "spark")
    loaded = (
        "import sys\nimport spark_magic.magics\nprint('jinja2' in sys.modules, 'spark_magic.prompt' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# credentials


@pytest.mark.parametrize(
    "text",
    [
        '{{ os.environ["SPARK_API_SECRET"] }}',
        "{{ os.environ }}",
        "{{ os.environ.items() | list }}",
        "{{ key }} and {{ rows }}",
        "{{ key[:-3] }}",
        "{{ encoded }}",
        "{{ creds }} {{ creds.api_secret.reveal() }}",
    ],
)
def test_no_credential_travels_in_a_variable(cells, vendor, capsys, text):
    cells.run("import os, base64\nfrom spark_magic.credentials import Credentials, find_credentials")
    cells.run("creds = find_credentials()\nkey = os.environ['SPARK_API_KEY']")
    cells.run("encoded = base64.b64encode(b'key: ' + key.encode()).decode()")
    cells.names["rows"] = [[API_SECRET]]
    cells.run(f"%%spark\nsandbox: say ok\n{text}")
    assert "****" in sent(vendor)
    shown = capsys.readouterr().out
    for secret in (API_KEY, API_SECRET):
        assert secret not in str(vendor.requests[-1]["payload"])
        assert secret[:-3] not in str(vendor.requests[-1]["payload"])
        assert secret not in shown
    assert "**** is sent in their place" in shown


def test_credentials_mask_themselves_without_a_word(cells, vendor, capsys):
    cells.run("from spark_magic.credentials import find_credentials\ncreds = find_credentials()")
    cells.run("%spark {{ creds }} {{ creds.api_key }}")
    assert f"****{API_KEY[-4:]}" in sent(vendor)
    assert API_KEY not in sent(vendor)
    assert "in their place" not in capsys.readouterr().out


def test_credentials_that_another_place_overrides_are_known_too(cells, vendor, monkeypatch):
    from spark_magic.credentials import Credentials

    save_credentials(Credentials.of("0a1b2c3d", "f" * 28 + "a1b2", "MmE0YzE4ZDdiOTJlNjA1M2FjMWQ4ZTcx"))
    monkeypatch.setenv("XFYUN_API_KEY", "0123456789abcdef0123456789abcdef")
    known = {secret.reveal() for secret in known_secrets()}
    assert known >= {APP_ID, API_KEY, API_SECRET, "0a1b2c3d", "0123456789abcdef0123456789abcdef"}
    cells.names["text"] = "MmE0YzE4ZDdiOTJlNjA1M2FjMWQ4ZTcx"
    cells.run("%spark it is {{ text }}")
    assert sent(vendor) == "it is ****"


def test_a_credentials_file_that_may_not_be_trusted_hides_what_the_environment_has(cells, capsys):
    from spark_magic.credentials import credentials_file

    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text("{")
    credentials_file().chmod(0o644)
    cells.names["x"] = 1
    assert cells.run("%spark -m sandbox sandbox: say {{ x }}") == "1"
    assert "Put in: x" in capsys.readouterr().out


def test_an_error_of_an_expression_repeats_no_credential(cells, vendor, capsys):
    cells.run("import os\ndef fail(): raise ValueError('<' + ' '.join(os.environ['SPARK_API_SECRET']) + '>')")
    cells.fails("%spark {{ fail() }}")
    shown = capsys.readouterr().out
    assert "ValueError" in shown or "****" in shown
    assert " ".join(API_SECRET) not in shown
    assert not vendor.requests


# cells in front


def test_the_last_cells_go_in_front_of_the_question_with_their_values(cells, box, capsys):
    cells.run("a = 1")
    cells.run("a + 41")
    number = len(cells.names["In"]) - 1
    cells.run("%%spark --cells 2\nsandbox: say ok\nWhat is this?")
    assert sent(box) == (
        f"In [{number - 1}]:\n```python\na = 1\n```\n\nIn [{number}]:\n```python\na + 41\n```\n\n"
        f"Out [{number}]:\n```\n42\n```\n\nsandbox: say ok\nWhat is this?"
    )
    assert "In front of the question: the last 2 cells." in capsys.readouterr().out


def test_cells_with_magics_of_ours_are_none_of_them(cells, box):
    cells.run("b = 2")
    ours = [
        "%spark hi",
        "%%spark\nhi",
        "%%xinghuo\nhi",
        "%spark_config",
        "ans = %spark hi",
        "x = 1\n%spark hi",
        " %spark hi",
    ]
    for source in ours:
        cells.run(source)
    cells.run("%spark --cells 9 why?")
    assert "b = 2" in sent(box)
    assert "hi" not in sent(box)
    assert "why?" not in sent(box)[:-4]
    cells.run("c = 'sparks'  # % spark\n'%d' % 5\n%time 1")
    cells.run("%spark --cells 1 why?")
    assert "sparks" in sent(box)


def test_the_running_cell_is_none_of_them_however_it_asks(cells, box):
    cells.run("def look(): get_ipython().run_line_magic('spark', '--cells 1 why?')")
    cells.run("look()")
    assert "def look()" in sent(box)
    assert "look()\n```" not in sent(box).replace("def look()", "")


def test_a_magic_of_another_package_is_a_cell_like_any_other(cells, box):
    cells.shell.register_magic_function(lambda _line, _cell: None, "cell", "sparksql")
    cells.run("%%sparksql\nselect 1")
    cells.run("%spark --cells 1 why?")
    assert "select 1" in sent(box)


def test_no_cells_where_there_are_none(cells, box, capsys):
    cells.run("%spark --cells 0 why?")
    assert sent(box) == "why?"
    cells.shell.history_manager.input_hist_raw[:] = [""]
    cells.run("%spark --cells 3 why?")
    assert sent(box) == "why?"
    assert "There is no earlier cell" in capsys.readouterr().out


def test_variables_of_earlier_cells_are_not_expanded(cells, box):
    cells.run("t = '{{ nobody }}'")
    cells.run("%spark --cells 1 why?")
    assert "t = '{{ nobody }}'" in sent(box)


@NEW_IPYTHON
def test_printed_text_and_errors_are_part_of_a_cell(cells, box):
    cells.run("import sys\nprint('one')\nprint('two', file=sys.stderr)")
    cells.fails("{}['k']")
    cells.run("%spark --cells 2 why?")
    assert "Printed:\n```\none\n```" in sent(box)
    assert "Printed:\n```\ntwo\n```" in sent(box)
    assert "Error:\n```\nKeyError: 'k'\n```" in sent(box)


@NEW_IPYTHON
def test_what_a_terminal_overwrites_or_colours_is_as_one_sees_it(cells, box):
    cells.run("print('\\r 10%\\r 50%\\r100%\\n\\x1b[31mred\\x1b[0m\\r')")
    cells.run("%spark --cells 1 why?")
    assert "Printed:\n```\n100%\nred\n```" in sent(box).replace("\r", "")


@pytest.mark.parametrize("source", ["'a' * 1_000_000", " " * 240_000 + "1"])
def test_long_lines_of_cells_cost_no_time(cells, box, source):
    cells.run(source)
    cells.run("%spark --cells 1 why?")
    assert sent(box).startswith("In [")


def test_a_long_output_is_cut_and_says_so(cells, box):
    cells.run("'a' * 5000")
    cells.run("%spark --cells 1 why?")
    assert f"'{'a' * (MOST_OUTPUT - 1)}\n… 3,002 more characters\n```" in sent(box)


def test_no_credential_travels_in_a_cell(cells, vendor, capsys):
    cells.run(f"key = {API_KEY!r}")
    cells.run(f"'<' + {API_SECRET!r} + '>'")
    cells.run("%spark --cells 2 why?")
    assert sent(vendor).count("****") == 3
    assert API_KEY not in sent(vendor)
    assert API_SECRET not in sent(vendor)
    assert "**** is sent in their place" in capsys.readouterr().out


@settings(deadline=None)
@given(st.text(alphabet="`a\n~ "), st.text(alphabet="`a\n"))
def test_nothing_in_a_cell_closes_its_fence(source, output):
    written = cells_markdown([Cell(1, source, (("Out [1]", output),))], str)
    assert [block.strip("\n") for block in Answer(written).code_blocks] == [source.strip("\n"), output.strip("\n")]


@pytest.mark.usefixtures("box")
def test_a_dry_run_shows_the_cells_too(cells, capsys):
    cells.run("secret_sauce = 1")
    cells.run("%spark --dry-run --cells 1 why?")
    assert "secret_sauce = 1" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["-1", "x"])
def test_the_number_of_cells_is_a_number(cells, value):
    assert "--cells" in str(cells.fails(f"%%spark --cells {value}\nhi"))
