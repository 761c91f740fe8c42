"""A round whose files come by the inbox and by the chain: one book, and everything verifies."""

from tasks.adapters.chain.sending import Order
from tasks.client import entering
from tasks.core.protocol import places
from tasks.stages import intake
from tests.flows import entries, steps


def log(client, round_id, name, content):
    """Deliver any bytes on the chain, as somebody's model of a name."""
    write = client.chain.tournament.deliver(round_id, name, content)
    purpose = f"junk/{name}/{len(content)}"
    order = Order(write=write, signer=client.signer, journal=client.journal, purpose=purpose)
    client.chain.send_many([order])


def enter_on_chain(client, round_id):
    entering.enter(
        [client], round_id, {client.name: entries.entry(client, round_id)}, on_chain=True
    )


def test_round__files_in_the_inbox_and_on_the_chain__are_in_one_book_that_verifies(fresh):
    clients, round_id = fresh.clients, fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, ["random"])
    for name in ("random", "linear"):
        log(clients["pair-p"], round_id, name, b"a stranger's junk")
    enter_on_chain(clients["linear"], round_id)
    spoiled = entries.prepare(clients["pair-m"], round_id)
    entries.put(clients["pair-m"], spoiled, b"junk that came first")
    entries.commit(clients["pair-m"], spoiled)
    intake.receive(fresh.opened, round_id)
    # The operator does not look again: the log has kept these for him.
    clients["pair-m"].chain.send_many([clients["pair-m"].delivery(spoiled)])
    enter_on_chain(clients["lgbm-01"], round_id)
    entries.commit(clients["copy"], entries.prepare(clients["copy"], round_id))
    fresh.advance(steps.times(fresh, round_id)["closes"])

    fresh.close(round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    reasons = {row["name"]: row["reason"] for row in book["entrants"]}
    accepted = dict.fromkeys(("lgbm-01", "linear", "pair-m", "random"))
    assert reasons == accepted | {"copy": "no file was delivered"}
    assert book["contents"]["n_rows"] == 4
    receipt = places.receipt(clients["pair-m"].model, round_id, spoiled.nonce)
    assert "does not open" in fresh.opened.lake.document(receipt)["reason"]
    steps.resolve(fresh, round_id)
    fresh.settle(round_id)
    assert steps.failed(fresh) == []
