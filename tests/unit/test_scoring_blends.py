"""The meta-model and the blends beside it, in batches, and exact duplicates."""

import numpy as np
import pandas as pd
import pytest
from numerai_tools import scoring as oracle

from tasks.adapters import executors, matrices
from tasks.core.errors import LakeError, SubmissionError
from tasks.core.money.units import WAD, Wei
from tasks.core.scoring import duplicates, meta_model, metrics, ranks
from tasks.stages import scoring


def make_matrix(tmp_path, n_models=1100, n_ids=40):
    matrix = np.random.default_rng(0).random((n_models, n_ids))
    path = tmp_path / "matrix.npy"
    np.save(path, matrix)
    return path, matrix


def test_stake_weights__wei_beyond_a_floats_digits__are_the_nearest_quotients():
    stakes = [Wei(10**26 + 1), Wei(1), Wei(0), Wei(3 * 10**25)]

    weights = meta_model.stake_weights(stakes)

    assert weights.tolist() == [stake / sum(stakes) for stake in stakes]


@pytest.mark.parametrize(
    ("stakes", "message"),
    [([0, 0], "total stake is zero"), ([5, -1], "negative: -1"), ([], "zero")],
)
def test_stake_weights__nothing_to_share__is_refused(stakes, message):
    with pytest.raises(SubmissionError, match=message):
        meta_model.stake_weights(stakes)


def test_score_weights__past_scores__are_floored_at_zero():
    weights = meta_model.score_weights(np.array([0.03, -0.5, np.nan, 0.01]))

    assert weights.tolist() == [0.75, 0.0, 0.0, 0.25]


def test_score_weights__none_positive__are_equal():
    assert meta_model.score_weights(np.array([-0.1, 0.0, np.nan, -1])).tolist() == [0.25] * 4


def test_best__ties_and_missing__takes_the_first_highest():
    assert meta_model.best(np.array([np.nan, 0.01, 0.02, 0.02])) == 2
    assert meta_model.best(np.array([np.nan, np.nan])) is None


def test_effective_stakers__one_of_three_holds_half__is_below_three():
    assert meta_model.effective_stakers(np.array([0.5, 0.25, 0.25])) == pytest.approx(8 / 3)


def test_blend_matrix__stakes__orders_ids_as_the_oracle_does(tmp_path):
    path, matrix = make_matrix(tmp_path, n_models=30)
    weights = meta_model.stake_weights([Wei(i * WAD) for i in range(30)])

    blend = scoring.blend_matrix(executors.SerialExecutor(), path, weights, key="blend")

    mean = oracle.stake_weight(pd.DataFrame(ranks.gauss(matrix).T), pd.Series(weights))
    expected = oracle.tie_kept_rank(mean).to_numpy()
    assert np.allclose(blend, expected, rtol=0, atol=1e-12)


def test_finish__neutralisers__takes_their_part_out_as_the_oracle_does():
    rng = np.random.default_rng(2)
    rows, weights = rng.random((20, 300)), rng.random(20)
    neutralizers = rng.standard_normal((12, 300))

    blend = meta_model.finish(meta_model.partial(rows, weights), neutralizers)

    total = pd.DataFrame(ranks.gauss(rows).T) @ weights
    rest = oracle.neutralize(total.to_frame(), pd.DataFrame(neutralizers.T))[0]
    assert np.allclose(blend, oracle.tie_kept_rank(rest), rtol=0, atol=1e-12)


def test_finish__pair_of_equal_stakes__is_one_half_everywhere():
    p = ranks.ranked(np.random.default_rng(1).normal(size=101))
    rows = np.stack([p, p, 1 - p])
    weights = np.array([0.1, 0.3, 0.4])

    blend = meta_model.finish(meta_model.partial(rows, weights))

    assert (blend == 0.5).all()


def test_partial__row_without_weight__leaves_no_trace():
    rows = np.random.default_rng(2).random((3, 20))
    changed = rows.copy()
    changed[1] = 0.5

    weights = np.array([0.4, 0.0, 0.6])

    assert np.array_equal(meta_model.partial(rows, weights), meta_model.partial(changed, weights))


@pytest.mark.parametrize("weights", [[1.0], [0.5, -0.5], [0.5, np.nan]])
def test_partial__weights_that_do_not_fit__are_refused(weights):
    with pytest.raises(SubmissionError, match="weight"):
        meta_model.partial(np.random.default_rng(3).random((2, 9)), np.array(weights))


def test_stake_weighted_mmc__over_the_meta_models_own_book__sums_to_nearly_zero():
    rng = np.random.default_rng(4)
    signal = rng.normal(size=1000)
    rows = np.stack([ranks.ranked(signal + 3 * rng.normal(size=1000)) for _ in range(40)])
    weights = meta_model.stake_weights([Wei(int(x)) for x in rng.integers(1, 10**9, 40)])
    targets = np.round(4 * ranks.ranked(signal + 9 * rng.normal(size=1000))) / 4

    blend = meta_model.finish(meta_model.partial(rows, weights))

    mmc = metrics.contribution(rows, blend, targets)
    assert abs((weights * mmc).sum()) < 1e-3 < np.abs(mmc).max()


def test_median__one_of_three_far_off__is_not_moved():
    p = ranks.ranked(np.random.default_rng(5).normal(size=50))

    assert np.array_equal(meta_model.median(np.stack([p, p, 1 - p])), p)


def test_score_matrix__three_batches__equals_the_whole_at_once(tmp_path):
    path, matrix = make_matrix(tmp_path)
    rng = np.random.default_rng(6)
    references = {"meta_model": rng.random(40), "benchmark": rng.random(40)}
    context = (rng.integers(0, 5, 40) / 4, references)

    scores = scoring.score_matrix(executors.SerialExecutor(), path, *context, key="score")

    assert np.array_equal(scores, metrics.score_rows(matrix, *context))


def test_score_matrix__no_rows__gives_no_scores(tmp_path):
    path, _ = make_matrix(tmp_path, n_models=0)

    scores = scoring.score_matrix(executors.SerialExecutor(), path, np.zeros(40), {}, key="score")

    assert scores.shape == (0, 3)


@pytest.mark.parametrize("content", [b"not a matrix", b""])
def test_open_matrix__another_file__is_refused(tmp_path, content):
    (tmp_path / "matrix.npy").write_bytes(content)

    with pytest.raises(LakeError, match="not a matrix of submissions"):
        matrices.open_matrix(tmp_path / "matrix.npy")


def test_open_matrix__single_precision__is_refused(tmp_path):
    np.save(tmp_path / "matrix.npy", np.zeros((2, 3), np.float32))

    with pytest.raises(LakeError, match="not a float64 matrix"):
        matrices.open_matrix(tmp_path / "matrix.npy")


def test_earlier_models__copies_across_batches__name_the_first_commitment():
    rng = np.random.default_rng(7)
    rows = rng.random((1100, 50))
    rows[3] = rows[700]
    rows[1050] = rows[700] ** 3  # the same ranks are the same submission
    digests = [str(i) for i in range(1100)]
    digests[20] = digests[10]
    precedence = [(100 + i // 7, i % 7) for i in range(1100)]
    precedence[700] = (1, 0)

    found = duplicates.earlier_models(rows, digests, precedence)

    assert found == {3: 700, 1050: 700, 20: 10}


def test_earlier_models__one_swap_and_a_mirror_image__are_not_duplicates():
    rng = np.random.default_rng(8)
    p = ranks.ranked(rng.normal(size=3000))
    swapped = p.copy()
    middle = np.argsort(p)[1500:1502]
    swapped[middle] = p[middle[::-1]]
    constant = np.full(3000, 0.5)

    found = duplicates.earlier_models(
        np.stack([p, swapped, 1 - p, constant, constant]), list("abcde"), [(i, 0) for i in range(5)]
    )

    assert found == {}


def test_earlier_models__equal_digests_of_other_ranks__are_compared_in_full():
    rows, context = np.random.default_rng(9).random((2, 30)), (["a", "b"], [(0, 0), (0, 1)])

    assert duplicates.earlier_models(rows, *context, of_ranks=[b"same", b"same"]) == {}
    assert duplicates.earlier_models(rows[[0, 0]], *context, of_ranks=[b"same", b"same"]) == {1: 0}


def test_earlier_models__a_digest_short__is_refused():
    with pytest.raises(SubmissionError, match="2 rows, 1 digests"):
        duplicates.earlier_models(np.ones((2, 3)), ["a"], [(0, 0), (0, 1)])


def test_earlier_models__copies_of_copies_and_equal_commitments__name_the_first_row():
    p = np.random.default_rng(9).random(40)
    rows = np.stack([2 * p, p, p**3, p])

    found = duplicates.earlier_models(rows, list("abca"), [(5, 0), (5, 0), (1, 1), (9, 0)])

    assert found == {0: 2, 1: 2, 3: 2}


def test_earlier_models__memory_mapped_matrix__is_read_as_any_other(tmp_path):
    path, matrix = make_matrix(tmp_path)
    matrix[1099] = matrix[0]
    np.save(path, matrix)
    context = list(map(str, range(1100))), [(i, 0) for i in range(1100)]

    assert duplicates.earlier_models(np.load(path, mmap_mode="r"), *context) == {1099: 0}
