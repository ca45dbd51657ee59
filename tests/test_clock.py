"""Each host has its own time, and a correction adds to the one before."""

import time

import pytest

from spark_magic.clock import Clock


def test_it_starts_with_this_machines_time(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert Clock().now("a") == 1000.0
    assert Clock().offset("a") == 0.0


def test_a_correction_counts_for_its_host_alone_and_adds_up(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    clock = Clock()
    clock.correct("a", 400)
    clock.correct("a", -100)
    assert (clock.now("a"), clock.offset("a")) == (1300.0, 300.0)
    assert clock.now("b") == 1000.0


def test_time_goes_on_after_a_correction():
    clock = Clock()
    clock.correct("a", 400)
    assert clock.now("a") == pytest.approx(time.time() + 400, abs=1)
