"""Encodings by hand, and the inputs that have none."""

import hashlib
import struct

import numpy as np
import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import abi, commitments, derive, heads, identity, merkle
from tasks.core.protocol.documents.fields import DocumentError
from tasks.core.protocol.terms import Parameters, Terms
from tests import vectors

OWNER = "0x" + "11" * 20
CONFIG = vectors.load()["config"][0]


def word(number):
    return number.to_bytes(32)


def test_digest__short_bytes32__is_refused():
    with pytest.raises(InputError, match="31 bytes"):
        abi.digest(["bytes32"], [bytes(31)])


def test_digest__number_too_large__is_refused():
    with pytest.raises(InputError, match="cannot encode"):
        abi.digest(["uint64"], [2**64])


def test_model_id__by_hand__is_keccak_of_the_encoding():
    encoded = bytes(12) + b"\x11" * 20 + word(64) + word(3) + b"ann".ljust(32, b"\0")

    assert identity.model_id(OWNER, "ann") == keccak(encoded)


@pytest.mark.parametrize("name", ["a", "0", "my-model_2", "a" * 32])
def test_check_name__plain__is_kept(name):
    assert identity.check_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "_a", "A", "a b", "ä", "a" * 33, "a\n"])
def test_check_name__other__is_refused(name):
    with pytest.raises(InputError, match="not a model's name"):
        identity.check_name(name)


def test_commitment__by_hand__is_keccak_of_the_encoding():
    domain = keccak(b"erarium/commitment/1")
    encoded = domain + b"d" * 32 + word(7) + b"m" * 32 + bytes(12) + b"\x11" * 20
    encoded += b"s" * 32 + b"c" * 32

    made = commitments.commitment(b"d" * 32, RoundId(7), b"m" * 32, OWNER, b"s" * 32, b"c" * 32)

    assert made == keccak(encoded)


def test_head__by_hand__is_keccak_of_the_encoding():
    encoded = bytes(32) + word(7) + b"m" * 32 + word(9) + b"c" * 32 + word(2)

    made = heads.extend(heads.EMPTY, RoundId(7), b"m" * 32, Wei(9), b"c" * 32, 2)

    assert made == keccak(encoded)


def test_ids_hash__by_hand__sorts_and_joins():
    assert commitments.ids_hash(["b", "a"]) == hashlib.sha256(b"a\nb").digest()


@pytest.mark.parametrize("ids", [[], ["a", "a"], [""], ["a\nb"]])
def test_ids_hash__no_set_of_ids__is_refused(ids):
    with pytest.raises(InputError):
        commitments.ids_hash(ids)


def test_content_digest__by_hand__is_sha256_of_the_bits():
    bits = struct.pack("<dQ", 0.25, 0x7FF8000000000000)

    made = commitments.content_digest(b"h" * 32, np.array([0.25, np.nan]))

    assert made == hashlib.sha256(b"erarium/content/1\n" + b"h" * 32 + bits).digest()


def test_content_digest__any_nan__is_the_same():
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype="<u8").view("<f8")

    assert commitments.content_digest(b"h" * 32, odd) == commitments.content_digest(
        b"h" * 32, np.array([np.nan, np.nan])
    )


def test_content_digest__callers_array__is_left_alone():
    predictions = np.array([0x7FF8000000000001], dtype="<u8").view("<f8")

    commitments.content_digest(b"h" * 32, predictions)

    assert predictions.view("<u8")[0] == 0x7FF8000000000001


@pytest.mark.parametrize(
    "predictions", [np.zeros((1, 2)), np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.int64)]
)
def test_content_digest__not_a_row_of_float64__is_refused(predictions):
    with pytest.raises(InputError, match="not float64"):
        commitments.content_digest(b"h" * 32, predictions)


def test_content_digest__short_hash__is_refused():
    with pytest.raises(InputError, match="31 bytes"):
        commitments.content_digest(b"h" * 31, np.zeros(2))


def test_id_map_digest__order_of_the_map__does_not_matter():
    made = commitments.id_map_digest(b"s" * 32, {"n1": "AAPL", "n2": "IBM"})

    assert made == commitments.id_map_digest(b"s" * 32, {"n2": "IBM", "n1": "AAPL"})
    assert made != commitments.id_map_digest(b"t" * 32, {"n1": "AAPL", "n2": "IBM"})


def test_id_map_digest__short_salt__is_refused():
    with pytest.raises(InputError, match="31 bytes"):
        commitments.id_map_digest(b"s" * 31, {})


@given(st.integers(1, 40), st.data())
def test_merkle__any_leaf__proves_itself_and_no_other(n_leaves, data):
    leaves = [merkle.leaf(RoundId(1), bytes([n]) * 32, n, 0) for n in range(n_leaves)]
    index = data.draw(st.integers(0, n_leaves - 1))
    root, proof = merkle.root(leaves), merkle.proof(leaves, index)

    assert merkle.verify(root, leaves[index], proof)
    assert not merkle.verify(root, merkle.leaf(RoundId(1), bytes([index]) * 32, 99, 0), proof)


def test_merkle__three_leaves__carries_the_odd_one_up():
    a, b, c = (merkle.leaf(RoundId(1), bytes([n]) * 32, n, 0) for n in range(3))
    pair = keccak(min(a, b) + max(a, b))

    assert merkle.root([a, b, c]) == keccak(min(pair, c) + max(pair, c))
    assert merkle.proof([a, b, c], 2) == [pair]


def test_verify__proof_of_33__is_refused():
    node = root = b"n" * 32
    proof = [b"s" * 32] * 33
    for sibling in proof:
        root = keccak(min(root, sibling) + max(root, sibling))

    assert not merkle.verify(root, node, proof)


def test_merkle__no_leaf__is_refused():
    with pytest.raises(InputError, match="needs a leaf"):
        merkle.root([])


@pytest.mark.parametrize("index", [-1, 2])
def test_proof__no_such_leaf__is_refused(index):
    with pytest.raises(InputError, match="no leaf"):
        merkle.proof([b"a" * 32, b"b" * 32], index)


@pytest.mark.parametrize("models", [[b"b", b"a"], [b"a", b"a"]])
def test_check_order__not_strictly_ascending__is_refused(models):
    merkle.check_order([b"a", b"b"])

    with pytest.raises(InputError, match="not ascending"):
        merkle.check_order(models)


def test_chain_id__any_seed__is_private_and_its_own():
    ids = {derive.chain_id(seed) for seed in range(50)}

    assert len(ids) == 50
    assert all(chain_id in derive.PRIVATE_CHAINS for chain_id in ids)


def test_derive__other_purpose__gives_other_bytes():
    assert derive.derive(0, "a") != derive.derive(0, "b")


@pytest.mark.parametrize("kind", [Terms, Parameters])
@pytest.mark.parametrize("change", ["missing", "unknown", "damaged"])
def test_from_document__broken__is_refused(kind, change):
    document = dict(CONFIG["terms" if kind is Terms else "parameters"])
    name = "threshold" if kind is Terms else "duty_bond"
    if change == "missing":
        del document[name]
    elif change == "unknown":
        document["more"] = 1
    else:
        document[name] = "many"

    with pytest.raises(DocumentError, match=f"{name}: |there is no field more"):
        kind.from_document(document)
