# pragma version 0.4.3
"""
@title Calls from a proposal on
@license Apache-2.0
@notice Proposals of any table, challenges, rulings, settlement, release and abandonment, mostly
        where they are due. The arbiter rules anything.
"""

from contracts import rounds
from tests.invariants.parts import bonds
from tests.invariants.parts import choices
from tests.invariants.parts import papers
from tests.invariants.parts import ranges
from tests.invariants.parts import shadow
from tests.invariants.parts import world

uses: world
uses: shadow
uses: bonds
uses: papers
uses: choices


struct Leaf:
    model: bytes32
    return_nano: int256
    profit_nano: int256


@external
def propose(person_word: uint256, round_word: uint256, table_word: uint256):
    """
    @dev The operator or anybody proposes a table, with returns beyond the clip now and then, and
         now and then with other targets.
    """
    round: uint256 = choices._round(round_word, rounds.RESOLVING)
    if round == 0:
        return
    person: uint256 = shadow.operator[round] - 1
    if person_word % 4 > 1:
        person = person_word // 4 % world.PEOPLE
    rates: int256[2][world.PEOPLE] = self._table(round, ranges._bits(table_word))
    root: bytes32 = papers._root(round, rates)
    targets: bytes32 = convert(convert(1 if table_word % 8 > 0 else 2, uint256), bytes32)
    uri: String[32] = "table"
    data: Bytes[324] = abi_encode(
        convert(round, uint64),
        root,
        keccak256("table"),
        targets,
        uri,
        method_id=method_id("propose(uint64,bytes32,bytes32,bytes32,string)"),
    )
    legal: bool = bonds._may_propose(round, person, targets)
    done: bool = world._play(world.PROPOSE, world.people[person], data)
    shadow._require(done == legal, shadow.DUE, "a proposal")
    if done:
        bonds._propose(round, person, targets)
        shadow.rates[round] = rates
        shadow.root[round] = root
    shadow._watch(False)


@external
def challenge(person_word: uint256, round_word: uint256, other_root: bool):
    """
    @dev Anybody challenges a proposal, now and then the proposer himself or another root.
    """
    round: uint256 = choices._round(round_word, rounds.PROPOSED)
    if round == 0:
        return
    person: uint256 = person_word % world.PEOPLE
    is_other: bool = other_root and person_word // 4 % 4 == 0
    uri: String[32] = "own table"
    data: Bytes[196] = abi_encode(
        convert(round, uint64),
        keccak256("other") if is_other else shadow.root[round],
        uri,
        method_id=method_id("challenge(uint64,bytes32,string)"),
    )
    legal: bool = choices._is(round, rounds.PROPOSED) and not is_other
    legal = legal and shadow.proposer[round] != person + 1
    legal = legal and shadow.purse[person] >= shadow.bond[round]
    done: bool = world._play(world.CHALLENGE, world.people[person], data)
    shadow._require(done == legal, shadow.DUE, "a challenge")
    if done:
        bonds._challenge(round, person)
    shadow._watch(False)


@external
def rule(round_word: uint256, right: bool, by_another: bool):
    """
    @dev The arbiter rules as he likes; now and then somebody else tries.
    """
    round: uint256 = choices._round(round_word, rounds.CHALLENGED)
    if round == 0:
        return
    is_another: bool = by_another and round_word % 4 == 0
    uri: String[32] = "ruling"
    data: Bytes[228] = abi_encode(
        convert(round, uint64),
        shadow.root[round],
        right,
        uri,
        method_id=method_id("rule(uint64,bytes32,bool,string)"),
    )
    legal: bool = choices._is(round, rounds.CHALLENGED) and not is_another
    sender: address = world.people[0] if is_another else world.arbiter
    done: bool = world._play(world.RULE, sender, data)
    shadow._require(done == legal, shadow.DUE, "a ruling")
    if done:
        bonds._rule(round, right)
    shadow._watch(False)


@external
def settle(person_word: uint256, round_word: uint256, forged: bool):
    """
    @dev Anybody settles anybody's leaf, now and then a forged one.
    """
    round: uint256 = choices._round(round_word, rounds.FINAL)
    if round == 0:
        return
    person: uint256 = choices._person(round, person_word)
    is_forged: bool = forged and person_word // 4 % 4 == 0
    leaf: Leaf = self._leaf(round, person)
    if is_forged:
        # still within the clip, for the better or the worse
        leaf.return_nano = 0 if leaf.return_nano != 0 else min_value(int256)
    data: Bytes[292] = abi_encode(
        convert(round, uint64),
        leaf,
        papers._proof(round, shadow.rates[round], person),
        method_id=method_id("settle(uint64,(bytes32,int256,int256),bytes32[])"),
    )
    legal: bool = choices._is_settling(round) and not is_forged
    legal = legal and self._may_settle(round, person)
    before: uint256 = world._free(world.models[person])
    done: bool = world._play(world.SETTLE, world.people[person_word // 16 % world.PEOPLE], data)
    shadow._require(done == legal, shadow.DUE, "a settlement")
    if done:
        bonds._end_bonds(round, rounds.FINAL)
        self._settled(round, person, before)
    shadow._watch(False)


@external
def settle_many(person_word: uint256, round_word: uint256):
    """
    @dev Anybody settles two leaves, of which one is named twice.
    """
    round: uint256 = choices._round(round_word, rounds.FINAL)
    if round == 0:
        return
    first: uint256 = choices._person(round, person_word)
    second: uint256 = (first + 1) % world.PEOPLE
    leaves: DynArray[Leaf, 3] = []
    proofs: DynArray[DynArray[bytes32, 2], 3] = []
    for person: uint256 in [first, second, first]:
        leaves.append(self._leaf(round, person))
        proofs.append(papers._proof(round, shadow.rates[round], person))
    data: Bytes[1_060] = abi_encode(
        convert(round, uint64),
        leaves,
        proofs,
        method_id=method_id("settle_many(uint64,(bytes32,int256,int256)[],bytes32[][])"),
    )
    before: uint256[2] = [world._free(world.models[first]), world._free(world.models[second])]
    legal: bool = choices._is_settling(round)
    done: bool = world._play(world.SETTLE_MANY, world.people[second], data)
    shadow._require(done == legal, shadow.DUE, "a batch of settlements")
    if done:
        bonds._end_bonds(round, rounds.FINAL)
        if self._may_settle(round, first):
            self._settled(round, first, before[0])
        if self._may_settle(round, second):
            self._settled(round, second, before[1])
    shadow._watch(False)


@external
def release(person_word: uint256, round_word: uint256, from_abandoned: bool):
    """
    @dev Anybody releases anybody's stake.
    """
    round: uint256 = choices._round_to_release(round_word, from_abandoned)
    if round == 0:
        return
    person: uint256 = choices._person(round, person_word)
    data: Bytes[68] = abi_encode(
        convert(round, uint64),
        world.models[person],
        method_id=method_id("release(uint64,bytes32)"),
    )
    status: uint256 = shadow.status[round]
    legal: bool = choices._is_releasing(round) and shadow.lock[round][person] > 0
    done: bool = world._play(world.RELEASE, world.people[person_word // 4 % world.PEOPLE], data)
    shadow._require(done == legal, shadow.DUE, "a release")
    if done:
        bonds._end_bonds(round, status)
        shadow._release(round, person)
    shadow._watch(False)


@external
def release_many(person_word: uint256, round_word: uint256, from_abandoned: bool):
    """
    @dev Anybody releases two models' stakes, of which one is named twice.
    """
    round: uint256 = choices._round_to_release(round_word, from_abandoned)
    if round == 0:
        return
    first: uint256 = choices._person(round, person_word)
    second: uint256 = (first + 1) % world.PEOPLE
    models: DynArray[bytes32, 3] = [
        world.models[first], world.models[second], world.models[first]
    ]
    data: Bytes[196] = abi_encode(
        convert(round, uint64), models, method_id=method_id("release_many(uint64,bytes32[])")
    )
    status: uint256 = shadow.status[round]
    legal: bool = choices._is_releasing(round)
    done: bool = world._play(world.RELEASE_MANY, world.people[second], data)
    shadow._require(done == legal, shadow.DUE, "a batch of releases")
    if done:
        bonds._end_bonds(round, status)
        for person: uint256 in [first, second]:
            if shadow.lock[round][person] > 0:
                shadow._release(round, person)
    shadow._watch(False)


@external
def abandon(person_word: uint256, round_word: uint256):
    """
    @dev Anybody books an abandonment.
    """
    round: uint256 = choices._round(round_word, rounds.ABANDONED)
    if round == 0:
        return
    data: Bytes[36] = abi_encode(convert(round, uint64), method_id=method_id("abandon(uint64)"))
    legal: bool = choices._is(round, rounds.ABANDONED) and not shadow.abandoned[round]
    done: bool = world._play(world.ABANDON, world.people[person_word % world.PEOPLE], data)
    shadow._require(done == legal, shadow.DUE, "an abandonment")
    if done:
        bonds._end_bonds(round, rounds.ABANDONED)
    shadow._watch(False)


@internal
@view
def _leaf(round: uint256, person: uint256) -> Leaf:
    rates: int256[2] = shadow.rates[round][person]
    return Leaf(model=world.models[person], return_nano=rates[0], profit_nano=rates[1])


@internal
@view
def _may_settle(round: uint256, person: uint256) -> bool:
    facts: rounds.Facts = world._facts(convert(round, uint64))
    rates: int256[2] = shadow.rates[round][person]
    return (
        shadow.lock[round][person] > 0
        and convert(abs(rates[0]), uint256) <= facts.terms.clip_nano
        and convert(abs(rates[1]), uint256) <= facts.terms.profit_clip_nano
    )


@internal
def _settled(round: uint256, person: uint256, before: uint256):
    """
    @dev Notes a settlement, after a look at what the model lost or got.
    @param round The round.
    @param person Whose leaf.
    @param before His model's free stake before, wei.
    """
    back: uint256 = world._free(world.models[person]) - before
    shadow._check_bounds(round, shadow.lock[round][person], back)
    shadow._settle(round, person)


@internal
@view
def _table(round: uint256, bits: uint256) -> int256[2][world.PEOPLE]:
    """
    @dev Any returns, most of them within the clips, many at them.
    @param round The round.
    @param bits Of which they are made.
    @return By person and leg, NANO.
    """
    facts: rounds.Facts = world._facts(convert(round, uint64))
    clips: uint256[2] = [facts.terms.clip_nano, facts.terms.profit_clip_nano]
    rates: int256[2][world.PEOPLE] = empty(int256[2][world.PEOPLE])
    for person: uint256 in range(world.PEOPLE):
        for leg: uint256 in range(2):
            part: uint256 = bits >> (32 * person + 16 * leg)
            magnitude: uint256 = clips[leg]
            if part % 4 > 0:
                magnitude = clips[leg] * ((part >> 4) % 4_096) // 4_095
            elif part % 64 == 4:
                magnitude += 1
            rate: int256 = convert(magnitude, int256)
            rates[person][leg] = rate if (part >> 2) % 2 == 0 else -rate
    return rates
