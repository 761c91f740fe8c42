import pytest

from tasks.adapters.chain import deploying
from tasks.adapters.chain.sending import Order
from tasks.adapters.journal import Journal
from tasks.core.errors import ChainError
from tasks.core.money.units import WAD, Wei
from tests import chains


def transfer(local, amount=1):
    return local.chain.token.transfer(local.signers["bob"].address, Wei(amount))


def order(local, write, sender="deployer", name=None):
    return Order(
        write=write,
        signer=local.signers[sender],
        journal=local.journal,
        purpose=name or chains.purpose(),
    )


# A write makes five requests: nonce, simulate, newest block, send, receipt.
@pytest.mark.parametrize("request_number", [1, 2, 3, 4, 5])
def test_send__killed_before_a_request_and_repeated__moves_tokens_once(
    local_chain, monkeypatch, request_number
):
    bob, name = local_chain.signers["bob"].address, chains.purpose()
    before = local_chain.chain.token.balance_of(bob)
    with monkeypatch.context() as patched:
        chains.kill_at_http_request(patched, request_number)
        with pytest.raises(KeyboardInterrupt):
            chains.send(local_chain, transfer(local_chain), name=name)

    receipt = chains.send(local_chain, transfer(local_chain), name=name)

    assert local_chain.chain.token.balance_of(bob) == before + 1
    assert chains.send(local_chain, transfer(local_chain), name=name) == receipt
    assert local_chain.chain.token.balance_of(bob) == before + 1


def test_send__other_purpose_after_a_crash__sends_the_signed_one_first(local_chain, monkeypatch):
    bob = local_chain.signers["bob"].address
    before = local_chain.chain.token.balance_of(bob)
    with monkeypatch.context() as patched:
        chains.kill_at_http_request(patched, 4)
        with pytest.raises(KeyboardInterrupt):
            chains.send(local_chain, transfer(local_chain, 10))

    chains.send(local_chain, transfer(local_chain, 1))

    assert local_chain.chain.token.balance_of(bob) == before + 11


def test_send__same_state__signs_the_same_bytes(founded):
    raws = []
    for name in ("first", "second"):
        arguments = founded(name)
        deploying.deploy(*arguments)
        raws.append([entry.raw for entry in arguments[3].entries()])

    assert raws[0] == raws[1]


def test_send__simulation_reverts__says_why_and_signs_nothing(local_chain):
    write = local_chain.chain.tournament.enter(10**6, "alice", Wei(WAD), bytes(32), 1)
    before = local_chain.journal.entries()

    with pytest.raises(ChainError, match="enter alice into round 1000000: tournament: not open"):
        chains.send(local_chain, write, "alice")

    assert local_chain.journal.entries() == before


def test_send_many__one_of_two_reverts__says_which_and_a_repeat_signs_it_anew(local_chain):
    carol, token = local_chain.signers["carol"].address, local_chain.chain.token
    held = token.balance_of(carol)
    chains.send(local_chain, token.transfer(carol, Wei(100)))
    bob = local_chain.signers["bob"].address
    names = chains.purpose(), chains.purpose()
    # Each alone is possible, both together are not.
    orders = [order(local_chain, token.transfer(bob, held + 60), "carol", name) for name in names]

    with pytest.raises(ChainError, match=r"transfer .* reverted"):
        local_chain.chain.send_many(orders)
    assert token.balance_of(carol) == 40

    chains.send(local_chain, token.transfer(carol, Wei(held + 20)))
    local_chain.chain.send_many(orders)
    assert token.balance_of(carol) == 0


def test_send_many__several_senders__are_mined_in_the_order_given(local_chain):
    bob = local_chain.signers["bob"].address
    token = local_chain.chain.token
    chains.send(local_chain, token.transfer(local_chain.signers["carol"].address, Wei(10)))
    senders = ["deployer", "carol", "deployer", "carol", "deployer"]

    receipts = local_chain.chain.send_many(
        [order(local_chain, token.transfer(bob, Wei(1)), sender) for sender in senders]
    )

    blocks = [receipt.block for receipt in receipts]
    assert blocks == list(range(blocks[0], blocks[0] + len(senders)))
    assert all(receipt.succeeded for receipt in receipts)


def test_send__nonce_used_elsewhere__is_an_error_and_a_repeat_signs_anew(
    local_chain, monkeypatch, tmp_path
):
    name, keeper = chains.purpose(), local_chain.signers["keeper"]
    write = local_chain.chain.token.approve(keeper.address, Wei(1))
    with monkeypatch.context() as patched:
        chains.kill_at_http_request(patched, 4)
        with pytest.raises(KeyboardInterrupt):
            chains.send(local_chain, write, "keeper", name)
    other = Journal(tmp_path / "journal.sqlite")
    elsewhere = local_chain.chain.token.approve(keeper.address, Wei(2))
    local_chain.chain.send(elsewhere, keeper, other, "elsewhere")

    with pytest.raises(ChainError, match="was used by another transaction"):
        chains.send(local_chain, write, "keeper", name)
    chains.send(local_chain, write, "keeper", name)

    assert local_chain.chain.token.allowance(keeper.address, keeper.address) == 1


def test_send__mined_by_the_journal_but_not_found__is_not_sent_twice(local_chain, monkeypatch):
    bob, name = local_chain.signers["bob"].address, chains.purpose()
    chains.send(local_chain, transfer(local_chain), name=name)
    before = local_chain.chain.token.balance_of(bob)
    again = order(local_chain, transfer(local_chain), name=name)
    with monkeypatch.context() as patched:
        patched.setattr(local_chain.chain, "receipts", lambda hashes: [None] * len(hashes))
        with pytest.raises(ChainError, match=f"no receipt for {name}"):
            local_chain.chain.send_many([again], timeout_s=0.2)

    chains.send(local_chain, transfer(local_chain), name=name)

    assert local_chain.chain.token.balance_of(bob) == before
