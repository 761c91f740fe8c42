"""numerai-tools' `submissions`: is a frame a submission, and which ids does it cover?

As there, the columns that a submission need not have are dropped from the caller's own frame.
"""

import logging

import numpy as np
import pandas as pd

from tasks.numerai_compat import frames, scoring

NUMERAI_ALLOWED_ID_COLS = ["id"]
NUMERAI_ALLOWED_PRED_COLS = ["prediction", "probability"]

SIGNALS_ALLOWED_ID_COLS = [
    "ticker",
    "sedol",
    "bloomberg_ticker",
    "composite_figi",
    "numerai_ticker",
]
SIGNALS_ALLOWED_PRED_COLS = ["prediction", "signal"]
SIGNALS_ALLOWED_DATE_COLS = ["friday_date", "date"]
SIGNALS_MIN_TICKERS = 100

CRYPTO_ALLOWED_ID_COLS = ["symbol"]
CRYPTO_ALLOWED_PRED_COLS = ["prediction", "signal"]
CRYPTO_MIN_TICKERS = 100

logger = logging.getLogger(__name__)


def validate_headers_numerai(submission: pd.DataFrame) -> tuple[str, str]:
    """Return the columns of ids and predictions."""
    return _validate_headers(submission, NUMERAI_ALLOWED_ID_COLS, NUMERAI_ALLOWED_PRED_COLS)


def validate_headers_signals(
    submission: pd.DataFrame, assert_date_col: bool = False
) -> tuple[str, str, str | None]:
    """Return the columns of ids, signals and dates; the dates' one is dropped unless asked for."""
    date_column = next((c for c in submission.columns if c in SIGNALS_ALLOWED_DATE_COLS), None)
    dates = None if date_column is None else submission.pop(date_column)
    if assert_date_col:
        frames.require(
            date_column is not None,
            "invalid_submission_headers: submission must contain a date column",
        )
    id_column, column = _validate_headers(
        submission, SIGNALS_ALLOWED_ID_COLS, SIGNALS_ALLOWED_PRED_COLS
    )
    if assert_date_col:
        submission[date_column] = dates
    return id_column, column, date_column


def validate_headers_crypto(submission: pd.DataFrame) -> tuple[str, str]:
    """Return the columns of ids and predictions."""
    return _validate_headers(submission, CRYPTO_ALLOWED_ID_COLS, CRYPTO_ALLOWED_PRED_COLS)


def validate_values(submission: pd.DataFrame, prediction_col: str) -> None:
    """Raise unless the predictions are numbers from 0 to 1 that are not all the same."""
    values = submission[prediction_col]
    frames.require(
        not values.isna().any(), "invalid_submission_values: submission must not contain NaNs"
    )
    floor = values.ge(0).all() or np.isclose(values.min(), 0)
    ceiling = values.le(1).all() or np.isclose(values.max(), 1)
    frames.require(
        floor and ceiling, "invalid_submission_values: values must be between 0 and 1 exclusive"
    )
    frames.require(
        not np.isclose(0, values.std()),
        "invalid_submission_values: submission must have non-zero standard deviation",
    )


def validate_ids_numerai(
    live_ids: pd.Series, submission: pd.DataFrame, id_col: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of live ids, sorted, and the other ids; every live id must be there."""
    return _validate_ids(live_ids, submission, id_col, len(live_ids))


def validate_ids_signals(
    live_ids: pd.Series, submission: pd.DataFrame, id_col: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of live ids, sorted, and the other ids."""
    return _validate_ids(live_ids, submission, id_col, SIGNALS_MIN_TICKERS)


def validate_ids_crypto(
    live_ids: pd.Series, submission: pd.DataFrame, id_col: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of live ids, sorted, and the other ids."""
    return _validate_ids(live_ids, submission, id_col, CRYPTO_MIN_TICKERS)


def validate_submission_numerai(
    universe: pd.Series, submission: pd.DataFrame
) -> tuple[str, str, pd.DataFrame, list[str]]:
    """Return the columns of ids and predictions, the rows of live ids and the other ids."""
    id_column, column = validate_headers_numerai(submission)
    rows, others = validate_ids_numerai(universe, submission, id_column)
    validate_values(rows, column)
    return id_column, column, rows, others


def validate_submission_signals(
    universe: pd.DataFrame, submission: pd.DataFrame, assert_date_col: bool = False
) -> tuple[str, str, str | None, pd.DataFrame, list[str]]:
    """Return the columns of ids, signals and dates, the rows of live ids and the other ids."""
    if "data_type" in submission.columns:
        logger.warning(
            "data_type column found in Signals submission. It is deprecated: leave it out."
        )
        del submission["data_type"]
    id_column, column, date_column = validate_headers_signals(submission, assert_date_col)
    rows, others = validate_ids_signals(universe[id_column], submission, id_column)
    validate_values(rows, column)
    return id_column, column, date_column, rows, others


def validate_submission_crypto(
    universe: pd.DataFrame, submission: pd.DataFrame
) -> tuple[str, str, pd.DataFrame, list[str]]:
    """Return the columns of ids and predictions, the rows of live ids and the other ids."""
    id_column, column = validate_headers_crypto(submission)
    rows, others = validate_ids_crypto(universe[id_column], submission, id_column)
    validate_values(rows, column)
    return id_column, column, rows, others


def remap_ids(
    data: pd.DataFrame, ticker_map: pd.DataFrame, src_id_col: str, dst_id_col: str
) -> pd.DataFrame:
    """Return the data of every id in a map under the id that it is mapped to, sorted by that."""
    values = data.set_index(src_id_col)
    joined = ticker_map.set_index(src_id_col, drop=False).join(values)
    columns = [dst_id_col, *values.columns]
    return joined[columns].reset_index(drop=True).sort_values(dst_id_col)


def clean_submission(
    universe: pd.DataFrame,
    submission: pd.DataFrame,
    src_id_col: str,
    src_signal_col: str,
    dst_id_col: str | None = None,
    dst_signal_col: str | None = None,
    rank_and_fill: bool = False,
) -> pd.Series:
    """Return one signal for every id of the universe, NaN or, ranked, 1/2 where there was none.

    Args:
        universe: the ids, and those that they are mapped to.
        submission: one row an id.
        src_id_col: the column of ids in both.
        src_signal_col: the column of signals in the submission.
        dst_id_col: the universe's column to map to; the same one if None.
        dst_signal_col: the name of the result; as in the submission if None.
        rank_and_fill: whether to rank, and to fill what is missing.
    """
    frames.require(len(universe) > 0, "universe must not be empty")
    frames.require(len(submission) > 0, "predictions must not be empty")
    dst_id_col = src_id_col if dst_id_col is None else dst_id_col
    name = src_signal_col if dst_signal_col is None else dst_signal_col
    mapped = remap_ids(submission, universe, src_id_col, dst_id_col)
    unique = mapped[mapped[dst_id_col].notna()].drop_duplicates(dst_id_col)
    signals = unique.set_index(dst_id_col)[src_signal_col].rename(name).sort_index()
    return scoring.tie_kept_rank(signals).fillna(0.5) if rank_and_fill else signals


def _validate_headers(
    submission: pd.DataFrame, expected_id_cols: list[str], expected_pred_cols: list[str]
) -> tuple[str, str]:
    """Return the two columns that a submission has, each of them an expected one."""
    columns = list(submission.columns)
    frames.require(
        len(columns) == 2 and columns[0] in expected_id_cols and columns[1] in expected_pred_cols,
        "invalid_submission_headers: headers must be one of"
        f" {expected_id_cols} and one of {expected_pred_cols}",
    )
    return columns[0], columns[1]


def _validate_ids(
    live_ids: pd.Series, submission: pd.DataFrame, id_col: str, min_tickers: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of live ids, sorted by them as text, and the other ids."""
    frames.require(
        not submission[id_col].isna().any(),
        f"invalid_submission_ids: Submission must not contain NaNs in the {id_col} column.",
    )
    ids = submission[id_col].astype(str)
    live = ids.isin(live_ids.astype(str))
    frames.require(
        not ids[live].duplicated().any(),
        f"invalid_submission_ids: Duplicates detected in {id_col} for live period.",
    )
    frames.require(
        live.sum() >= min_tickers,
        "invalid_submission_ids: Not enough stocks submitted."
        " Are you using the latest live ids or live universe?",
    )
    rows = submission.assign(**{id_col: ids})[live].sort_values(id_col)
    return rows, ids[~live].unique().tolist()
