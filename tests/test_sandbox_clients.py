"""The clients that exist talk to the sandbox: the vendor's own `spark_ai_python` and langchain's `ChatSparkLLM`."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from spark_magic.sandbox import Sandbox

PACKAGES = ("spark_ai_python", "langchain-community")  # not in the extra `test`: they bring half an index along


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment of their own; they pin what we do not."""
    folder = tmp_path_factory.mktemp("clients")
    venv.create(folder, with_pip=True)
    program = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    made = subprocess.run([program, "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, check=False)
    if made.returncode and os.environ.get("SPARK_TEST_BROWSER") != "require":
        pytest.skip("the two packages cannot be installed here (no package index?)")
    assert made.returncode == 0, made.stderr.decode()
    return program


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_other_clients_can_talk_to_it(python):
    with Sandbox() as box:
        names = ("app_id", "api_key", "api_secret")
        keys = {f"SPARK_{name.upper()}": getattr(box.credentials, name).reveal() for name in names}
        script = Path(__file__).parent / "foreign_clients.py"
        done = subprocess.run(
            [python, "-W", "ignore", script, str(box.port)], env=os.environ | keys, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        asked = len(box.requests)
    got = json.loads(done.stdout.decode().splitlines()[-1])
    assert got["vendor"][0] == got["vendor_stream"] == "hello"
    assert got["vendor"][1] > 0
    assert "11200" in got["vendor_error"]
    assert got["langchain"] == ["hello", "hello"]
    assert asked == 5
