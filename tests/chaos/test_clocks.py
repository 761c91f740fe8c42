"""One clock, the chain's: kept when node and program die, and the only one that counts."""

import runpy
from collections import Counter

import pytest

from tasks.adapters import processes
from tests import chains
from tests.chaos import disputing, ends, hosting

ACTS = {True: disputing.play_challenged, False: disputing.play_accepted}
PLACES = (
    (False, "sent/propose"),
    (True, "signed/challenge"),
    pytest.param(True, "noted/propose", marks=pytest.mark.chaos),
    pytest.param(True, "mined/rule", marks=pytest.mark.chaos),
)
DAY_S = 86_400
MOVED = """
import pathlib, time
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + {0}
time.time_ns = lambda: now_ns() + {0} * 10**9
with pathlib.Path(__file__).with_name("moved").open("a") as file:
    file.write(f"{{time.time() - now():.0f}}\\n")
"""
"""What Python runs first where it is called `sitecustomize.py`."""


def finish(root, challenged):
    """Go on with a round to its end, and look at everything that a clock decides."""
    with chains.running(root, **disputing.WINDOWS) as local:
        seen = disputing.play(local, challenged=challenged)
        contract, rpc = local.chain.tournament, local.chain.rpc
        numbers = [[hex(number), False] for number in range(local.chain.header().number + 1)]
        blocks = rpc.batch("eth_getBlockByNumber", numbers)
        purses = [disputing.model(local, owner, "") for owner in ("operator", "alice")]
        winners = contract.free_many([*purses, disputing.model(local)])
    return seen, [(block["hash"], int(block["timestamp"], 16)) for block in blocks], winners


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What is seen of both rounds when nothing dies."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return {each: finish(folder / f"home-{each}", each) for each in ACTS}


@pytest.fixture
def root(tmp_path):
    yield tmp_path / "home"
    processes.reap(tmp_path / "home" / "run")


def test_windows__undisturbed_rounds__end_at_their_second(undisturbed):
    resolves = chains.terms(disputing.OPENS).resolves
    accepted, disputed = (undisturbed[each][0] for each in (False, True))
    gain = disputing.BOND // 10

    due = resolves + disputing.HOUR
    assert accepted[3:-1] == [
        (resolves, "proposed", due, 0, True),
        (due - 1, "proposed", due, 0, True),
        (due, "final", due, 0, False),
    ]
    assert [seen[:2] for seen in disputed[5:8]] == [
        (due - 1, "challenged"),
        (due + disputing.HOUR - 2, "challenged"),
        (due + disputing.HOUR - 2, "final"),
    ]
    purses = (disputing.PURSE, disputing.PURSE, disputing.PURSE + gain)
    half = disputing.BOND // 2
    assert tuple(undisturbed[False][2]) == purses
    assert tuple(undisturbed[True][2]) == (purses[0] + half, purses[1] - 2 * half, purses[2])


@pytest.mark.parametrize(("challenged", "place"), PLACES)
def test_windows__node_and_program_killed_inside__have_the_same_times_and_winners(
    root, undisturbed, challenged, place
):
    changes = {"ERARIUM_FAILPOINT": place, "ERARIUM_FAILPOINT_KILLS": "both"}

    killed = hosting.run(ACTS[challenged], root, **changes)
    seen, blocks, winners = finish(root, challenged)

    assert (killed.code, killed.errors) == (-9, [])
    whole, all_blocks, all_winners = undisturbed[challenged]
    assert set(seen) == set(whole[whole.index(seen[0]) :])
    assert blocks == all_blocks
    assert winners == all_winners


def play_by_a_moved_clock(root):
    runpy.run_path(str(root.with_name("sitecustomize.py")))
    hosting.play(root)


@pytest.mark.chaos
def test_wall_clock__a_day_ahead_then_a_day_behind__changes_nothing(home, unbroken, rounds):
    first, second, _ = rounds
    turns = ((DAY_S, f"sent/book/{first}"), (-DAY_S, f"mined/propose/{second}/0"), (DAY_S, ""))
    codes = []
    for off, place in turns:
        home.with_name("sitecustomize.py").write_text(MOVED.format(off))
        # The forwarder, which the operator starts, inherits the path.
        changes = {"PYTHONPATH": str(home.parent), "ERARIUM_FAILPOINT": place}
        ended = hosting.run(play_by_a_moved_clock, home, ERARIUM_FAILPOINT_KILLS="both", **changes)
        codes.append((ended.code, ended.errors))

    moved = Counter(home.with_name("moved").read_text().split())
    assert codes == [(-9, []), (-9, []), (0, [])]
    assert moved == {str(DAY_S): 4, str(-DAY_S): 2}
    assert ends.of(home) == unbroken
    print("\na clock a day ahead, a day behind, a day ahead: as unbroken")
