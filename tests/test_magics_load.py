"""Loading, reloading and unloading: nothing of others is lost, nothing of ours is left, conversations stay."""

import subprocess
import sys
import threading

import pytest
from cells import messages_of

import spark_magic
from spark_magic.sandbox.gateway import THREAD_NAME

NAMES = [("line", "spark"), ("cell", "spark"), ("line", "xinghuo"), ("cell", "xinghuo")]
NAMES += [("line", "spark_config"), ("line", "spark_reset"), ("line", "spark_usage"), ("line", "spark_journal")]
HEAVY = ["ipywidgets", "anywidget", "websocket", "websockets", "nh3", "jinja2", "markdown_it", "msgspec", "keyring"]
RARE = (
    *("picture", "prompt.value", "display.chart", "display.columns", "conversation.transcript"),
    *(f"magics.{name}" for name in ("background", "candidates", "cells", "compare", "dry_run", "pictures", "race")),
    *("journal", "magics.cached", "magics.journal"),
)
LATER = (*RARE, "events", "formats", "spending", "client")
HI = "%spark sandbox: say hi"


def foreign(line, cell=None):
    """Stand for Apache Spark's `%%spark`."""
    return f"foreign {line} {cell}"


foreign.__module__ = "sparkmagic.magics.remotesparkmagics"


def functions(cells):
    tables = cells.shell.magics_manager.magics
    return {place: tables[place[0]].get(place[1]) for place in NAMES}


def listeners(cells):
    return {name: list(callbacks) for name, callbacks in cells.shell.events.callbacks.items()}


def test_loading_registers_all_magics(start):
    cells = start().load()
    assert all(cells.has(*name) for name in NAMES)


def test_unloading_leaves_the_shell_as_it_was(start):
    cells = start()
    cells.run("1")
    before = functions(cells), listeners(cells), cells.shell.display_trap.hook
    transformers = list(cells.shell.input_transformer_manager.token_transformers)
    cells.load()
    cells.run("%unload_ext spark_magic")
    assert (functions(cells), listeners(cells), cells.shell.display_trap.hook) == before
    assert list(cells.shell.input_transformer_manager.token_transformers) == transformers
    assert not any(type(c).__name__ == "SparkMagics" for c in cells.shell.configurables)
    assert not any(cells.has(*name) for name in NAMES)


def test_loading_twice_is_loading_once(start):
    cells = start().load()
    first = functions(cells), listeners(cells)
    cells.load()
    spark_magic.load_ipython_extension(cells.shell)
    assert (functions(cells), listeners(cells)) == first
    assert sum(type(c).__name__ == "SparkMagics" for c in cells.shell.configurables) == 1
    cells.run("%unload_ext spark_magic")
    spark_magic.unload_ipython_extension(cells.shell)
    assert not any(cells.has(*name) for name in NAMES)


@pytest.mark.parametrize("again", ["%load_ext spark_magic", "%reload_ext spark_magic", "%unload_ext spark_magic"])
def test_conversation_and_settings_survive(start, box, again):
    cells = start().load()
    cells.run("%spark_config --top-k 3 --lang zh")
    cells.run(HI)
    cells.run(again)
    cells.run("%load_ext spark_magic")
    cells.run(HI)
    assert len(messages_of(box.requests[1])) == 3
    assert box.requests[1]["parameter"]["chat"]["top_k"] == 3
    assert cells.magics.lang == "zh"
    assert sum(type(c).__name__ == "SparkMagics" for c in cells.shell.configurables) == 1


def test_unloading_stops_the_sandbox_and_it_starts_again(start):
    cells = start().load()
    cells.run("%spark -m sandbox sandbox: say hi")
    assert any(thread.name == THREAD_NAME for thread in threading.enumerate())
    cells.run("%unload_ext spark_magic")
    assert not any(thread.name == THREAD_NAME for thread in threading.enumerate())
    cells.load()
    assert cells.run("%spark -m sandbox sandbox: say hi").turn == 2


# another extension's %%spark


@pytest.mark.parametrize("kinds", [["cell"], ["line"], ["line", "cell"]])
def test_another_extensions_magic_stays_and_its_owner_is_named(start, capsys, kinds):
    cells = start()
    for kind in kinds:
        cells.shell.register_magic_function(foreign, kind, "spark")
    cells.load()
    assert "%%spark belongs to sparkmagic.magics.remotesparkmagics" in capsys.readouterr().out
    for kind in ("line", "cell"):
        assert cells.shell.magics_manager.magics[kind].get("spark") is (foreign if kind in kinds else None)
    assert cells.has("line", "xinghuo")
    assert cells.has("cell", "xinghuo")
    cells.run("%unload_ext spark_magic")
    assert all(cells.shell.magics_manager.magics[kind]["spark"] is foreign for kind in kinds)


def test_its_own_name_is_no_question_of_ours(start):
    cells = start()
    cells.shell.register_magic_function(foreign, "line", "spark")
    cells.load()
    assert "pinfo" in cells.shell.transform_cell("%spark why?")
    assert "'xinghuo', 'why?'" in cells.shell.transform_cell("%xinghuo why?")


def test_taking_over_is_a_setting_and_unloading_gives_back(start, capsys):
    cells = start(take_over=True)
    cells.shell.register_magic_function(foreign, "line_cell", "spark")
    cells.load()
    assert capsys.readouterr().out == ""
    assert foreign not in functions(cells).values()
    cells.run("%unload_ext spark_magic")
    assert functions(cells)["cell", "spark"] is functions(cells)["line", "spark"] is foreign


def test_taking_over_later_works_as_the_message_says(start, capsys):
    cells = start()
    cells.shell.register_magic_function(foreign, "line_cell", "spark")
    cells.load()
    said = capsys.readouterr().out
    for line in ("%config SparkMagics.take_over = True", "%reload_ext spark_magic"):
        assert line in said
        cells.run(line)
    assert foreign not in functions(cells).values()


def test_what_others_have_put_in_our_place_since_is_theirs(start):
    cells = start().load()
    cells.shell.register_magic_function(foreign, "cell", "spark")
    cells.run("%unload_ext spark_magic")
    assert functions(cells)["cell", "spark"] is foreign
    assert functions(cells)["line", "spark"] is None


# what loading costs


def test_loading_imports_nothing_that_takes_long():
    """The magics are there at once; a web client and widgets come with the first question."""
    code = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config(HistoryManager={{"enabled": False}}))
before = set(sys.modules)
import spark_magic
spark_magic.load_ipython_extension(shell)
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(loaded & set({HEAVY})))
"""
    assert printed(code) == "[]"


def test_a_plain_question_loads_nothing_that_is_for_others():
    """Each rare way (Tab, several models, a picture, the background, ...) is loaded when it is gone."""
    first = "import spark_magic.magics.register"
    then = "import spark_magic.magics.ask, spark_magic.magics.deliver"
    for step, rare in ((first, LATER), (f"{first}; {then}", RARE)):
        code = f"import sys; {step}; print([name for name in {rare} if 'spark_magic.' + name in sys.modules])"
        assert printed(code) == "[]"


def printed(code):
    """Return what a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # our own code
    return done.stdout.strip()
