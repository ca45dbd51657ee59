"""What `spark_magic.target` promises: where and how to ask, as frozen data that can travel."""

import dataclasses
import pickle

import pytest

from spark_magic.models import find
from spark_magic.target import Limits, Parameters, Target


def test_without_wishes_the_servers_defaults_hold_and_no_other_host_is_allowed():
    target = Target(find("ultra"))
    assert dataclasses.astuple(target.parameters) == (None,) * len(Parameters.__dataclass_fields__)
    assert target.allowed_hosts == ()


def test_every_phase_has_a_limit_and_none_is_longer_than_the_whole():
    limits = Limits()
    phases = (limits.open_timeout, limits.send_timeout, limits.first_timeout, limits.idle_timeout)
    assert all(0 < phase <= limits.total_timeout for phase in phases)
    assert limits.max_bytes > 0


def test_it_is_frozen_comparable_and_survives_pickling():
    """Batch work sends it to other processes and keys its journal by it."""
    target = Target(find("ultra"), Parameters(temperature=0.5), Limits(max_bytes=1), ("mine.example",))
    other = pickle.loads(pickle.dumps(target))  # noqa: S301
    assert other == target
    assert hash(other) == hash(target)
    for part in (target, target.parameters, target.limits):
        for field in dataclasses.fields(part):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(part, field.name, None)
