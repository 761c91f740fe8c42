"""The reference models: who they are, what they may learn from, and that they learn it."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tasks.core.errors import DataError, HomeError, InputError
from tasks.core.money.units import WAD
from tasks.core.scoring import metrics, ranks
from tasks.modellers import fitting, predicting, roster
from tasks.modellers.predicting import Job
from tests import snapshots

FIRST = 200
SPECS = {spec.name: spec for spec in roster.roster(13, 7)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    for live in (FIRST, FIRST + 1, FIRST + 13):
        snapshots.publish(root, live, n_eras=70 + live - FIRST)
    return root


def make_job(root, folder, name="lgbm-01", live=FIRST, **changes):
    spec = replace(SPECS[name], **changes)
    return Job(spec=spec, lake_root=root, snapshot=f"live_{live}", folder=folder)


def test_roster__thirteen__has_every_kind_and_no_two_alike():
    specs = list(SPECS.values())

    boosted = [spec for spec in specs if spec.kind == "lightgbm"]
    assert [spec.name for spec in specs][:5] == ["linear", "random", "copy", "pair-p", "pair-m"]
    assert [spec.name for spec in boosted] == [f"lgbm-{i:02d}" for i in range(1, 9)]
    assert len({spec.training for spec in boosted}) == len(boosted)
    assert {spec.training.target for spec in boosted} == {"20d1l", "10d1l", "5d1l"}
    assert SPECS["copy"].copies == "lgbm-01"
    assert SPECS["pair-p"].at_risk == SPECS["pair-m"].at_risk == 100 * WAD


@pytest.mark.parametrize("m", [6, 60])
def test_roster__any_size__has_unique_names(m):
    assert len({spec.name for spec in roster.roster(m, 0)}) == m


def test_roster__five__says_why_six():
    with pytest.raises(InputError, match="5 modellers: need at least 6"):
        roster.roster(5, 0)


def test_predict__fitted_models__find_the_signal(root, tmp_path):
    _, _, targets = snapshots.make_era(FIRST, 60, 8)

    found = [
        predicting.predict(make_job(root, tmp_path / name, name)) for name in ("linear", "lgbm-01")
    ]

    assert metrics.corr(np.stack(found), targets["20d1l"]).min() > 0.1


@pytest.mark.parametrize("name", ["linear", "random", "lgbm-02"])
def test_predict__again_elsewhere__gives_the_same_bytes(root, tmp_path, name):
    values = predicting.predict(make_job(root, tmp_path / "a", name))

    assert 0 < values.min() < values.max() < 1
    assert predicting.predict(make_job(root, tmp_path / "b", name)).tobytes() == values.tobytes()


def test_predict__pair__is_ranked_in_opposite_order(root, tmp_path):
    p, mirrored = (
        predicting.predict(make_job(root, tmp_path, name)) for name in ("pair-p", "pair-m")
    )

    assert np.array_equal(ranks.gauss(p[np.newaxis]), -ranks.gauss(mirrored[np.newaxis]))
    assert not np.array_equal(p, predicting.predict(make_job(root, tmp_path, "random")))


def test_predict__chance__follows_seed_and_era(root, tmp_path):
    jobs = [
        make_job(root, tmp_path, "random"),
        make_job(root, tmp_path, "random", seed=8),
        make_job(root, tmp_path, "random", live=FIRST + 1),
    ]

    assert len({predicting.predict(job).tobytes() for job in jobs}) == 3


def test_predict__within_a_block__uses_the_stored_model(root, tmp_path):
    predicting.predict(make_job(root, tmp_path))
    stored = {path: path.read_bytes() for path in (tmp_path / "fitted").iterdir()}

    predicting.predict(make_job(root, tmp_path, live=FIRST + 1))
    predicting.predict(make_job(root, tmp_path, live=FIRST + 13))

    names = sorted(path.name for path in (tmp_path / "fitted").iterdir())
    assert names == ["0200.txt", "0213.txt"]
    assert all(path.read_bytes() == content for path, content in stored.items())


def test_predict__model_lost_within_a_block__is_fitted_again_to_the_same_bytes(root, tmp_path):
    predicting.predict(make_job(root, tmp_path))
    stored = tmp_path / "fitted" / "0200.txt"
    before = stored.read_bytes()
    stored.unlink()

    # A later snapshot knows more; the block's model must not.
    predicting.predict(make_job(root, tmp_path, live=FIRST + 1))

    assert stored.read_bytes() == before


def test_fitted__any_model__learns_only_from_targets_that_had_ended(root, tmp_path):
    dataset = Dataset.open(Lake(root), f"live_{FIRST}")
    seen = []

    def fit(features, targets):
        seen.append(len(targets))
        return b"model"

    for name in ("lgbm-01", "lgbm-02", "lgbm-03"):
        fitting.fitted(SPECS[name], dataset, tmp_path / name, fit)

    # 70 eras before the first; the last four, two or one had not ended, and a window cuts.
    windows = [SPECS[f"lgbm-0{i}"].training.window or 999 for i in (1, 2, 3)]
    ended = [66, 68, 69]
    assert seen == [60 * min(n, w) for n, w in zip(ended, windows, strict=True)]


def test_fitted__too_few_eras__says_how_many_are_needed(tmp_path):
    name = snapshots.publish(tmp_path / "lake", 100, n_eras=30)

    with pytest.raises(DataError, match=r"lgbm-01 needs 52 eras .* there are 26"):
        predicting.predict(
            Job(
                spec=SPECS["lgbm-01"],
                lake_root=tmp_path / "lake",
                snapshot=name,
                folder=tmp_path / "model",
            )
        )


def test_fitted__damaged_walk__says_what_to_remove(root, tmp_path):
    (tmp_path / "walk.json").write_text("{}")

    with pytest.raises(HomeError, match="is damaged: remove it"):
        predicting.predict(make_job(root, tmp_path))


def test_chosen_features__shares__differ_by_model_and_keep_their_size():
    names = [f"feature_{i}" for i in range(40)]

    chosen = {name: tuple(fitting.chosen_features(SPECS[name], names)) for name in SPECS}

    assert chosen["lgbm-01"] == tuple(range(40))
    assert len(chosen["lgbm-02"]) == 28
    assert len({chosen[f"lgbm-0{i}"] for i in (2, 3, 4, 5, 7, 8)}) == 6


def test_block_start__thirteen_eras__share_a_model():
    assert [fitting.block_start(era, 200) for era in (200, 212, 213, 226)] == [200, 200, 213, 226]
