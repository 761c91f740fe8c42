"""Open a round: publish its live era, then put its terms on the chain."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tasks.adapters import failpoints, tables
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, commitments, dates, places
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.terms import Terms
from tasks.stages import dataset, publishing
from tasks.stages.open_home import OpenHome


def open_round(home: OpenHome, round_id: RoundId) -> None:
    """Publish a round's live era and open it on the chain; does nothing if it is open.

    The document is published first: a restart between the two writes finds it, and sends the
    terms that it holds. In a live home the round opens a little after now, so that there is time
    for that.

    Raises:
        InputError: if the era has no round, or it is too late to open it.
    """
    if home.chain.tournament.is_open(round_id):
        return
    document = _publish(home, round_id)
    failpoints.reach("open/published", round_id)
    terms = Terms.from_document(document["terms"])
    write = home.chain.tournament.open_round(round_id, terms)
    home.chain.send(write, home.operator, home.journal, purpose=f"open/{round_id}")


def _publish(home: OpenHome, round_id: RoundId) -> dict[str, Any]:
    name = f"rounds/{round_id}/open"
    found = home.lake.find(name)
    if found is not None:
        return found
    entry = dataset.era_entry(home.vault, round_id)
    era = dataset.era_of(round_id)
    publishing.publish_snapshot(
        home.lake,
        home.vault,
        places.live_snapshot(round_id),
        as_of_era=era,
        live_era=era,
        files=False,
    )
    manifest = places.manifest(places.live_snapshot(round_id))
    live = next(e for e in home.lake.document(manifest)["eras"] if e["era"] == era)
    table = tables.read_table(home.vault.read(dataset.era_object(entry)))
    ids, assets = table["id"].to_pylist(), table["asset"].to_pylist()
    salt = hmac.digest(home.id_map_secret, f"round {round_id}".encode(), "sha256")
    scoring = home.rule.to_document()
    terms = replace(
        _terms(home, _times(home, round_id, entry["times"])),
        # The whole entry: features to predict from, and the benchmark that BMC is paid against.
        data=bytes.fromhex(canonical.sha256_hex(canonical.canonical_json(live))),
        id_map=commitments.id_map_digest(salt, dict(zip(ids, assets, strict=True))),
        scoring=bytes.fromhex(canonical.sha256_hex(canonical.canonical_json(scoring))),
    )
    _check(home, terms)
    home.lake.publish(
        name,
        {
            "era": era,
            "ids_hash": commitments.ids_hash(ids).hex(),
            "live": manifest.name,
            "n_ids": len(ids),
            "round": round_id,
            "scoring": scoring,
            "terms": terms.to_document(),
        },
    )
    return home.lake.document(name)


def _check(home: OpenHome, terms: Terms) -> None:
    """Refuse what the contract would refuse, before anything is published."""
    protocol_terms.check_terms(
        terms,
        home.chain.tournament.parameters(),
        operator=home.operator.address,
        now=home.chain.now(),
        chain_id=home.chain.chain_id,
    )


def _times(
    home: OpenHome, round_id: RoundId, planned: Mapping[str, int] | None
) -> Mapping[str, int]:
    """Return a round's times as planned, but with an opening that is still to come.

    Raises:
        InputError: if the era has no round, or too little of its window is left.
    """
    if planned is None:
        raise InputError(f"round {round_id}: no round opens over this era")
    pace = home.mode.pace
    if pace is None:
        return planned
    opens = max(planned["opens"], home.chain.now() + pace.lead_s)
    if opens + protocol_terms.MINUTE > planned["closes"]:
        raise InputError(
            f"round {round_id} was missed: it would close at {dates.utc(planned['closes'])}; "
            "the next era's round opens by itself"
        )
    return {**planned, "opens": opens}


def _terms(home: OpenHome, times: Mapping[str, int]) -> Terms:
    economy = home.economy
    return Terms(
        opens=times["opens"],
        closes=times["closes"],
        book_by=times["book_by"],
        resolves=times["resolves"],
        propose_by=times["resolves"] + economy.propose_window_s,
        threshold=economy.threshold,
        smallest_stake=economy.smallest_stake,
        clip_nano=economy.clip_nano,
        profit_clip_nano=economy.profit_clip_nano,
        key=home.sealing_key.public,
        data=bytes(32),
        id_map=bytes(32),
        scoring=bytes(32),
    )
