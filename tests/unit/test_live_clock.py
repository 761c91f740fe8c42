import pytest

from tasks.adapters import live_clock
from tasks.adapters.live_clock import LiveClock
from tasks.core.errors import HomeError


class Wall:
    """A wall clock that a test sets."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def test_clock__never_moved__is_the_wall_clock(tmp_path):
    wall = Wall(1_000.9)
    clock = LiveClock(tmp_path / "clock.json", 5, wall)

    first, wall.now = clock.now(), 1_002.0

    assert (first, clock.now()) == (1_000, 1_002)
    assert not (tmp_path / "clock.json").exists()


def test_clock__raised__goes_on_from_there_after_a_restart(tmp_path):
    wall = Wall(1_000.0)
    LiveClock(tmp_path / "clock.json", 5, wall).raise_to(5_000)

    wall.now = 1_010.0
    again = LiveClock(tmp_path / "clock.json", 5, wall)
    again.raise_to(4_000)

    assert again.now() == 5_010


def test_clock__damaged_file__says_so(tmp_path):
    (tmp_path / "clock.json").write_text("[]")

    with pytest.raises(HomeError, match="is damaged"):
        LiveClock(tmp_path / "clock.json", 5)


@pytest.mark.parametrize(("market_day_s", "spacing"), [(5, 5), (7_000, 7), (86_400, 60)])
def test_block_s__market__spaces_the_blocks(market_day_s, spacing):
    assert live_clock.block_s(market_day_s) == spacing
