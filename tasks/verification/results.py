"""The comparisons of what a round came to: its columns, blends, table, root and settlement."""

import numpy as np

from tasks.adapters import tables
from tasks.core.checks import Mismatch, require, require_none
from tasks.core.protocol import commitments, places, scores
from tasks.core.protocol.events import Settled
from tasks.core.scoring import registry
from tasks.verification import blends
from tasks.verification.view import RoundView


def compare_alignment(view: RoundView) -> str:
    """Check that ids are those of the round, in their order, and the columns' digest."""
    ids = view.columns["id"].to_pylist()
    require(ids == sorted(set(ids)), "the ids are not sorted and unique")
    require(commitments.ids_hash(ids) == view.opened.ids_hash, "the ids are not the live ones")
    view.lake.check(view.results.columns)
    return f"{len(ids)} ids in order"


def compare_meta_model(view: RoundView) -> str:
    """Compare the published meta-model with the book's digest."""
    if not view.accepted:
        require(view.book.contents is None, "a meta-model but no accepted model")
        return "none accepted"
    digest, stated = view.column_digest("meta_model"), view.contents.meta_model_digest
    require(digest == stated, "the published column differs from the book's digest")
    return f"digest {digest.hex()[:16]}"


def compare_benchmark(view: RoundView) -> str:
    """Compare the benchmark with the book's digest, and with what was there at the opening."""
    if not view.accepted:
        return "none accepted"
    if view.live_entry.benchmarks is None:
        raise Mismatch("no benchmark was published when the round opened")
    live = tables.read_table(view.lake.read(view.live_entry.benchmarks))
    at_open = commitments.content_digest(view.opened.ids_hash, live["benchmark"].to_numpy())
    stated = view.contents.benchmark_digest
    require(
        at_open == stated,
        "the book's benchmark is not the one that was published when the round opened",
    )
    digest = view.column_digest("benchmark")
    require(digest == stated, "the benchmark column differs from the book's digest")
    return f"digest {digest.hex()[:16]}"


def compare_targets(view: RoundView) -> str:
    """Compare the targets with the digest in the proposal, and with those in the data set."""
    digest = view.column_digest("target")
    require(digest == view.proposed.targets, "the targets are not those proposed")
    later = view.published_targets()
    if later is not None:
        known = later[f"target_{view.opened.scoring.target}"].to_numpy().astype(np.float64)
        same = (known == view.column("target")) | (np.isnan(known))
        pairs = zip(later["id"].to_pylist(), same, strict=True)
        other = [name for name, holds in pairs if not holds]
        require_none([f"target of {name} is another in the data set" for name in other])
    return f"digest {digest.hex()[:16]}"


def compare_blends(view: RoundView) -> str:
    """Score the meta-model and the benchmark again, which need no model's predictions."""
    again, stated = blends.published(view), view.scores.blends_corr_nano
    wanted = [blend.name for blend in registry.BLENDS] if view.accepted else []
    require(set(stated) == set(wanted), f"the blends are not {sorted(wanted)}")
    require_none(blends.faults(stated, again))
    return f"{len(again)} within one nano"


def compare_table(view: RoundView) -> str:
    """Derive the table from the published scores, in integers."""
    book, scored, clip = view.book, view.scored, view.facts.terms.clip_nano
    derived = scores.table(book, scored, view.opened.scoring, clip)
    wrong = [
        f"row of {row.name} is {want.to_document()}, not {have.to_document()}"
        for row, want, have in zip(book.rows, derived.rows, view.table.rows, strict=True)
        if want != have
    ]
    require_none(wrong)
    is_proposed = view.digest(places.table) == view.proposed.table.hex()
    require(is_proposed, "the table is not the one proposed")
    return f"{len(derived.rows)} rows"


def compare_root(view: RoundView) -> str:
    """Compare the table's Merkle root with the chain's."""
    root = view.table.root()
    require(root == view.proposed.root, "the table has another root than the chain")
    return f"root {root.hex()[:16]}"


def compare_results(view: RoundView) -> str:
    """Compare the digests that the results state with the chain and the documents."""
    proposed = view.proposed
    wanted = {
        "root": proposed.root.hex(),
        "scores_sha256": view.digest(places.scores),
        "table_sha256": proposed.table.hex(),
        "targets_digest": proposed.targets.hex(),
    }
    stated = view.results.to_document()
    wrong = [
        f"the results' {name} is {stated[name]}, not {value}"
        for name, value in wanted.items()
        if stated[name] != value
    ]
    require_none(wrong)
    return f"{len(wanted)} digests"


def compare_settlement(view: RoundView) -> str:
    """Compare what the chain settled with the table's rows."""
    rows = {row.model: (row.return_nano, row.profit_nano) for row in view.table.rows}
    settled = view.logged(Settled)
    wrong = [
        f"model {event.model.hex()[:16]} was settled by another row"
        for event in settled
        if rows.get(event.model) != (event.return_nano, event.profit_nano)
    ]
    require_none(wrong)
    return f"{len(settled)} of {len(rows)} leaves settled"
