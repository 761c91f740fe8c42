"""The list of checks, and by which of them each key of what is published is read."""

import inspect
import typing

import pytest

from tasks.core.money.units import Wei
from tasks.core.protocol import places
from tasks.core.protocol.documents.gifts import Gift
from tasks.core.protocol.documents.results import Approval, DayScores
from tasks.verification.chain import ChainView
from tests.flows import published

_SNAPSHOT = "versions/v1/{}/manifest: "
_REFERENCE = ("bytes", "sha256", "suffix")
_ENDS = ("target_end_era.5d1l", "target_end_era.10d1l", "target_end_era.20d1l")
_ABOUT = ("as_of_era", "code_version", "live_era", "name", "scoring_version", "version")


def keys(place, *names):
    return {f"{place}{name}" for name in names}


def other_eras(snapshot, *names):
    """Return the keys of the eras that are not the round's own, objects included."""
    objects = ("features", "targets", "benchmarks")
    whole = [f"{name} (bytes)" for name in objects]
    refs = [f"{name}.{key}" for name in objects for key in _REFERENCE]
    found = ("benchmarks", "data_type", "n_ids", *_ENDS, *refs, *whole, *names)
    return keys(_SNAPSHOT.format(snapshot) + "eras[others].", *found)


def single_files(snapshot, *names):
    """Return the single files of a snapshot, and what its manifest says of them."""
    facts = [f"files.{name}.{key}" for name in names for key in ("bytes", "rows", "sha256")]
    whole = {f"versions/v1/{snapshot}/{name} (bytes)" for name in names if name != "features.json"}
    features = ("feature_sets.all", "feature_sets.medium", "feature_sets.small", "targets")
    listed_names = keys(f"versions/v1/{snapshot}/features: ", *features)
    return keys(_SNAPSHOT.format(snapshot), *facts) | whole | listed_names


_BOTH = (
    *("features.json", "meta_model.parquet", "train.parquet", "validation.parquet"),
    *("train_benchmark_models.parquet", "validation_benchmark_models.parquet"),
)
_LIVE = ("live.parquet", "live_benchmark_models.parquet", "live_example_preds.parquet")

UNREAD = (
    keys("faucet: ", "gas", "tokens")
    | keys("receipts/N/MODEL: ", "model", "nonce", "round")
    | keys("rounds/N/approval: ", "round", "table_sha256")
    | keys("rounds/N/days/05: ", "days", "of", "round", "rows[].corr_nano", "rows[].model")
    | keys("rounds/N/days/05: blends_corr_nano.", "benchmark", "equal_weight", "meta_model")
    | keys("rounds/N/days/05: ", "rows[].bmc_nano", "rows[].mmc_nano")
    | keys("rounds/N/open: ", "round")
    | keys("rounds/N/results: ", "columns.bytes", "predictions.bytes", "round")
    | keys(_SNAPSHOT.format("live_N"), *_ABOUT, "files")
    | other_eras("live_N", "era")
    | keys(_SNAPSHOT.format("s0001"), *_ABOUT)
    | other_eras("s0001", "era", "targets")
    | single_files("s0001", *_BOTH, *_LIVE)
    | keys(_SNAPSHOT.format("s0002"), *_ABOUT)
    | other_eras("s0002")
    | keys(_SNAPSHOT.format("s0002") + "eras[own].", "data_type", "era", "n_ids", *_ENDS)
    | keys(_SNAPSHOT.format("s0002") + "eras[own].features", *(f".{key}" for key in _REFERENCE))
    | keys(_SNAPSHOT.format("s0002") + "eras[own].benchmarks", *(f".{key}" for key in _REFERENCE))
    | keys(_SNAPSHOT.format("s0002") + "eras[own].", "features (bytes)", "targets.bytes")
    | single_files("s0002", *_BOTH)
    | keys("versions/v1/version: ", "benchmarks", "era_numbering", "features", "key_sha256")
    | keys("versions/v1/version: ", "scoring_version", "targets", "version")
    | keys("versions/v1/version: feature_sets.", "all", "medium", "small")
)
"""What an operator may still change without any check of the round failing."""


@pytest.fixture(scope="module")
def found(played, tmp_path_factory):
    """Give, for every key of what concerns one round, which check fails first by its change."""
    round_id = played.rounds[1]
    lake = published.link(played.stopped / "lake", tmp_path_factory.mktemp("keys") / "lake")
    publish_as_a_live_home(lake, round_id)
    whole = ChainView(chain=played.tournament.opened.chain)
    found: dict[str, list[str | None]] = {}
    for name in published.names(lake, round_id):
        for key, checks in published.readers(whole, lake, round_id, name).items():
            found.setdefault(key, []).extend(checks)
    return found


def publish_as_a_live_home(lake, round_id):
    """Publish what a replay does not: a day's scores, an approval, a faucet's gift."""
    scores = lake.load(places.scores(round_id))
    lake.publish(places.day_scores(round_id, 5), DayScores(scores=scores, days=5, of=20))
    digest = lake.load(places.results(round_id)).table_sha256
    lake.publish(places.approval(round_id), Approval(round_id=round_id, table_sha256=digest))
    lake.publish(places.FAUCET, Gift(tokens=Wei(1_000), gas=Wei(10)))


def test_checks__every_published_key__is_read_by_one_or_listed(found):
    unread = {key for key, checks in found.items() if None in checks}

    assert unread - UNREAD == set(), "no check reads these keys any more"
    assert UNREAD - unread == set(), "these keys are read now, or gone: take them off the list"


def test_checks__keys_that_are_read__fail_the_check_that_names_them(found):
    first = {key: set(checks) for key, checks in found.items()}

    assert first["rounds/N/open: terms.clip_nano"] == {"terms"}
    assert first["rounds/N/open: scoring.multipliers_nano.corr"] == {"terms"}
    assert first["rounds/N/book: entrants[].at_risk"] == {"book"}
    assert first["receipts/N/MODEL: digest"] == {"entrants"}
    assert first["rounds/N/results: root"] == {"results"}
    assert first["rounds/N/results: predictions (bytes)"] == {"predictions"}
    assert first["versions/v1/live_N/manifest: eras[own].features (bytes)"] == {"live data"}
    assert first["versions/v1/s0002/manifest: eras[own].targets (bytes)"] == {"targets"}


def test_checks__kinds_of_documents__none_is_left_out(found):
    kinds = {
        name
        for name, made in inspect.getmembers(places, inspect.isfunction)
        if typing.get_origin(typing.get_type_hints(made).get("return")) is places.Place
    }
    rounds = {"approval", "book", "days/05", "open", "results", "scores", "table"}

    # `disclosure`, the document `rounds/N/opened`, has its test beside rounds that open later.
    assert kinds == {
        *("approval", "book", "day_scores", "disclosure", "manifest", "mended_receipt"),
        *("opening", "receipt", "results", "scores", "table"),
    }
    assert {key.partition(": ")[0] for key in found if not key.endswith(" (bytes)")} == {
        *("faucet", "receipts/N/MODEL", "versions/v1/version"),
        *(f"rounds/N/{name}" for name in rounds),
        *(f"versions/v1/{name}/manifest" for name in ("live_N", "s0001", "s0002")),
        *(f"versions/v1/{name}/features" for name in ("s0001", "s0002")),
    }
