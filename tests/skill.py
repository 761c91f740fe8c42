"""One simulated season, scored by stages without chain and Prefect, for the tests of skill."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.executors import SerialExecutor
from tasks.adapters.lake import Lake
from tasks.core.money import payouts
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.core.rules import Economy, ScoringRule
from tasks.core.scoring import meta_model, metrics
from tasks.modellers import predicting, roster
from tasks.modellers.predicting import Job
from tasks.stages import dataset, ingest, publishing, replay
from tasks.stages.requests import Request

NAMES = ("linear", "lgbm-01", "lgbm-02", "random")
"""The four models; the last one knows nothing."""


@dataclass(frozen=True, kw_only=True)
class Season:
    """CORR and return a round: of the models, in the order of NAMES, and of the meta-model."""

    corr: NDArray[np.float64]
    returns: NDArray[np.float64]
    meta_corr: NDArray[np.float64]


def season(request: Request) -> Season:
    """Play the rounds of a request: data, predictions, scores, blend and returns."""
    with tempfile.TemporaryDirectory() as folder:
        lake, vault = Lake(Path(folder) / "lake"), Lake(Path(folder) / "vault")
        ingest.ingest(vault, lake, request, SerialExecutor(), b"k" * 32)
        rounds = replay.choose_rounds(dataset.newest(vault), request.rounds)
        outcomes = [_round(lake, vault, Path(folder), request, number) for number in rounds]
    corr, returns, meta = (np.array(part) for part in zip(*outcomes, strict=True))
    return Season(corr=corr, returns=returns, meta_corr=meta)


def _round(
    lake: Lake, vault: Lake, folder: Path, request: Request, round_id: RoundId
) -> tuple[list[float], list[float], float]:
    name, era = places.live_snapshot(round_id), dataset.era_of(round_id)
    publishing.publish_snapshot(lake, vault, name, as_of_era=era, live_era=era)
    specs = {spec.name: spec for spec in roster.roster(request.modellers, request.seed)}
    predictions = np.stack(
        [
            predicting.predict(
                Job(
                    spec=specs[model],
                    lake_root=lake.root,
                    snapshot=name,
                    folder=folder / model,
                )
            )
            for model in NAMES
        ]
    )
    entry = dataset.era_entry(vault, round_id)
    table = tables.read_table(vault.read(entry.object))
    target = table["target_20d1l"].to_numpy().astype(np.float64)
    weights = meta_model.equal_weights(len(NAMES))
    blend = meta_model.finish(meta_model.partial(predictions, weights))
    references = {"meta_model": blend, "benchmark": table["benchmark"].to_numpy()}
    scores = metrics.score_rows(predictions, target, references)
    rule = dict(ScoringRule().multipliers_nano)
    returns = [
        payouts.return_nano([rule["corr"], rule["bmc"]], [corr, bmc], Economy().clip_nano) / 1e9
        for corr, _, bmc in scores.tolist()
    ]
    return list(scores[:, 0] / 1e9), returns, float(metrics.corr(blend[np.newaxis], target)[0])
