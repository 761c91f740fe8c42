# pragma version 0.4.3
"""
@title Invariants of the tournament
@license Apache-2.0
@notice After every call of the players each of these holds; docs/protocol.md has them in words.
        When a run ends, everybody takes out what is his.
"""

from contracts import rounds
from contracts import rules
from contracts import token
from contracts import tournament
from tests.invariants import players
from tests.invariants.parts import cheats
from tests.invariants.parts import shadow
from tests.invariants.parts import world

initializes: world

# a quarter of an hour before a week ends, by which pools are shared
START: constant(uint256) = 1_767_830_400 - 900
YEARLY_BPS: constant(uint256) = 200
YEAR: constant(uint256) = 365 * 86_400

players_at: address


@external
def setUp():
    """
    @dev Deploys the artefacts of a folder, with four rich people and filled pools.
    """
    extcall cheats(world.VM).warp(START)
    arbiter: address = staticcall cheats(world.VM).addr(99)
    parameters: rules.Parameters = rules.Parameters(
        arbiter=arbiter,
        exclusive=60,
        challenge=120,
        ruling=120,
        claim=300,
        bond_bps=500,
        bond_floor=10 * world.TOKEN,
        duty_bond=10 * world.TOKEN,
        round_share_bps=2_000,
        week_share_bps=4_000,
    )
    operator: address = staticcall cheats(world.VM).addr(1)
    folder: String[200] = staticcall cheats(world.VM).envOr(
        "ERARIUM_FORGE_ARTIFACTS", "contracts/artifacts"
    )
    token_at: address = extcall cheats(world.VM).deployCode(
        concat(folder, "/token.json"),
        abi_encode(world.SUPPLY, 2 * world.SUPPLY, YEARLY_BPS, self),
    )
    tournament_at: address = extcall cheats(world.VM).deployCode(
        concat(folder, "/tournament.json"),
        abi_encode(token_at, empty(address), self, operator, world.SALT, parameters),
    )
    self.players_at = extcall cheats(world.VM).deployCode(
        "players.vy:players", abi_encode(token_at, tournament_at, self, arbiter)
    )
    world._name(token_at, tournament_at, self, arbiter)
    for person: address in world.people:
        self._equip(person)
    # kinds 0 and 4 are deposits and gifts to a leg; an even word means half of itself
    for i: uint256 in range(world.PEOPLE):
        extcall players.__at__(self.players_at).bank(0, i, 2 * 100_000 * world.TOKEN, True)
        extcall players.__at__(self.players_at).bank(0, i, 2 * 1_000 * world.TOKEN, False)
    for leg: uint256 in range(rounds.ledger.LEGS):
        extcall players.__at__(self.players_at).bank(4, 4 * leg, 16 * 1_000 * world.TOKEN, False)


@external
@view
def targetContracts() -> DynArray[address, 1]:
    """
    @dev Whom the fuzzer calls.
    @return The players alone.
    """
    return [self.players_at]


@external
@view
def invariant_balance():
    """
    @dev balance - donations = assets = free + pools + burnable + in rounds, and the rounds' own
         facts account for what they hold.
    """
    free: uint256 = 0
    held: uint256 = 0
    for i: uint256 in range(world.PEOPLE):
        free += self._free(i, False) + self._free(i, True)
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        facts: rounds.Facts = world._facts(convert(round, uint64))
        held += facts.locked + facts.reserves[0] + facts.reserves[1] + facts.duty_bond
        # a challenger gave as much as the proposer
        sides: uint256 = 1 if facts.proposal.challenger == empty(address) else 2
        held += sides * facts.proposal.bond
    assets: uint256 = staticcall tournament.__at__(world.tournament_at).assets()
    pools: uint256 = world._pool(0) + world._pool(1)

    donated: uint256 = staticcall players.__at__(self.players_at).donated()
    assert world._balance(world.tournament_at) == assets + donated, "balance"
    assert staticcall tournament.__at__(world.tournament_at).total_free() == free, "free"
    assert staticcall tournament.__at__(world.tournament_at).in_rounds() == held, "in rounds"
    assert assets == free + pools + self._burnable() + held, "assets"


@external
@view
def invariant_supply():
    """
    @dev supply = initial + minted - burned, on as many hands as there are, and minting keeps its
         line in time.
    """
    minted: uint256 = staticcall players.__at__(self.players_at).minted()
    destroyed: uint256 = staticcall players.__at__(self.players_at).destroyed()
    supply: uint256 = staticcall token.__at__(world.token_at).totalSupply()
    everywhere: uint256 = world._balance(world.tournament_at) + world._balance(self)
    for i: uint256 in range(world.PEOPLE):
        everywhere += world._balance(world.people[i])

    assert supply == world.SUPPLY + minted - destroyed, "supply"
    assert supply == everywhere, "somebody else has tokens"
    assert staticcall token.__at__(world.token_at).minted() == minted, "minted"
    line: uint256 = world.SUPPLY * YEARLY_BPS * (block.timestamp - START)
    assert minted * 10_000 * YEAR <= line, "minted ahead of time"


@external
@view
def invariant_losses_within_clips():
    """
    @dev No model lost or got more than its clips in a round, and payouts never exceed reserves.
    """
    self._check_flag(shadow.LOSSES)
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        facts: rounds.Facts = world._facts(convert(round, uint64))
        for leg: uint256 in range(rounds.ledger.LEGS):
            paid: uint256 = staticcall players.__at__(self.players_at).paid(round, leg)
            reserved: uint256 = staticcall players.__at__(self.players_at).reserved(round, leg)
            assert paid + facts.reserves[leg] <= reserved, "paid beyond the reserve"


@external
@view
def invariant_stakes_locked_once():
    """
    @dev A stake is free or locked in one round, comes back once, and a round's sums are those of
         its models.
    """
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        locks: uint256[world.PEOPLE] = empty(uint256[world.PEOPLE])
        nonces: uint64[world.PEOPLE] = empty(uint64[world.PEOPLE])
        ends: uint256[world.PEOPLE] = empty(uint256[world.PEOPLE])
        locks, nonces, ends = staticcall players.__at__(self.players_at).stakes(round)
        locked: uint256 = 0
        for i: uint256 in range(world.PEOPLE):
            locked += locks[i]
            assert world._locked(convert(round, uint64), world.models[i]) == locks[i], "lock"
            last: uint256 = world._nonce(convert(round, uint64), world.models[i])
            assert last == convert(nonces[i], uint256), "nonce"
            assert ends[i] <= 1, "twice"
        facts: rounds.Facts = world._facts(convert(round, uint64))
        assert facts.locked == locked, "sum of the locks"
        at_risk: uint256 = staticcall players.__at__(self.players_at).at_risk(round)
        assert facts.at_risk == at_risk, "sum of the entries"
        head: bytes32 = staticcall players.__at__(self.players_at).head(round)
        assert facts.head == head, "chain of the entries"


@external
@view
def invariant_statuses():
    """
    @dev A status only moves along legal steps, what is final or abandoned stays it, every round
         has ended by settle_by, and its terms and targets never change.
    """
    self._check_flag(shadow.STATUSES)
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        facts: rounds.Facts = world._facts(convert(round, uint64))
        status: uint256 = world._status(convert(round, uint64))
        settle_by: uint256 = self._settle_by(facts)
        seen: uint256 = staticcall players.__at__(self.players_at).status(round)
        assert status == seen, "a status that moved without a call or time"
        ended: bool = status == rounds.FINAL or status == rounds.ABANDONED
        assert ended or block.timestamp < settle_by, "not ended by settle_by"
        last: uint64 = max(facts.proposal.final_at, facts.proposal.rule_by)
        assert convert(last, uint256) <= settle_by, "a slot beyond settle_by"
        terms: bytes32 = keccak256(
            abi_encode(facts.config, facts.operator, facts.parameters, facts.terms)
        )
        assert terms == staticcall players.__at__(self.players_at).fixed(round), "terms"
        targets: bytes32 = staticcall players.__at__(self.players_at).targets(round)
        assert facts.targets == targets, "targets"


@external
@view
def invariant_pools_leave_as_payouts():
    """
    @dev A pool and its reserves hold what was given to them, less payouts.
    """
    for leg: uint256 in range(rounds.ledger.LEGS):
        held: uint256 = world._pool(leg)
        for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
            held += world._facts(convert(round, uint64)).reserves[leg]
        funded: uint256 = staticcall players.__at__(self.players_at).funded(leg)
        paid: uint256 = staticcall players.__at__(self.players_at).all_paid(leg)
        assert held == funded - paid, "a pool"


@external
@view
def invariant_free_stake():
    """
    @dev Free stakes and purses move by their owner's calls, deposits, settlement and release
         alone, to the wei.
    """
    for i: uint256 in range(world.PEOPLE):
        free: uint256 = staticcall players.__at__(self.players_at).free(i)
        purse: uint256 = staticcall players.__at__(self.players_at).purse(i)
        assert self._free(i, False) == free, "a model's free stake"
        assert self._free(i, True) == purse, "a purse"


@external
@view
def invariant_bonds():
    """
    @dev A round holds the bonds that it was given until they return or burn, each once, and all
         that burned can be or was swept.
    """
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        facts: rounds.Facts = world._facts(convert(round, uint64))
        duty: uint256 = staticcall players.__at__(self.players_at).duty(round)
        bond: uint256 = staticcall players.__at__(self.players_at).bond(round)
        assert facts.duty_bond == duty, "duty bond"
        assert facts.proposal.bond == bond, "a proposal's bond"
    burned: uint256 = staticcall players.__at__(self.players_at).burned()
    swept: uint256 = staticcall players.__at__(self.players_at).swept()
    assert self._burnable() + swept == burned, "burned"


@external
@view
def invariant_calls_land_when_due():
    """
    @dev Of the calls that the rules decide, the legal ones land and the others do not: a stake is
         settled, released and withdrawn by whoever may, in time, and by nobody else.
    """
    self._check_flag(shadow.DUE)


@external
def afterInvariant():
    """
    @dev Ends a run: reports its calls, and lets everybody take out what is his, after which
         pools and donations are left, to the wei.
    """
    landed: uint256[world.KINDS] = empty(uint256[world.KINDS])
    refused: uint256[world.KINDS] = empty(uint256[world.KINDS])
    for kind: uint256 in range(world.KINDS):
        landed[kind] = staticcall players.__at__(self.players_at).landed(kind)
        refused[kind] = staticcall players.__at__(self.players_at).refused(kind)
    extcall cheats(world.VM).writeLine(
        staticcall cheats(world.VM).envOr("ERARIUM_FORGE_CALLS", ".forge/calls"),
        staticcall cheats(world.VM).toString(abi_encode(landed, refused)),
    )

    self._release_all()
    for i: uint256 in range(world.PEOPLE):
        self._withdraw_all(i, False)
        self._withdraw_all(i, True)
    if self._burnable() > 0:
        extcall tournament.__at__(world.tournament_at).sweep()
    donated: uint256 = staticcall players.__at__(self.players_at).donated()
    left: uint256 = world._balance(world.tournament_at)
    assert left == world._pool(0) + world._pool(1) + donated, "not all got out"
    assert staticcall tournament.__at__(world.tournament_at).in_rounds() == 0, "in rounds"


@internal
def _equip(person: address):
    """
    @dev Gives a person tokens, and the tournament his allowance.
    @param person His account.
    """
    assert extcall token.__at__(world.token_at).transfer(person, world.SUPPLY // 8)
    extcall cheats(world.VM).prank(person)
    assert extcall token.__at__(world.token_at).approve(world.tournament_at, max_value(uint256))


@internal
def _release_all():
    """
    @dev Waits for the last second in which a round may hold a stake, then releases every one. A
         call that is refused fails the run.
    """
    for round: uint256 in range(1, self._opened() + 1, bound=shadow.MAX_ROUNDS):
        facts: rounds.Facts = world._facts(convert(round, uint64))
        end: uint256 = self._settle_by(facts) + convert(facts.parameters.claim, uint256)
        extcall cheats(world.VM).warp(max(block.timestamp, end))
        number: uint64 = convert(round, uint64)
        for i: uint256 in range(world.PEOPLE):
            model: bytes32 = world.models[i]
            if staticcall tournament.__at__(world.tournament_at).locked(number, model) > 0:
                extcall tournament.__at__(world.tournament_at).release(number, model)
        # a round without a lock may hold bonds and reserves still
        extcall tournament.__at__(world.tournament_at).release_many(number, [])


@internal
def _withdraw_all(person: uint256, from_purse: bool):
    amount: uint256 = self._free(person, from_purse)
    if amount > 0:
        name: String[32] = "" if from_purse else "m"
        extcall cheats(world.VM).prank(world.people[person])
        extcall tournament.__at__(world.tournament_at).withdraw(name, amount)


@internal
@view
def _check_flag(subject: uint256):
    breach: String[64] = staticcall players.__at__(self.players_at).flags(subject)
    assert len(breach) == 0, breach


@internal
@pure
def _settle_by(facts: rounds.Facts) -> uint256:
    return convert(
        facts.terms.propose_by + facts.parameters.challenge + facts.parameters.ruling, uint256
    )


@internal
@view
def _opened() -> uint256:
    return staticcall players.__at__(self.players_at).opened()


@internal
@view
def _free(person: uint256, is_purse: bool) -> uint256:
    name: String[32] = "" if is_purse else "m"
    return world._free(keccak256(abi_encode(world.people[person], name)))


@internal
@view
def _burnable() -> uint256:
    return staticcall tournament.__at__(world.tournament_at).burnable()
