"""Bad options fail the cell and say what is allowed; a key on a magic line is refused and never repeated."""

import logging
import traceback

import pytest
from IPython.core.error import UsageError

from spark_magic.magics.options import leading_options, split_line
from spark_magic.magics.parsers import config_parser, reset_parser, spark_parser
from spark_magic.messages import use_language
from spark_magic.models import catalogue

SPARK = (
    "--help, --model, --system, --temperature, --top-k, --max-tokens, --thinking, --search, --search-mode, --references"
)
KEY = "0123456789abcdef0123456789abcdef"
SECRET = "Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5"


def refused(cells, source):
    """Run a cell that must be refused as a whole; return what it says, on one line."""
    problem = cells.fails(source)
    assert type(problem) is UsageError
    return " ".join(str(problem).split())


# what is wrong, and what is allowed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--temprature 1", "no option --temprature. Did you mean --temperature?"),
        ("--no-histroy", "no option --no-histroy. Did you mean --no-history?"),
        ("--temp 1", "no option --temp. Did you mean --temperature?"),
        ("--nope=1", "no option --nope."),
        ("-x", "no option -x."),
        ("-t hot", "-t/--temperature: 'hot' is no number"),
        ("--top-k 2.5", "--top-k: '2.5' is no whole number"),
        ("--max-tokens many", "--max-tokens: 'many' is no whole number"),
        ("-o 1st", "-o/--output: '1st' is no variable name"),
        ("-o class", "-o/--output: 'class' is no variable name"),
        ("-m", "-m/--model: its value is missing"),
        ("--dry-run=yes", "--dry-run"),
    ],
)
@pytest.mark.parametrize("form", ["%%spark {}\nhi", "%spark {}"])
def test_a_bad_option_says_what_is_allowed(cells, options, said, form):
    text = refused(cells, form.format(options))
    assert said in text
    assert SPARK in text
    assert ("Did you mean" in text) == ("Did you mean" in said)


def test_options_are_not_abbreviated(cells):
    """`--temp` would change its meaning with the next option that begins so."""
    assert "no option --no" in refused(cells, "%spark --no hi")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-t 7", "temperature 7 is out of range: this model takes 0 to 1"),
        ("-t -0.1", "temperature -0.1 is out of range"),
        ("-t nan", "out of range"),
        ("-m x1 -t 2.1", "takes 0 to 2"),
        ("--top-k 0", "top_k 0 is out of range: 1 to 6"),
        ("--top-k 7", "top_k 7 is out of range: 1 to 6"),
        ("--max-tokens 0", "max_tokens 0 is out of range: 1 or more"),
        ("--max-tokens -1", "max_tokens -1 is out of range: 1 or more"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything_is_sent(cells, box, options, said):
    assert said in refused(cells, f"%%spark {options}\nhi")
    assert said in refused(cells, f"%spark_config {options}")
    assert cells.magics.temperature is cells.magics.top_k is cells.magics.max_tokens is None
    assert box.handshakes == 0


@pytest.mark.parametrize(("name", "nearest"), [("utlra", "ultra"), ("spark-lite", "lite"), ("gneeralv3.5", "max")])
def test_a_mistyped_model_names_the_nearest_and_all(cells, name, nearest):
    for source in (f"%%spark -m {name}\nhi", f"%spark --model={name} hi", f"%spark_config --model {name}"):
        text = refused(cells, source)
        assert f"Did you mean {nearest}?" in text
        assert all(alias in text for alias in catalogue())
    assert cells.magics.model == ""


@pytest.mark.parametrize("source", ["%%spark\n \n", "%%spark\n\n\n", "%spark", "%spark  ", "%spark -m x1", "%spark --"])
def test_an_empty_prompt_is_refused(cells, box, source):
    assert "The prompt is empty" in refused(cells, source)
    assert box.handshakes == 0


@pytest.mark.parametrize("line", ["%%spark -s 'open\nhi", '%%spark -s "open\nhi', "%spark -s it's fun", '%spark -s "a'])
def test_an_open_quote_is_refused(cells, line):
    assert "quote" in refused(cells, line)


def test_a_question_beside_the_cell_magic_is_told_where_to_go(cells):
    assert "into the lines below it" in refused(cells, "%%spark what is it?\nhi")


def test_a_question_that_begins_with_a_dash_is_told_how(cells):
    assert "%spark -- -1" in refused(cells, "%spark -1 is what?")
    assert "%spark -- " not in refused(cells, "%%spark -1\nhi")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%spark_config logn", "takes options, and the words login and logout"),
        ("%spark_config login now", "something else on the line"),
        ("%spark_config login logout", "something else on the line"),
        ("%spark_config --lang fr", "--lang: it takes one of en, zh, auto"),
        ("%spark_config --open-timeout 0", "--open-timeout: '0' is no number of seconds above 0"),
        ("%spark_config --open-timeout -1", "no number of seconds above 0"),
        ("%spark_config --idle-timeout inf", "no number of seconds above 0"),
        ("%spark_config --total-timeout nan", "no number of seconds above 0"),
        ("%spark_config --first-timeout soon", "'soon' is no number"),
        ("%spark_config --modle x1", "Did you mean --model?"),
        ("%spark_reset one other", "options and the name of one conversation"),
        ("%spark_reset --sytem", "Did you mean --system?"),
    ],
)
def test_the_other_magics_refuse_as_well(cells, line, said):
    text = refused(cells, line)
    assert said in text
    assert f"{line.split()[0]} takes: " in text


def test_it_is_said_in_the_users_language(cells):
    use_language("zh")
    text = refused(cells, "%spark --temprature 1 hi")
    assert "没有选项 --temprature。是不是 --temperature？" in text
    assert "%spark 的选项" in text


def test_help_is_an_option_too(cells, box, capsys):
    for source in ("%spark --help", "%%spark --help\nhi", "%spark_config --help", "%spark_reset --help"):
        cells.run(source)
        assert "show this" in capsys.readouterr().out
    assert not box.requests


@pytest.mark.parametrize("parser", [spark_parser, config_parser, reset_parser])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_help_explains_every_option_on_a_readable_page(parser, language):
    use_language(language)
    page = parser().format_help()
    for action in parser()._actions:
        assert all(option in page for option in action.option_strings)
        assert action.help
    assert max(map(len, page.splitlines())) <= 110
    assert "usage:" not in page
    assert ("选项" in page) == (language == "zh")


# keys


@pytest.mark.parametrize(
    "line",
    [
        "%spark_config --api-key {}",
        "%spark_config --api_secret={}",
        "%spark_config --api-secret '{}",
        "%spark_config --appid {}",
        "%spark_config --password {}",
        "%spark_config --spark-api-key {}",
        "%spark_config api_key={}",
        "%spark_config SPARK_API_SECRET={}",
        "%spark_config login --secret {}",
        "%spark --key {} hi",
        "%spark --api-key={} hi",
        "%xinghuo --token {} hi",
        "%%spark --key {}\nhi",
        "%%spark -m lite --api-key {}\nhi",
        "%%xinghuo --api_key={}\nhi",
        "%spark_reset --key {}",
    ],
)
@pytest.mark.parametrize("key", [KEY, SECRET, "short-1"])
def test_a_key_by_its_name_is_refused_and_never_repeated(cells, capsys, caplog, line, key):
    caplog.set_level(logging.DEBUG)
    assert_hidden(cells, cells.fails(line.format(key)), key, capsys, caplog)


@pytest.mark.parametrize(
    "line",
    [
        "%spark_config {}",
        "%spark_config login {}",
        "%spark_config --model {}",
        "%spark_config --temperature {}",
        "%spark_config --{}",
        "%spark_config --lang={}",
        "%spark_config --system {}",
        "%spark_config 'id|{}|key'",
        "%%spark {}\nhi",
        "%%spark -m {}\nhi",
        "%spark -m {} hi",
        "%spark -o {} hi",
        "%spark -{} hi",
        "%spark_reset {}",
    ],
)
@pytest.mark.parametrize("key", [KEY, SECRET])
def test_a_key_by_its_looks_is_refused_and_never_repeated(cells, capsys, caplog, line, key):
    caplog.set_level(logging.DEBUG)
    assert_hidden(cells, cells.fails(line.format(key)), key, capsys, caplog)


def assert_hidden(cells, problem, key, capsys, caplog):
    """Search everything a user, a notebook file or a log may hold of the refusal."""
    assert type(problem) is UsageError
    assert problem.__context__ is None
    cells.run("%tb")
    shown = capsys.readouterr()
    assert "Keys do not belong" in shown.err
    for text in (repr(problem.args), str(problem), shown.out, shown.err, caplog.text):
        assert key not in text
    ours = [frame for frame in traceback.extract_tb(problem.__traceback__) if "spark_magic" in frame.filename]
    assert ours
    assert key not in "".join(traceback.format_list(ours))


def test_a_short_word_nobody_asked_for_is_not_repeated_either(cells):
    """It may be a password."""
    for line in ("%spark_config hunter2", "%spark_config login hunter2", "%%spark hunter2\nhi", "%spark_reset hunter2"):
        assert "hunter2" not in refused(cells, line)


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    "line",
    [
        f"%spark what is the md5 {KEY}",
        "%spark how do I pass --api-key to curl?",
        f"%spark -s 'the build is {KEY}' hi",
        "%spark -s 'explain --api-key and key=value' hi",
        f"%%spark\nexplain --api-key {KEY}",
        "%spark_config --max-tokens 5",
        "%spark_config --system 'you check the token of every request'",
    ],
)
def test_a_question_about_keys_is_a_question(cells, line):
    cells.run(line)


# splitting


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  ", []),
        ("-s 'a b' -t 1", ["-s", "a b", "-t", "1"]),
        ('--system="a b"', ["--system=a b"]),
        ("-s ''", ["-s", ""]),
        (r"-s C:\new\table", ["-s", r"C:\new\table"]),
        ("-s a#b", ["-s", "a#b"]),
        ("-m\u3000lite", ["-m", "lite"]),
        ('-s "it\'s"', ["-s", "it's"]),
    ],
)
def test_a_line_is_split_at_blanks_outside_quotes(line, words):
    """A backslash is a character: Windows paths survive."""
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("line", "words", "prompt"),
    [
        ("hi", [], "hi"),
        ("-t 1 hi  there", ["-t", "1"], "hi  there"),
        ("-t=1 hi", ["-t=1"], "hi"),
        ("--no-history hi", ["--no-history"], "hi"),
        ("--no-history --dry-run -- -x", ["--no-history", "--dry-run"], "-x"),
        ("-s \"a 'b' c\" it's", ["-s", "a 'b' c"], "it's"),
        ('--system="a b" "hi"', ["--system=a b"], '"hi"'),
        ("-s a\"b c\"'d' hi", ["-s", "ab cd"], "hi"),
        ("-m\u3000lite\u3000你好", ["-m", "lite"], "你好"),
        ("-m", ["-m"], ""),
    ],
)
def test_leading_options_are_taken_and_the_prompt_is_left_alone(line, words, prompt):
    assert leading_options(line, spark_parser()) == (words, prompt)
