"""What numerai-tools' `scoring` refuses, and that ours refuses it with the same message."""

import numpy as np
import pandas as pd
import pytest
from numerai_tools import scoring as oracle

from tasks.numerai_compat import scoring
from tests import pandas_cases
from tests.pandas_cases import outcome


def unsorted(data):
    return data.iloc[::-1]


def holed(data):
    data = data.copy()
    data.iloc[4] = np.nan
    return data


E = pandas_cases.make_whole()
SERIES = E.predictions.iloc[:, 0]
REFUSED = [
    ("filter_sort_index", E.predictions, E.targets.iloc[:20]),
    ("filter_sort_index", E.predictions.iloc[:20], E.targets),
    ("filter_sort_index", E.predictions.iloc[1:], E.targets, 0.01),
    ("filter_sort_index_many", []),
    ("filter_sort_index_many", [E.predictions, E.targets.iloc[:20]]),
    ("filter_sort_index_many", [E.predictions.iloc[:20], E.targets, E.meta_model]),
    ("rank", unsorted(E.predictions)),
    ("rank_series", unsorted(SERIES)),
    ("tie_kept_rank", unsorted(E.predictions)),
    ("tie_broken_rank", unsorted(E.predictions)),
    ("gaussian", unsorted(E.predictions)),
    ("power", unsorted(E.predictions), 1.5),
    ("power", holed(E.predictions), 1.5),
    ("power", E.predictions.rank(), 9.0),
    ("validate_indices", E.targets, unsorted(SERIES)),
    ("validate_indices", unsorted(E.targets), unsorted(SERIES)),
    ("validate_indices", holed(E.targets), SERIES),
    ("validate_indices", E.targets, holed(SERIES)),
    ("validate_indices", E.targets, SERIES.iloc[1:]),
    ("correlation", E.targets, holed(SERIES)),
    ("pearson_correlation", unsorted(E.targets), SERIES),
    ("spearman_correlation", holed(E.targets), SERIES),
    ("tie_broken_rank_correlation", E.targets, unsorted(SERIES)),
    ("neutralize", holed(E.predictions), E.neutralizers),
    ("neutralize", E.predictions, holed(E.neutralizers)),
    ("neutralize", E.predictions, unsorted(E.neutralizers)),
    ("neutralize", E.predictions, E.neutralizers.iloc[1:]),
    ("tie_kept_rank__gaussianize__pow_1_5", holed(E.predictions)),
    ("tie_kept_rank__gaussianize__pow_1_5", unsorted(E.predictions)),
    ("tie_kept_rank__gaussianize__pow_1_5", E.predictions.iloc[:1]),
    (
        "tie_kept_rank__gaussianize__neutralize__variance_normalize",
        holed(E.predictions),
        E.neutralizers,
    ),
    ("numerai_corr", E.predictions, E.targets.iloc[:20]),
    ("numerai_corr", pd.concat([E.predictions, E.predictions.iloc[:2]]), E.targets),
    ("numerai_corr", E.predictions, E.targets.iloc[6:], 0.1),
    ("correlation_contribution", E.predictions, E.meta_model.iloc[:20], E.targets),
    ("correlation_contribution", E.predictions.iloc[:20], E.meta_model, E.targets),
    ("neutral_correlation", E.predictions, holed(E.neutralizers).iloc[:20], E.targets),
    ("neutral_contribution", E.predictions, E.meta_model, E.neutralizers.iloc[:20], E.targets),
    ("feature_neutral_corr", holed(E.predictions), E.neutralizers, E.targets),
    ("feature_neutral_corr", unsorted(E.predictions), unsorted(E.neutralizers), E.targets),
    ("feature_neutral_corr", E.predictions, holed(E.neutralizers), E.targets),
    ("feature_neutral_corr", E.predictions, E.neutralizers.iloc[1:], E.targets),
    ("feature_neutral_corr", E.predictions, E.neutralizers, E.targets.iloc[:20]),
    ("max_feature_correlation", holed(SERIES), E.neutralizers),
    ("max_feature_correlation", SERIES, holed(E.neutralizers)),
    ("max_feature_correlation", SERIES, unsorted(E.neutralizers)),
    ("generate_neutralized_weights", holed(E.predictions), E.neutralizers, E.sample_weights),
    ("generate_neutralized_weights", E.predictions, holed(E.neutralizers), E.sample_weights),
    ("generate_neutralized_weights", E.predictions, E.neutralizers, holed(E.sample_weights)),
    ("generate_neutralized_weights", E.predictions, E.neutralizers, E.sample_weights.iloc[:20]),
    ("generate_neutralized_weights", unsorted(E.predictions), E.neutralizers, E.sample_weights),
    ("alpha", E.predictions, E.neutralizers, E.sample_weights, E.targets.iloc[:20]),
    *(
        (
            "meta_portfolio_contribution",
            E.predictions,
            stakes,
            E.neutralizers,
            E.sample_weights,
            E.targets,
        )
        for stakes in (E.stakes * 0, E.stakes * [1, -1, 1], E.stakes * np.nan)
    ),
]


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: call[0])
def test_scoring__bad_input__raises_with_the_oracles_message(call):
    name, *arguments = call

    theirs = outcome(getattr(oracle, name), *arguments)
    ours = outcome(getattr(scoring, name), *arguments)

    assert ours == theirs
    assert ours.startswith("AssertionError: ")
