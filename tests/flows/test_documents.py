"""The documents of a played home, each read by its class."""

import json

from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.core.protocol import places, vault_places
from tasks.core.protocol.documents.fields import Document
from tasks.core.protocol.places import Place


def of_rounds(played, lake):
    """Return the places of what a played home publishes of its rounds, entries included."""
    found: list[Place[Document]] = []
    for round_id in played.rounds:
        found += [
            place(round_id)
            for place in (
                places.opening, places.book, places.scores, places.table, places.results,
            )
        ]  # fmt: skip
        found.append(places.manifest(places.live_snapshot(round_id)))
        rows = lake.load(places.book(round_id)).rows
        found += [places.receipt(row.model, round_id, row.nonce) for row in rows]
    return found


def of_vault(lake, rounds):
    found: list[Place[Document]] = [vault_places.dataset(1)]
    for round_id in rounds:
        found += [vault_places.book(round_id), vault_places.arrivals(round_id, 1)]
        rows = lake.load(places.book(round_id)).rows
        found += [vault_places.receipt(row.model, round_id, row.nonce) for row in rows]
        found.append(vault_places.arrivals(round_id, 2))
    return found


def test_documents__played_home__are_read_whole_and_give_the_same_bytes(played):
    lake, vault = (Lake(played.stopped / name) for name in ("lake", "vault"))
    public = of_rounds(played, lake)
    public += [places.DATA_VERSION, *map(places.manifest, (places.FIRST, places.LAST))]
    read = set()

    for store, found in ((lake, public), (vault, of_vault(lake, played.rounds))):
        for place in found:
            document = store.load(place).to_document()
            assert document == json.loads(store.document_bytes(place)), place.name
            read.add(store.root / f"{place.name}.json")

    written = {path for root in (lake.root, vault.root) for path in root.rglob("*.json")}
    assert {path.name for path in written - read} == {"features.json"}


def test_documents__round_that_is_not_there__are_none(played):
    lake = Lake(played.stopped / "lake")

    assert lake.seek(places.book(RoundId(9_999))) is None
