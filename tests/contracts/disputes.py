"""A round that waits for its proposal, and short calls for a dispute over it."""

from tests.contracts.game import START, TOKEN, Game

BOND = 100 * TOKEN + 1
HALF, REST = 50 * TOKEN, 50 * TOKEN + 1
DUTY = 7 * TOKEN
PURSE = 1_000 * TOKEN
RESOLVES, ALONE_UNTIL, PROPOSE_BY = START + 120, START + 220, START + 2_000
ROOT, OTHER = b"r" * 32, b"o" * 32
PURSES = ("operator", "stranger", "bob")


def start():
    """Return a game with an odd bond and a booked round 1; the time is `resolves`."""
    game = Game(bond_floor=BOND)
    game.fund(0, 1_000 * TOKEN)
    for who in PURSES:
        game.deposit(who, PURSE, name="")
    for who in ("ann", "cid"):
        game.deposit(who, 100 * TOKEN)
    book(game)
    return game


def book(game):
    """Bring a round from its opening to `resolves`."""
    game.open(opens=START, propose_by=PROPOSE_BY)
    for who in ("ann", "cid"):
        game.enter(who, 100 * TOKEN)
    game.at(START + 60)
    game.book()
    game.at(RESOLVES)


def changes(game):
    """Return what each purse has gained since it was filled."""
    return {who: game.free(who, "") - PURSE for who in PURSES}


def dispute(game, who="operator", root=ROOT):
    """Let someone propose and bob challenge it."""
    if who != "operator":
        game.at(ALONE_UNTIL)
    game.propose(root, who=who)
    game.challenge(who="bob")


def events(game):
    """Return the last call's events without their rounds."""
    return [
        (e.event, *(getattr(e, name) for name in ("account", "amount") if hasattr(e, name)))
        for e in game.tournament.logs
    ]
