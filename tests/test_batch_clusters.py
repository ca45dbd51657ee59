"""Rows asked by real clusters of two worker processes each, Dask's and ipyparallel's, and by a pool of processes."""

import os
import pickle
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from unittest import mock

import pytest
from canaries import CANARIES, ENVIRONMENT

import spark_magic
from spark_magic.batch.task import Task, perform
from spark_magic.errors import CredentialsMissing, ExecutorFailed, RunInterrupted, SparkError
from spark_magic.sandbox import Sandbox

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("default"),  # the clusters' own libraries have their own
]
COUNT = 200
TEMPLATE = "sandbox: delay 0.03\nsandbox: say {{ text }}"
ROWS = [f"row {number}" for number in range(COUNT)]


@contextmanager
def keys_in_the_environment():
    """Have them there for as long as workers start: those keep theirs, this process has none."""
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name in ENVIRONMENT:
            del os.environ[name]


@contextmanager
def dask_cluster(env=ENVIRONMENT):
    """Give Dask's client; a worker that is begun again has the keys, too."""
    from distributed import Client, LocalCluster

    size = {"n_workers": 2, "threads_per_worker": 4, "processes": True, "dashboard_address": None}
    with LocalCluster(**size, env=env) as cluster, Client(cluster) as client:
        yield client


@contextmanager
def engines():
    import ipyparallel

    cluster = ipyparallel.Cluster(n=2, log_level=40)
    with keys_in_the_environment():
        client = cluster.start_and_connect_sync(activate=False)
    try:
        yield client
    finally:
        client.close()
        cluster.stop_cluster_sync()


@pytest.fixture
def server(monkeypatch):
    """Return a sandbox in the vendor's place; its keys are the canaries, which only the workers have."""
    with Sandbox(**CANARIES) as running:
        monkeypatch.setenv("SPARK_URL", running.url("ultra"))
        yield running


@pytest.fixture
def asked(server, tmp_path, capsys):  # noqa: ARG001  # the server is in the vendor's place
    """Return what asks the rows, in one journal: the answers and the line that stays."""

    def ask(executor, rows=ROWS, template=TEMPLATE, **options):
        options = {"workers": 8, "journal": str(tmp_path / "journal.sqlite3")} | options
        table = spark_magic.map_prompts(rows, template, executor=executor, **options)
        return [row["answer"] for row in table], capsys.readouterr().out.splitlines()[-1]

    return ask


def killing_at(server, count, kill):
    """Call `kill` in a thread as soon as so many rows were asked."""

    def wait():
        assert server.wait_until(lambda: server.handshakes >= count, timeout=60)
        kill()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_dask_answers_all_rows_in_their_order(server, asked):
    with dask_cluster() as client:
        answers, line = asked(client)
    assert answers == ROWS
    assert "200 rows" in line
    assert server.handshakes == COUNT


def test_a_clients_own_subscription_to_dasks_events_is_there_again(asked):
    with dask_cluster() as client:
        client.subscribe_topic("all", heard := mock.Mock(return_value=None))
        for _ in range(2):
            asked(client, rows=ROWS[:5], fresh=True)
        assert client._event_handlers["all"] is heard
        client._event_handlers.clear()
        asked(client, rows=ROWS[:5], fresh=True)
        assert client._event_handlers == {}


def test_a_client_that_is_closed_says_so(asked):
    with dask_cluster() as client:
        executor = client.get_executor()
    for closed in (client, executor):
        with pytest.raises(ExecutorFailed):
            asked(closed)


def test_ipyparallel_answers_all_rows_in_their_order(server, asked):
    with engines() as client:
        for executor in (client.load_balanced_view(), client[:].executor):
            answers, _ = asked(executor, workers=2, fresh=True, rows=ROWS[:60])
            assert answers == ROWS[:60]
    assert server.handshakes == 2 * 60


def test_a_view_of_some_engines_has_only_those_asked(asked):
    """The other one has no credentials: nobody asks it."""
    with engines() as client:
        client[0].execute("import os; os.environ.clear()", block=True)
        assert asked(client[[1]], ROWS[:20], workers=4)[0] == ROWS[:20]
        with pytest.raises(CredentialsMissing):
            asked(client[0], ROWS[20:30], workers=2)


def test_what_waits_for_an_engine_is_not_asked_once_the_run_is_over(server, asked):
    """The first row ends the run: of the forty that were handed over, those nobody had begun are taken back."""
    rows = ["sandbox: error 10907", *(f"sandbox: delay 1\nrow {number}" for number in range(39))]
    with engines() as client:
        with pytest.raises(SparkError) as failure:
            asked(client.load_balanced_view(), rows, "{{ text }}", workers=40, errors="raise")
        assert failure.value.code == 10907
        assert client.wait(timeout=60)
    assert server.handshakes <= 10, server.handshakes


def test_a_pool_of_processes_has_its_own_credentials(server, asked):
    with keys_in_the_environment(), ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        pool.submit(os.getpid).result()
        assert asked(pool, rows=ROWS[:40])[0] == ROWS[:40]
    assert server.handshakes == 40


def test_what_goes_to_a_worker_has_no_key_in_it(asked, monkeypatch):
    """Looked for in what is really handed over, with keys in this process, too."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    sent = []
    with dask_cluster() as client:
        executor = client.get_executor()
        submit = executor.submit
        monkeypatch.setattr(executor, "submit", lambda *args, **kw: (sent.append(args), submit(*args, **kw))[1])
        asked(executor, rows=ROWS[:10])
    assert len(sent) == 10
    assert all(function is perform and type(task) is Task for function, task in sent)
    assert not [args for args in sent for key in CANARIES.values() if key.encode() in pickle.dumps(args)]


def test_a_killed_dask_worker_loses_no_row_and_its_rows_are_counted(server, asked):
    with dask_cluster() as client:
        pids = list(client.run(os.getpid).values())
        killer = killing_at(server, 60, lambda: os.kill(pids[0], signal.SIGKILL))
        answers, line = asked(client)
        killer.join()
    assert answers == ROWS
    twice = server.handshakes - COUNT
    assert 1 <= twice <= 16  # what was in flight there, and what its thread had not handed over
    assert "again" in line, line


def test_what_is_in_the_journal_is_not_asked_by_another_executor(server, asked, monkeypatch):
    with dask_cluster() as client:
        asked(client, rows=ROWS[:50])
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert asked(None)[0] == ROWS
    assert server.handshakes == COUNT


def test_a_killed_engine_loses_no_row(server, asked):
    with engines() as client:
        pids = client[:].apply_sync(os.getpid)
        killer = killing_at(server, 20, lambda: os.kill(pids[0], signal.SIGKILL))
        answers, line = asked(client.load_balanced_view(), rows=ROWS[:60], workers=2)
        killer.join()
    assert answers == ROWS[:60]
    assert "again" in line, line


def test_a_cluster_that_is_closed_ends_the_run_and_the_rest_is_asked_without_it(server, asked, monkeypatch):
    with dask_cluster() as client:
        killer = killing_at(server, 40, client.close)
        with pytest.raises(ExecutorFailed):
            asked(client)
        killer.join()
    before = server.handshakes
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert asked(None)[0] == ROWS
    assert server.handshakes - before < COUNT - 20


@pytest.mark.parametrize("cluster", [dask_cluster, engines])
def test_an_interrupt_does_not_wait_for_a_cluster_and_what_is_done_is_kept(server, asked, cluster):
    slow = "sandbox: delay 5\nsandbox: say {{ text }}"
    with cluster() as client:
        executor = client if cluster is dask_cluster else client.load_balanced_view()
        asked(executor, rows=ROWS[:10])
        interrupted = []
        killer = killing_at(
            server, 12, lambda: (interrupted.append(time.monotonic()), os.kill(os.getpid(), signal.SIGINT))
        )
        with pytest.raises(RunInterrupted):
            asked(executor, template=slow, workers=2)
        assert time.monotonic() - interrupted[0] < 1
        killer.join()
        before = server.handshakes
        assert asked(executor, rows=ROWS[:14])[0] == ROWS[:14]  # nothing is in the way of the next one
    assert server.handshakes == before + 4


def test_workers_without_credentials_end_the_run_at_once(server, asked):
    with dask_cluster(env={}) as client:
        with pytest.raises(CredentialsMissing):
            asked(client)
    assert server.handshakes == 0
