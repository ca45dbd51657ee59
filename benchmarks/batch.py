"""A thousand rows: how near to what latency and workers allow, what memory they take, what a cluster costs."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor, Future
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from gateway import Gateway
from report import show

import spark_magic
from spark_magic.batch.task import Outcome
from spark_magic.events import Usage
from spark_magic.sandbox import Sandbox

LATENCY = 0.2  # seconds, of the server
KEYS = {"SPARK_APP_ID": "sandbox0", "SPARK_API_KEY": "k" * 32, "SPARK_API_SECRET": "s" * 32}
FEW, MANY = 1_000, 100_000


class Instant(Executor):
    """One whose answers are there at once: what is left is our own."""

    def submit(self, function, task, /):  # noqa: ARG002  # nobody is asked
        """Return what is there already."""
        future: Future[Outcome] = Future()
        future.set_result(Outcome("1", usage=Usage(30, 1, 31), sid="cht000b0001@dx0001", seconds=0.2))
        return future


def asked(rows, folder, **options):
    """Ask the rows; return the answers and the seconds it took."""
    began = time.monotonic()
    with redirect_stdout(StringIO()):
        table = spark_magic.map_prompts(rows, "{{ text }}", journal=str(Path(folder) / "journal.sqlite3"), **options)
    return [row["answer"] for row in table], time.monotonic() - began


def slow_rows(count):
    """Return questions that the gateway answers after its latency, each another one."""
    return [f"2 0 {LATENCY}{number:07}" for number in range(count)]


def peak(what, count):
    """Return the largest size of a process of its own, in MB."""
    done = subprocess.run([sys.executable, __file__, what, str(count)], check=True, capture_output=True, text=True)  # noqa: S603  # this file
    return int(done.stdout.split()[-1]) / 1024


def alone(what, count):
    """Be that process: hold the data there is anyway, or ask all of it."""
    rows = [{"number": number, "text": f"row {number} of a table with some words in it"} for number in range(count)]
    if what == "data":
        told = ("answer_status", "answer_error", "answer_code", "answer_tokens")
        held = [row | {"answer": str(number)} | dict.fromkeys(told) for number, row in enumerate(rows)]
        assert len(held) == count
    else:
        with tempfile.TemporaryDirectory() as folder:
            answers, _ = asked(rows, folder, executor=Instant(), workers=16)
        assert answers == ["1"] * count
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def speed(folder):
    rows = slow_rows(FEW)
    answers, seconds = asked(rows, folder, workers=16)
    assert len(answers) == FEW
    assert all(answers)
    show("1,000 rows at 16 workers", seconds / (FEW * LATENCY / 16), 1.1, detail=f"{seconds:.1f} s")


def dask(folder):
    from distributed import Client, LocalCluster  # noqa: PLC0415  # not in the processes whose memory is measured

    rows = slow_rows(320)
    fresh = {"workers": 16, "fresh": True}
    _, threads = asked(rows, folder, **fresh)
    with (
        LocalCluster(n_workers=2, threads_per_worker=8, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        asked(rows[:32], folder, executor=client, **fresh)  # the workers load the package
        _, seconds = asked(rows, folder, executor=client, **fresh)
    show("320 rows on 2 Dask workers against threads", seconds / threads, 1.2, detail=f"{seconds:.1f} s")


def memory():
    few, many = peak("run", FEW), peak("run", MANY)
    data = peak("data", MANY) - peak("data", 0)
    detail = f"{many:.0f} MB with {data:.0f} MB of data, against {few:.0f} MB"
    show("100,000 rows without their data, against 1,000", (many - data) / few, 1.3, detail=detail)


def resumed(folder):
    rows = [f"sandbox: say {number}" for number in range(FEW)]
    with Sandbox() as box:
        os.environ |= {"SPARK_URL": box.url("ultra"), "SPARK_API_KEY": box.credentials.api_key.reveal()}
        os.environ["SPARK_API_SECRET"] = box.credentials.api_secret.reveal()
        asked(rows, folder, limit=437, workers=16)
        before = box.handshakes
        asked(rows, folder, workers=16)
        show("requests of a resumed run, per unfinished row", (box.handshakes - before) / (FEW - 437), 1.0)
        assert before == 437


def main() -> None:
    os.environ |= KEYS
    with tempfile.TemporaryDirectory() as folder, Gateway(folder) as gateway:
        os.environ["SPARK_URL"] = gateway.url
        speed(folder)
        dask(folder)
        memory()
        resumed(folder)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ |= KEYS
        alone(sys.argv[1], int(sys.argv[2]))
    else:
        main()
