"""Open a round: publish its live era, then put its terms on the chain."""

import hmac
from dataclasses import replace

from tasks.adapters import failpoints, tables
from tasks.core.data.calendar import Times
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import commitments, dates, places, purposes
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.documents.opening import RoundOpening
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
    write = home.chain.tournament.open_round(round_id, document.terms)
    home.chain.send(write, home.operator, home.journal, purpose=purposes.open_round(round_id))


def _publish(home: OpenHome, round_id: RoundId) -> RoundOpening:
    found = home.lake.seek(places.opening(round_id))
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
    live = next(each for each in home.lake.load(manifest).eras if each.name == era)
    table = tables.read_table(home.vault.read(entry.object))
    ids, assets = table["id"].to_pylist(), table["asset"].to_pylist()
    salt = hmac.digest(home.id_map_secret, f"round {round_id}".encode(), "sha256")
    terms = replace(
        _terms(home, _times(home, round_id, entry.times)),
        # The whole entry: features to predict from, and the benchmark that BMC is paid against.
        data=live.json_digest(),
        id_map=commitments.id_map_digest(salt, dict(zip(ids, assets, strict=True))),
        scoring=home.rule.json_digest(),
    )
    _check(home, terms)
    document = RoundOpening(
        round_id=round_id,
        era=era,
        live=manifest.name,
        n_ids=len(ids),
        ids_hash=commitments.ids_hash(ids),
        scoring=home.rule,
        terms=terms,
    )
    home.lake.publish(places.opening(round_id), document)
    return document


def _check(home: OpenHome, terms: Terms) -> None:
    """Refuse what the contract would refuse, before anything is published."""
    protocol_terms.check_terms(
        terms,
        home.chain.tournament.parameters(),
        operator=home.operator.address,
        now=home.chain.now(),
        chain_id=home.chain.chain_id,
    )


def _times(home: OpenHome, round_id: RoundId, planned: Times | None) -> Times:
    """Return a round's times as planned, but with an opening that is still to come.

    Raises:
        InputError: if the era has no round, or too little of its window is left.
    """
    if planned is None:
        raise InputError(f"round {round_id}: no round opens over this era")
    pace = home.mode.pace
    if pace is None:
        return planned
    opens = max(planned.opens, home.chain.now() + pace.lead_s)
    if opens + protocol_terms.MINUTE > planned.closes:
        raise InputError(
            f"round {round_id} was missed: it would close at {dates.utc(planned.closes)}; "
            "the next era's round opens by itself"
        )
    return replace(planned, opens=opens)


def _terms(home: OpenHome, times: Times) -> Terms:
    economy = home.economy
    return Terms(
        opens=times.opens,
        closes=times.closes,
        book_by=times.book_by,
        resolves=times.resolves,
        propose_by=times.resolves + economy.propose_window_s,
        threshold=economy.threshold,
        smallest_stake=economy.smallest_stake,
        clip_nano=economy.clip_nano,
        profit_clip_nano=economy.profit_clip_nano,
        key=home.sealing_key.public,
        data=bytes(32),
        id_map=bytes(32),
        scoring=bytes(32),
    )
