"""Each host has its own time, and the newest correction counts."""

from spark_magic.clock import Clock


def test_it_starts_with_this_machines_time():
    assert Clock().offset("a") == 0.0


def test_a_correction_counts_for_its_host_alone_and_takes_the_place_of_the_one_before():
    """Two threads that learn of a wrong clock at once must not add up what they learned."""
    clock = Clock()
    clock.correct("a", 400)
    clock.correct("a", 399)
    assert clock.offset("a") == 399.0
    assert clock.offset("b") == 0.0
