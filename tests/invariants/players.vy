# pragma version 0.4.3
"""
@title Players
@license Apache-2.0
@notice What the fuzzer calls: each function is somebody's call of token or tournament, with
        arguments made of any words. It mostly picks a round in which the call is due, and notes
        in `shadow` what a call that landed must have done. No function here ever reverts.
"""

from tests.invariants.parts import banking
from tests.invariants.parts import bonds
from tests.invariants.parts import cheats
from tests.invariants.parts import choices
from tests.invariants.parts import entering
from tests.invariants.parts import papers
from tests.invariants.parts import settling
from tests.invariants.parts import shadow
from tests.invariants.parts import world

initializes: world
initializes: shadow[world := world]
initializes: bonds[world := world, shadow := shadow]
initializes: papers[world := world]
initializes: choices[world := world, shadow := shadow]
initializes: banking[world := world, shadow := shadow, papers := papers]
initializes: entering[world := world, shadow := shadow, papers := papers, choices := choices]
initializes: settling[
    world := world, shadow := shadow, bonds := bonds, papers := papers, choices := choices
]
exports: world.__interface__
exports: shadow.__interface__
exports: banking.__interface__
exports: entering.__interface__
exports: settling.__interface__


@deploy
def __init__(token: address, tournament: address, owner: address, arbiter: address):
    """
    @dev Names everybody.
    @param token The token.
    @param tournament The tournament.
    @param owner Owner of the tournament and minter of the token.
    @param arbiter Whom rounds name as their arbiter.
    """
    world._name(token, tournament, owner, arbiter)


@external
def wait(word: uint256):
    """
    @dev Lets a while pass.
    """
    extcall cheats(world.VM).warp(block.timestamp + 1 + word % 15)
    shadow._watch(True)


@external
def wait_for_deadline(word: uint256):
    """
    @dev Waits for the second before, at or after the next deadline of any round.
    """
    deadline: uint256 = choices._next_deadline()
    if deadline > 0:
        extcall cheats(world.VM).warp(deadline - 1 + word % 3)
    shadow._watch(True)
