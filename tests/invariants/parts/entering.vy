# pragma version 0.4.3
"""
@title Calls up to the book
@license Apache-2.0
@notice Parameters, rounds, entries, deliveries and books, mostly where they are due.
"""

from contracts import rounds
from contracts import rules
from contracts import signatures
from contracts import tournament
from tests.invariants.parts import choices
from tests.invariants.parts import papers
from tests.invariants.parts import ranges
from tests.invariants.parts import shadow
from tests.invariants.parts import world

uses: world
uses: shadow
uses: papers
uses: choices

OPERATORS: constant(uint256) = 2  # the first people, who take turns
MAX_LIVE: constant(uint256) = 3  # rounds at once, so that a run lives through them


@external
def govern(word: uint256, by_another: bool):
    """
    @dev The owner names parameters or an operator, whatever is in flight.
    """
    if word % 2 == 0:
        self._set_parameters(ranges._bits(word), by_another)
    else:
        self._set_operator(word // 2, by_another)
    shadow._watch(False)


@internal
def _set_parameters(word: uint256, by_another: bool):
    """
    @dev The owner changes what the next rounds copy, now and then to something illegal, and now
         and then it is not the owner.
    """
    parameters: rules.Parameters = rules.Parameters(
        arbiter=world.arbiter,
        exclusive=self._seconds(word, 0, 60),
        challenge=0 if word % 8 == 0 else self._seconds(word >> 8, 1, 150),
        ruling=0 if word % 16 == 1 else self._seconds(word >> 16, 1, 150),
        claim=self._seconds(word >> 24, 57, 300),
        bond_bps=(word >> 32) % 2_001,
        bond_floor=(word >> 48) % (20 * world.TOKEN),
        duty_bond=(word >> 120) % (20 * world.TOKEN),
        round_share_bps=(word >> 192) % 2_001,
        week_share_bps=(word >> 208) % 4_001,
    )
    data: Bytes[324] = abi_encode(
        parameters,
        method_id=method_id(
            "set_parameters((address,uint64,uint64,uint64,uint64,uint256,uint256,uint256,uint256,uint256))"
        ),
    )
    is_owner: bool = not (by_another and word % 4 == 0)
    sender: address = world.owner if is_owner else world.people[0]
    done: bool = world._play(world.SET_PARAMETERS, sender, data)
    shadow._require(done == (is_owner and parameters.claim >= 60), shadow.DUE, "parameters")


@internal
def _set_operator(word: uint256, by_another: bool):
    """
    @dev The owner names the first or second person operator of the next rounds.
    """
    sender: address = world.people[word % world.PEOPLE] if by_another else world.owner
    operator: uint256 = word % OPERATORS
    data: Bytes[36] = abi_encode(
        world.people[operator], method_id=method_id("set_operator(address)")
    )
    done: bool = world._play(world.SET_OPERATOR, sender, data)
    shadow._require(done != by_another, shadow.DUE, "an operator's name")
    if done:
        shadow.next_operator = operator


@external
def open_round(word: uint256):
    """
    @dev The operator opens the next round, whose every window is short; now and then it is not
         the operator, or the number is taken.
    """
    if choices._live() == MAX_LIVE:
        return
    round: uint256 = min(shadow.opened + 1, shadow.MAX_ROUNDS)
    if word % 16 == 0:
        round = max(shadow.opened, 1)
    operator: uint256 = shadow.next_operator
    if word % 16 == 1:
        operator = word // 16 % world.PEOPLE
    parameters: rules.Parameters = staticcall tournament.__at__(
        world.tournament_at
    ).next_parameters()
    terms: rules.Terms = self._terms(ranges._bits(word), parameters)
    data: Bytes[452] = abi_encode(
        convert(round, uint64),
        terms,
        method_id=method_id(
            "open_round(uint64,(uint64,uint64,uint64,uint64,uint64,uint256,uint256,uint256,uint256,bytes32,bytes32,bytes32,bytes32))"
        ),
    )
    legal: bool = operator == shadow.next_operator and round == shadow.opened + 1
    legal = legal and shadow.purse[operator] >= parameters.duty_bond
    done: bool = world._play(world.OPEN_ROUND, world.people[operator], data)
    shadow._require(done == legal, shadow.DUE, "an opening")
    if done:
        shadow._open(round, operator, terms, parameters)
    shadow._watch(False)


@external
def enter(person_word: uint256, round_word: uint256, amount_word: uint256, nonce_word: uint256):
    """
    @dev A person enters his model or raises its stake.
    """
    round: uint256 = choices._round(round_word, rounds.OPEN)
    if round == 0:
        return
    person: uint256 = person_word % world.PEOPLE
    at_risk: uint256 = self._at_risk(round, person, amount_word)
    nonce: uint64 = self._nonce(round, person, nonce_word)
    name: String[32] = "m"
    data: Bytes[260] = abi_encode(
        convert(round, uint64),
        name,
        at_risk,
        world.COMMITMENT,
        nonce,
        method_id=method_id("enter(uint64,string,uint256,bytes32,uint64)"),
    )
    legal: bool = choices._is(round, rounds.OPEN) and shadow._may_enter(
        round, person, at_risk, nonce
    )
    done: bool = world._play(world.ENTER, world.people[person], data)
    shadow._require(done == legal, shadow.DUE, "an entry")
    if done:
        shadow._enter(round, person, at_risk, nonce)
    shadow._watch(False)


@external
def enter_many(
    round_word: uint256, amount_words: uint256[2], nonce_word: uint256, defect_word: uint256
):
    """
    @dev Anybody hands in two signed entries, of which any may have a defect.
    """
    round: uint256 = choices._round(round_word, rounds.OPEN)
    if round == 0:
        return
    first: uint256 = nonce_word % world.PEOPLE
    entries: DynArray[signatures.SignedEntry, 2] = []
    for i: uint256 in range(2):
        # the same person twice, or two
        person: uint256 = (first + i * (nonce_word >> 8)) % world.PEOPLE
        defect: uint256 = (defect_word >> (8 * i)) % 8
        entries.append(
            papers._entry(
                round,
                person,
                self._at_risk(round, person, amount_words[i]),
                self._nonce(round, person, nonce_word >> 16) + convert(i, uint64),
                defect if defect < papers.DEFECTS else papers.NOTHING,
            )
        )
    data: Bytes[1_220] = abi_encode(
        convert(round, uint64),
        entries,
        method_id=method_id(
            "enter_many(uint64,(address,string,uint256,bytes32,uint64,uint64,uint8,bytes32,bytes32)[])"
        ),
    )
    legal: bool = choices._is(round, rounds.OPEN)
    done: bool = world._play(world.ENTER_MANY, world.people[first], data)
    shadow._require(done == legal, shadow.DUE, "a batch of entries")
    if done:
        for i: uint256 in range(2):
            person: uint256 = (first + i * (nonce_word >> 8)) % world.PEOPLE
            defect: uint256 = (defect_word >> (8 * i)) % 8
            good: bool = defect == papers.NOTHING or defect >= papers.DEFECTS
            if good and shadow._may_enter(
                round, person, entries[i].at_risk, entries[i].nonce
            ):
                shadow._enter(round, person, entries[i].at_risk, entries[i].nonce)
    shadow._watch(False)


@external
def deliver(person_word: uint256, round_word: uint256):
    """
    @dev A person delivers a file on the chain; nothing of the ledger moves.
    """
    round: uint256 = choices._round(round_word, rounds.OPEN)
    name: String[32] = "m"
    file: Bytes[32] = b"sealed"
    data: Bytes[292] = abi_encode(
        convert(round, uint64), name, file, method_id=method_id("deliver(uint64,string,bytes)")
    )
    legal: bool = choices._is(round, rounds.OPEN)
    done: bool = world._play(world.DELIVER, world.people[person_word % world.PEOPLE], data)
    shadow._require(done == legal, shadow.DUE, "a delivery")
    shadow._watch(False)


@external
def record_book(round_word: uint256, by_another: bool):
    """
    @dev The round's operator books it; now and then somebody else tries.
    """
    round: uint256 = choices._round(round_word, rounds.CLOSED)
    if round == 0:
        return
    operator: uint256 = shadow.operator[round] - 1
    is_another: bool = by_another and round_word % 4 == 0
    sender: uint256 = (operator + 1) % world.PEOPLE if is_another else operator
    uri: String[32] = "book"
    data: Bytes[260] = abi_encode(
        convert(round, uint64),
        keccak256("book"),
        uri,
        method_id=method_id("record_book(uint64,bytes32,string)"),
    )
    legal: bool = choices._is(round, rounds.CLOSED) and not is_another
    done: bool = world._play(world.RECORD_BOOK, world.people[sender], data)
    shadow._require(done == legal, shadow.DUE, "a book")
    if done:
        shadow._book(round)
    shadow._watch(False)


@internal
@view
def _terms(bits: uint256, next: rules.Parameters) -> rules.Terms:
    """
    @dev Terms that are legal; one in eight switches a leg off.
    @param bits Of which they are made.
    @param next The parameters that the round will copy.
    @return The terms.
    """
    opens: uint64 = convert(block.timestamp, uint64) + self._seconds(bits, 0, 30)
    closes: uint64 = opens + self._seconds(bits >> 16, 60, 120)
    book_by: uint64 = closes + self._seconds(bits >> 32, 60, 120)
    resolves: uint64 = book_by + self._seconds(bits >> 48, 0, 60)
    slot: uint64 = next.exclusive + next.challenge + next.ruling + max(next.challenge, 60)
    clip: uint256 = (bits >> 80) % (rules.MAX_CLIP + 1)
    profit_clip: uint256 = (bits >> 112) % (rules.MAX_CLIP + 1)
    return rules.Terms(
        opens=opens,
        closes=closes,
        book_by=book_by,
        resolves=resolves,
        propose_by=resolves + slot + self._seconds(bits >> 64, 0, 200),
        threshold=(bits >> 144) % (2_000 * world.TOKEN),
        smallest_stake=1_000 + (bits >> 232) % world.TOKEN,
        clip_nano=clip if bits % 8 > 0 else 0,
        profit_clip_nano=profit_clip if bits % 8 > 1 else 0,
        key=keccak256("key"),
        data=keccak256("data"),
        id_map=keccak256("id_map"),
        scoring=keccak256("scoring"),
    )


@internal
@pure
def _seconds(word: uint256, least: uint256, most: uint256) -> uint64:
    return convert(least + (word & 2**16 - 1) % (most - least + 1), uint64)


@internal
@view
def _at_risk(round: uint256, person: uint256, word: uint256) -> uint256:
    """
    @dev Mostly the smallest stake to all that the model has; now and then a wei too much or less
         than before.
    @param round The round.
    @param person Whose model.
    @param word Any word.
    @return wei.
    """
    most: uint256 = shadow.lock[round][person] + shadow.free[person]
    least: uint256 = max(shadow.lock[round][person], shadow.smallest[round])
    if word % 16 == 0 or most < least:
        return most + 1
    if word % 16 == 1:
        return least - 1
    return ranges._bound(word >> 4, least, most)


@internal
@view
def _nonce(round: uint256, person: uint256, word: uint256) -> uint64:
    # one in eight is the last one's again
    return shadow.nonce[round][person] + convert(min(word % 8, 3), uint64)
