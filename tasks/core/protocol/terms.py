"""What a round copies when it opens: parameters and terms, their digest and their bounds."""

from dataclasses import asdict, astuple, dataclass
from typing import Any, Self

from tasks.core.errors import InputError
from tasks.core.money import payouts
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import abi, derive
from tasks.core.protocol.documents.fields import Document, Fields, Json

MINUTE = 60
HOUR = 3_600
DAY = 86_400
MAX_LIFE = 180 * DAY
MAX_AMOUNT = 2**128 - 1
MIN_STAKE = Wei(1_000)

_DIGESTS = ("key", "data", "id_map", "scoring")
_BONDS = ("bond_floor", "duty_bond")
_AMOUNTS = ("threshold", "smallest_stake")
_ZERO = "0x" + "00" * 20
_PARAMETERS = "address,uint64,uint64,uint64,uint64,uint256,uint256,uint256,uint256,uint256"
_TERMS = (
    "uint64,uint64,uint64,uint64,uint64,uint256,uint256,uint256,uint256,"
    "bytes32,bytes32,bytes32,bytes32"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Document):
    """What the owner sets for the rounds to come, in the contract's order of fields.

    Attributes:
        arbiter: who rules on challenges.
        exclusive: seconds from `resolves` in which the operator alone may propose.
        challenge: seconds from a proposal until it is final.
        ruling: seconds that the arbiter has after a challenge.
        claim: seconds from finality in which leaves are settled.
        bond_bps: a proposal's bond, of at risk + reserves.
        bond_floor: its least amount.
        duty_bond: the operator's bond a round.
        round_share_bps: most of a pool that one round may reserve.
        week_share_bps: most of a pool that the books of one week may reserve.
    """

    arbiter: str
    exclusive: int
    challenge: int
    ruling: int
    claim: int
    bond_bps: int
    bond_floor: Wei
    duty_bond: Wei
    round_share_bps: int
    week_share_bps: int

    def to_abi(self) -> tuple[Any, ...]:
        """Return the fields as the contract takes them."""
        return astuple(self)

    def to_document(self) -> Json:
        """Return the parameters as they are published: amounts as decimal strings."""
        document = asdict(self)
        return document | {name: str(document[name]) for name in _BONDS}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read parameters from the fields of a document."""
        return cls(
            arbiter=fields.text("arbiter"),
            exclusive=fields.whole("exclusive"),
            challenge=fields.whole("challenge"),
            ruling=fields.whole("ruling"),
            claim=fields.whole("claim"),
            bond_bps=fields.whole("bond_bps"),
            bond_floor=fields.wei("bond_floor"),
            duty_bond=fields.wei("duty_bond"),
            round_share_bps=fields.whole("round_share_bps"),
            week_share_bps=fields.whole("week_share_bps"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Document):
    """What the operator sets for one round, in the contract's order of fields.

    Attributes:
        opens: seconds since 1970, as all dates here.
        closes: end of the entries.
        book_by: end of the time for the book.
        resolves: when the last target has matured.
        propose_by: end of the time for a proposal.
        threshold: stake beyond which the factor falls below 1.
        smallest_stake: least amount at risk.
        clip_nano: largest magnitude of a return.
        profit_clip_nano: the same for the profit leg.
        key: the operator's X25519 key, to which submissions are sealed.
        data: digest of the live data's manifest.
        id_map: salted hash of the id-to-asset map.
        scoring: digest of multipliers, k, price source and opening rule.
    """

    opens: int
    closes: int
    book_by: int
    resolves: int
    propose_by: int
    threshold: Wei
    smallest_stake: Wei
    clip_nano: int
    profit_clip_nano: int
    key: bytes
    data: bytes
    id_map: bytes
    scoring: bytes

    def to_abi(self) -> tuple[Any, ...]:
        """Return the fields as the contract takes them."""
        return astuple(self)

    def to_document(self) -> Json:
        """Return the terms as they are published: bytes in hex, amounts as decimal strings."""
        document = asdict(self)
        document |= {name: document[name].hex() for name in _DIGESTS}
        return document | {name: str(document[name]) for name in _AMOUNTS}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read terms from the fields of a document."""
        return cls(
            opens=fields.whole("opens"),
            closes=fields.whole("closes"),
            book_by=fields.whole("book_by"),
            resolves=fields.whole("resolves"),
            propose_by=fields.whole("propose_by"),
            threshold=fields.wei("threshold"),
            smallest_stake=fields.wei("smallest_stake"),
            clip_nano=fields.whole("clip_nano"),
            profit_clip_nano=fields.whole("profit_clip_nano"),
            key=fields.word("key"),
            data=fields.word("data"),
            id_map=fields.word("id_map"),
            scoring=fields.word("scoring"),
        )


def config_digest(round_id: RoundId, operator: str, parameters: Parameters, terms: Terms) -> bytes:
    """Return a round's config: the digest of everything that was fixed when it opened.

    Raises:
        InputError: if a field does not fit its type.

    Source: docs/protocol.md, "Encodings".
    """
    # both structs are static, so the nested tuple encodes like its fields one after the other
    types = ["uint64", "address", *_PARAMETERS.split(","), *_TERMS.split(",")]
    return abi.digest(types, [round_id, operator, *parameters.to_abi(), *terms.to_abi()])


def is_private(chain_id: int) -> bool:
    """Return whether a chain is a home's own, where windows and bonds may be zero."""
    return chain_id in derive.PRIVATE_CHAINS


def check_parameters(parameters: Parameters, *, chain_id: int) -> None:
    """Refuse parameters that the contract would refuse, naming the field and its bounds.

    Args:
        parameters: what rounds are to copy.
        chain_id: the chain; bounds are wider on a private one.

    Raises:
        InputError: if a field is out of bounds.

    Source: docs/protocol.md, "Bounds".
    """
    private = is_private(chain_id)
    bounds = {
        "exclusive": (0 if private else DAY, 7 * DAY),
        "challenge": (0 if private else DAY, 14 * DAY),
        "ruling": (0 if private else 2 * DAY, 30 * DAY),
        "claim": (MINUTE if private else 7 * DAY, 90 * DAY),
        "bond_bps": (0 if private else 100, 2_000),
        "bond_floor": (0 if private else 1, MAX_AMOUNT),
        "duty_bond": (0 if private else 1, MAX_AMOUNT),
        "round_share_bps": (0, 2_000 if private else 1_000),
        "week_share_bps": (0, 4_000 if private else 2_000),
    }
    for name, (least, most) in bounds.items():
        _check_between(name, getattr(parameters, name), least, most)


def check_terms(
    terms: Terms, parameters: Parameters, *, operator: str, now: int, chain_id: int
) -> None:
    """Refuse terms that the contract would refuse, naming the field and its bounds.

    Args:
        terms: the terms of a round to be opened.
        parameters: what the round copies.
        operator: who opens it.
        now: the chain's time, seconds.
        chain_id: the chain; bounds are wider on a private one.

    Raises:
        InputError: if a date or an amount is out of bounds, or there is no arbiter apart from
            the operator although proposals can be challenged.

    Source: docs/protocol.md, "Bounds".
    """
    if parameters.challenge > 0 and parameters.arbiter.lower() in (_ZERO, operator.lower()):
        raise InputError(
            f"arbiter {parameters.arbiter} must be neither zero nor the operator, "
            "or the challenge window zero"
        )
    entry = MINUTE if is_private(chain_id) else HOUR
    ruled = parameters.challenge + parameters.ruling
    slot = parameters.exclusive + ruled + max(parameters.challenge, MINUTE)
    latest = terms.opens + MAX_LIFE - ruled
    _check_between("opens", terms.opens, now, now + MAX_LIFE)
    _check_between("closes", terms.closes, terms.opens + entry, latest)
    last_book = min(terms.closes + DAY, terms.resolves)
    _check_between("book_by", terms.book_by, terms.closes + MINUTE, last_book)
    _check_between("propose_by", terms.propose_by, terms.resolves + slot, latest)
    _check_between("threshold", terms.threshold, 0, MAX_AMOUNT)
    _check_between("smallest_stake", terms.smallest_stake, MIN_STAKE, 2**256 - 1)
    _check_between("clip_nano", terms.clip_nano, 0, payouts.MAX_CLIP_NANO)
    _check_between("profit_clip_nano", terms.profit_clip_nano, 0, payouts.MAX_CLIP_NANO)


def _check_between(name: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise InputError(f"{name} {number} is out of bounds: at least {least}, at most {most}")
