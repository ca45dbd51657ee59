"""`spark_magic.map_prompts`: what `%%spark_map` does, as a plain call, in a notebook and in a script."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from IPython.core.error import UsageError
from kernels import environment

import spark_magic
from spark_magic.errors import BadTable, ConfigurationError, CredentialsMissing
from spark_magic.magics.executors import executor_for
from spark_magic.magics.parsers import map_parser
from spark_magic.sandbox import Sandbox

NO_OPTIONS = {"help", "output", "dry_run", "table", "yes", "executor"}
ROWS = ["sandbox: say a", "sandbox: say b"]
SCHEMA = {"type": "object", "properties": {"kind": {"type": "string"}, "sure": {"type": "number"}}}
JSON = ['sandbox: line {"kind": "x", "sure": 1}']


@pytest.fixture
def mapped(cells, box):  # noqa: ARG001  # the box is in the vendor's place
    """Return map_prompts, as a cell of a notebook has it."""
    return lambda rows, template="{{ text }}", **options: spark_magic.map_prompts(rows, template, **options)


def answers(rows, name="answer"):
    return [row[name] for row in rows]


def test_the_rows_come_back_with_their_answers(mapped):
    assert answers(mapped(ROWS)) == ["a", "b"]


def test_a_frame_keeps_its_index(mapped):
    pandas = pytest.importorskip("pandas")
    frame = mapped(pandas.DataFrame({"t": ROWS}, index=[5, 6]), "{{ t }}", into="k")
    assert (frame["k"].tolist(), frame.index.tolist()) == (["a", "b"], [5, 6])


@pytest.mark.parametrize("into", ["k", ("k",), ["k"], iter(["k"])])
def test_one_name_is_a_text_or_a_list_of_one(mapped, into):
    assert list(mapped(ROWS, into=into)[0])[:3] == ["text", "k", "k_status"]


@pytest.mark.parametrize("into", [None, (), []])
def test_no_name_is_answer(mapped, into):
    assert answers(mapped(ROWS, into=into)) == ["a", "b"]


@pytest.mark.parametrize("into", ["", " ", ["a", ""], ["a\x1b"]])
def test_a_name_that_is_none_is_refused(mapped, into):
    with pytest.raises(UsageError, match="into"):
        mapped(ROWS, into=into)


def test_a_comma_in_a_text_is_part_of_the_name(mapped):
    assert answers(mapped(ROWS, into="a, b"), "a, b") == ["a", "b"]


@pytest.mark.parametrize("into", [("kind", "sure"), ["kind", "sure"]])
def test_several_names_with_the_schema_itself(mapped, into):
    [row] = mapped(JSON, into=into, schema=SCHEMA)
    assert (row["kind"], row["sure"], row["kind_status"]) == ("x", 1, "ok")


def test_a_class_of_pydantic_is_a_schema(mapped):
    pydantic = pytest.importorskip("pydantic")

    class Kind(pydantic.BaseModel):
        kind: str
        sure: float

    [row] = mapped(JSON, schema=Kind)
    assert (row["kind"], row["sure"]) == ("x", 1.0)


@pytest.mark.parametrize("name", ["wrokers", "output", "dry_run", "table", "yes", "help", "name", "no_history"])
def test_an_unknown_option_is_a_type_error_that_names_it(mapped, box, name):
    with pytest.raises(TypeError, match=name):
        mapped(ROWS, **{name: 1})
    assert box.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("workers", -1),
        ("workers", 1.5),
        ("workers", "many"),
        ("concurrency", 0),
        ("qps", 0),
        ("qps", float("nan")),
        ("limit", -1),
        ("errors", "ignore"),
        ("format", "code"),
        ("temperature", "hot"),
        ("model", "lite,ultra"),
    ],
)
def test_a_wrong_value_is_what_it_is_on_a_magic_line(mapped, box, name, value):
    with pytest.raises(UsageError, match=name):
        mapped(ROWS, **{name: value})
    assert box.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", True),
        ("workers", [2]),
        ("errors", ["raise"]),
        ("fresh", "no"),
        ("fresh", 1),
        ("search", "yes"),
        ("into", [1]),
        ("journal", 5),
        ("system", 5),
        ("examples", 5),
        ("model", ["lite"]),
    ],
)
def test_a_value_of_another_kind_is_a_type_error_that_names_the_option(mapped, box, name, value):
    with pytest.raises(TypeError, match=name):
        mapped(ROWS, **{name: value})
    assert box.requests == []


def test_a_template_is_a_text(mapped):
    with pytest.raises(TypeError, match="template"):
        mapped(ROWS, template=5)


def test_numbers_of_numpy_are_numbers(mapped):
    numpy = pytest.importorskip("numpy")
    assert answers(mapped(ROWS, limit=numpy.int64(1), qps=numpy.float32(9))) == ["a", None]
    for name, value in (("limit", numpy.int64(-1)), ("workers", numpy.int64(0)), ("qps", numpy.float32("nan"))):
        with pytest.raises(UsageError, match=name):
            mapped(ROWS, **{name: value})


def test_options_may_be_none(mapped):
    names = set(vars(map_parser().parse_args([]))) - NO_OPTIONS - {"fresh", "retry_failed", "replace"}
    assert answers(mapped(ROWS, **dict.fromkeys(names))) == ["a", "b"]


def test_every_option_of_the_magic_is_named_in_the_docstring():
    names = set(vars(map_parser().parse_args([]))) - NO_OPTIONS
    ours = {"thinking", "search", "search_mode", "references", "temperature", "top_k", "max_tokens"}  # as in `ask`
    assert {name for name in names - ours if f"`{name}`" not in spark_magic.map_prompts.__doc__} == set()


def test_options_have_the_same_meaning(mapped, box):
    assert answers(mapped(ROWS, limit=1)) == ["a", None]
    assert answers(mapped(ROWS, limit=1, fresh=True)) == ["a", None]
    assert len(box.requests) == 2
    with pytest.raises(spark_magic.SparkError) as caught:
        mapped(["sandbox: error 10013"], errors="raise")
    assert caught.value.row == 1


def test_an_executor_is_the_object_itself(mapped):
    with ThreadPoolExecutor(2) as pool:
        assert answers(mapped(ROWS, executor=pool)) == ["a", "b"]
    with pytest.raises(ConfigurationError):
        mapped(["sandbox: say c"], executor=3)


class Submitting:
    """What has `submit` and nothing else of an executor."""

    def __init__(self, pool):
        self.submit = pool.submit


@pytest.mark.parametrize(
    "wrapped",
    [
        Submitting,
        lambda pool: SimpleNamespace(get_executor=lambda: pool, submit=None),  # Dask's client
        lambda pool: SimpleNamespace(executor=pool),  # ipyparallel's view
        lambda pool: SimpleNamespace(executor=lambda: pool),  # ipyparallel's client
        lambda pool: SimpleNamespace(executor=Submitting(pool)),
    ],
    ids=["submit", "dask", "view", "client", "view of submit"],
)
def test_whatever_has_an_executor_stands_for_it(mapped, wrapped):
    with ThreadPoolExecutor(2) as pool:
        assert answers(mapped(ROWS, executor=wrapped(pool))) == ["a", "b"]


def test_the_threads_of_a_run_end_with_it_and_begin_nothing_more():
    with executor_for(None, 1) as pool:
        end = threading.Event()
        running, waiting = pool.submit(end.wait), pool.submit(end.wait)
        threading.Timer(0.05, end.set).start()
    assert running.done()
    assert waiting.cancelled()


def test_nobody_is_asked_before_many_rows(mapped, cells, monkeypatch):
    cells.run("%config SparkMagics.confirm_rows = 1")
    monkeypatch.setattr("builtins.input", None)
    assert answers(mapped(ROWS)) == ["a", "b"]


def test_errors_have_no_frames_of_ours(mapped):
    with pytest.raises(BadTable) as caught:
        mapped([])
    ours = [one for one in caught.traceback if "spark_magic" in str(one.path)]
    assert len(ours) <= 2


SCRIPT = """\
import sys
import spark_magic
assert "IPython" not in sys.modules
rows = [{"t": f"sandbox: say {n}"} for n in range(5)] + [{"t": "sandbox: error 10013"}]
made = spark_magic.map_prompts(rows, "{{ t }}", into="k", workers=2)
print([(row["k"], row["k_status"]) for row in made])
try:
    spark_magic.map_prompts(rows, "{{ t }}", wrokers=2)
except TypeError as problem:
    print("TypeError", problem)
try:
    spark_magic.map_prompts(rows, "{{ x }}")
except spark_magic.SparkError as problem:
    print(problem)
"""


def test_a_script_without_ipython_prints_one_line_for_each_run(tmp_path):
    """No bar, since nobody sees it; and the second time nothing is asked."""
    with Sandbox() as server:
        for asked in (6, 6):
            done = subprocess.run(
                [sys.executable, "-W", "error::ResourceWarning", "-c", SCRIPT],
                env=environment(tmp_path, server),
                capture_output=True,
                text=True,
                timeout=100,
                check=True,
            )
            assert len(server.requests) == asked
            *_, line, result, wrong, problem, hint = done.stdout.splitlines()
            assert line.startswith("k · 6 rows in ")
            assert result == str([*((str(n), "ok") for n in range(5)), (None, "failed")])
            assert wrong == "TypeError map_prompts() has no option 'wrokers'"
            assert problem.startswith("The table has no column x.")
            assert hint.startswith("Nothing was sent.")
            assert done.stderr == ""


def test_a_script_without_credentials_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1
    assert CredentialsMissing.__name__ in done.stderr
