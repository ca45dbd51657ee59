"""Conversations in real kernels: there again after a restart, saved and loaded, and never mixed up."""

import pytest
from kernels import Kernel, sent

from spark_magic.sandbox import Sandbox


@pytest.fixture(scope="module")
def server():
    """A sandbox in the vendor's place, where the tests can see what it received."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def kernels(server, tmp_path):
    """Return a starter of kernels on one machine, whose configuration turns autosave on; the former one is killed."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text("c.SparkMagics.autosave = True")
    running = []

    def start():
        if running:
            running.pop().close()
        running.append(Kernel(tmp_path, server))
        return running[0]

    yield start
    running[0].close()


def test_a_restarted_kernel_goes_on_with_its_conversations(kernels, server):
    kernel = kernels()
    kernel.run("%spark sandbox: say one", "first")
    kernel.run("%spark -n chat sandbox: say other", "named")
    kernel = kernels()
    run = kernel.run("%spark sandbox: say two", "second")
    assert sent(server) == ["sandbox: say one", "one", "sandbox: say two"]
    assert "1 turn of default restored" in run.saved[0][0]["text/html"]
    run = kernel.run("%spark sandbox: say uno", "first")  # the notebook's cell is still the same one
    assert sent(server) == ["sandbox: say uno"]
    assert "in place of turn 1" in run.saved[0][0]["text/html"]
    kernel.run("%spark -n chat sandbox: say more", "third")
    assert sent(server) == ["sandbox: say other", "other", "sandbox: say more"]
    table = kernel.run("%spark_history").saved[-1][0]
    assert "<table>" in table["text/html"]
    assert [line.split()[0] for line in table["text/plain"].splitlines()[3:]] == ["1", "2", "total"]
    kernel.run("%spark_reset --all")
    kernel = kernels()
    kernel.run("%spark fresh")
    assert sent(server) == ["fresh"]


def test_what_one_kernel_exports_another_one_loads(kernels, server, tmp_path):
    file = tmp_path / "talk.jsonl"
    kernel = kernels()
    kernel.run("%%spark -n chat\nsandbox: say **bold**\nsandbox: references")
    kernel.run(f"%spark_history -n chat --export '{file}'\n%spark_reset --all")
    kernel = kernels()
    kernel.run(f"%spark_history --load '{file}'")
    kernel.run("%spark next")
    assert len(sent(server)) == 3
    shown = kernel.run("%spark_history --markdown").saved[0][0]
    assert set(shown) == {"text/plain", "text/html"}
    assert "<strong>bold</strong>" in shown["text/html"]
    file.write_bytes(file.read_bytes()[:-20])
    name, lines = kernel.run(f"%spark_history --load '{file}'", fails=True).error
    assert name == "HistoryDamaged"
    assert "line 2" in lines[0]
    kernel.run("%spark still there")
    assert len(sent(server)) == 5
