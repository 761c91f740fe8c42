"""numerai-tools' `signals`: how much a submission moves from one era to the next."""

from statistics import fmean

import numpy as np
import pandas as pd

from tasks.core.scoring import stability
from tasks.numerai_compat import frames, scoring, submissions

_FEW_IDS = "does not have enough overlapping ids"
_MOST_CHURN = 2


def churn(s1: pd.Series, s2: pd.Series, top_bottom: int | None = None) -> float:
    """Return 1 - the rank correlation, or the share that is new among the ends."""
    if top_bottom is not None and top_bottom > 0:
        return _new_at_the_ends(s1, s2, top_bottom)
    s1, s2 = scoring.filter_sort_index(s1, s2)
    frames.require(s1.std() > 0, "s1 must have non-zero standard deviation")
    frames.require(s2.std() > 0, "s2 must have non-zero standard deviation")
    scoring.validate_indices(s1, s2)
    churned: float = stability.churn(frames.rows(s1), frames.rows(s2))[0]
    return churned


def neutral_churn(
    s1: pd.Series, s2: pd.Series, neutralizers1: pd.DataFrame, neutralizers2: pd.DataFrame
) -> float:
    """Return the churn of what each era's neutralizers leave of the gaussianised ranks."""
    return churn(_neutralize_signal(s1, neutralizers1), _neutralize_signal(s2, neutralizers2))


def neutral_churn_penalty(
    neutral_churn: float, threshold: float = 0.1, scaling_factor: float = 10.0
) -> float:
    """Return the share of a positive payout that is left after a neutral churn."""
    for name, value in (("neutral_churn", neutral_churn), ("threshold", threshold)):
        frames.require(0 <= value <= _MOST_CHURN, f"{name} must be finite and between 0 and 2")
    frames.require(
        np.isfinite(scaling_factor) and scaling_factor > 0,
        "scaling_factor must be finite and positive",
    )
    return float(stability.neutral_churn_penalty(neutral_churn, threshold, scaling_factor))


def turnover(s1: pd.Series, s2: pd.Series) -> float:
    """Return half of the sum of the absolute changes of the weights that both have."""
    s1, s2 = scoring.filter_sort_index(s1, s2)
    turned: float = (s1 - s2).abs().sum() / 2
    return turned


def calculate_mean_neutral_churn(
    curr_sub: pd.Series,
    curr_neutralizer: pd.DataFrame,
    curr_sample_weight: pd.Series,
    prev_subs: dict[str, pd.Series],
    prev_neutralizers: dict[str, pd.DataFrame],
    prev_sample_weights: dict[str, pd.Series],
) -> float:
    """Return the mean neutral churn against earlier submissions, 1 if none can be compared."""
    id_column, column, current = _clean_signal_submission(curr_sub, curr_sample_weight)
    left = _neutralize_signal(current, curr_neutralizer)
    frames.require(
        left.std() > 0, "curr_sub must have non-zero standard deviation after neutralization"
    )
    churns = []
    for date, submission in prev_subs.items():
        _, _, earlier = _clean_signal_submission(
            submission, prev_sample_weights[date], id_column, column
        )
        left_before = _neutralize_signal(earlier, prev_neutralizers[date])
        try:
            churns.append(churn(left, left_before))
        except AssertionError:
            continue
    return fmean(churns) if churns else 1.0


def calculate_max_churn_and_turnover(
    curr_sub: pd.Series,
    curr_neutralizer: pd.DataFrame,
    curr_sample_weight: pd.Series,
    prev_subs: dict[str, pd.Series],
    prev_neutralizers: dict[str, pd.DataFrame],
    prev_sample_weights: dict[str, pd.Series],
) -> tuple[float, float]:
    """Return the highest churn and turnover against earlier submissions, 1 where there is none.

    An earlier submission that shares too few ids with the current one is left out.
    """
    id_column, column, current = _clean_signal_submission(curr_sub, curr_sample_weight)
    weights = _unit_weights(current, curr_neutralizer, curr_sample_weight)
    churns, turnovers = [], []
    for date, submission in prev_subs.items():
        sample_weight = prev_sample_weights[date]
        _, _, earlier = _clean_signal_submission(submission, sample_weight, id_column, column)
        earlier_weights = _unit_weights(earlier, prev_neutralizers[date], sample_weight)
        try:
            pair = abs(churn(current, earlier)), abs(turnover(weights, earlier_weights))
        except AssertionError as refusal:
            if _FEW_IDS not in str(refusal):
                raise
            continue
        churns.append(pair[0])
        turnovers.append(pair[1])
    return max(churns, default=1.0), max(turnovers, default=1.0)


def _new_at_the_ends(s1: pd.Series, s2: pd.Series, top_bottom: int) -> float:
    """Return the share of ids that one series has among its ends and the other has not."""
    stayed = 0.0
    ends, others = (scoring.filter_sort_top_bottom(s, top_bottom) for s in (s1, s2))
    for end, other in zip(ends, others, strict=True):
        stayed += len(end.index.intersection(other.index)) / top_bottom
    return 1 - stayed / 2


def _neutralize_signal(signal: pd.Series, neutralizers: pd.DataFrame) -> pd.Series:
    """Return what neutralizers leave of a series' gaussianised ranks."""
    signal, neutralizers = scoring.filter_sort_index(signal, neutralizers)
    quantiles = scoring.gaussian(scoring.tie_kept_rank(signal.to_frame()))
    return scoring.neutralize(quantiles, neutralizers).iloc[:, 0]


def _clean_signal_submission(
    submission: pd.Series,
    sample_weight: pd.Series,
    dst_id_col: str | None = None,
    dst_signal_col: str | None = None,
) -> tuple[str, str, pd.Series]:
    """Return the columns of ids and signals, and the signals over the whole universe."""
    universe = sample_weight.index.to_frame()
    id_column, column, _, valid, _ = submissions.validate_submission_signals(
        universe=universe, submission=submission.reset_index()
    )
    cleaned = submissions.clean_submission(
        universe=universe,
        submission=valid,
        src_id_col=id_column,
        src_signal_col=column,
        dst_id_col=dst_id_col,
        dst_signal_col=dst_signal_col,
        rank_and_fill=True,
    )
    return id_column, column, cleaned


def _unit_weights(
    signal: pd.Series, neutralizers: pd.DataFrame, sample_weights: pd.Series
) -> pd.Series:
    """Return a series' neutral weights, centred and with an absolute sum of 1."""
    weights = scoring.generate_neutralized_weights(
        signal.to_frame(), neutralizers, sample_weights, center_and_normalize=True
    )
    return weights.iloc[:, 0]
