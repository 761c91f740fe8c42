"""From nothing to an entered round: make a model, copy the data, fit LightGBM, predict, submit.

`python examples/modeller.py --rpc URL --tournament ADDRESS --lake DIR [--name NAME]`: the first
time it makes a model and says what to ask the operator for; from then on it enters the open round.
"""

import argparse
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tasks import modelling
from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tasks.client.owning import Place
from tasks.client.submitting import Wish

MODELS, DATA, TARGET = Path("models"), Path("data"), "20d1l"
PARAMETERS = {"learning_rate": 0.05, "max_depth": 4, "num_threads": 1, "verbosity": -1}


def main() -> None:
    """Do all of it; whatever was done before is not done again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--rpc", "--tournament", "--lake"):
        parser.add_argument(name, required=True)
    parser.add_argument("--name", default="example")
    said = parser.parse_args()
    place = Place(rpc=said.rpc, tournament=said.tournament, lake=said.lake)
    owner = modelling.create(MODELS, said.name, place, None).owner
    modelling.ask_faucet(MODELS, said.name)
    has = modelling.status(MODELS, said.name)
    if not has.tokens + has.free + sum(has.locked.values()):
        raise SystemExit(f"{owner} has no tokens: the operator types `erarium grant {owner}`")
    if has.tokens:
        with modelling.moved(MODELS, said.name, "deposit", "all", None) as done:
            print(f"deposited {done.move.amount} wei")
    view = modelling.look(MODELS, said.name, None)
    copy = modelling.download(view, "latest", DATA, [], lambda *_: None)
    data = Dataset.open(Lake(copy.folder), copy.name)
    # Only eras whose target had ended by the live era: others overlap what is predicted.
    eras = data.training_eras(TARGET, data.live.name)
    features, targets = data.training_rows(TARGET, eras, range(len(data.feature_names)))
    rows = lightgbm.Dataset(features.astype(np.float32), label=targets)
    model = lightgbm.train(PARAMETERS, rows, num_boost_round=200)
    scores = model.predict(data.features(data.live.name).astype(np.float32))
    predictions = (np.argsort(np.argsort(scores)) + 0.5) / scores.size

    file, ids = DATA / f"{copy.name}-{said.name}.parquet", data.ids(data.live.name)
    parquet.write_table(pa.table({"id": ids, "prediction": predictions}), file)
    wish = Wish(round=copy.name.removeprefix("live_"), file=file)
    entered = modelling.submit(MODELS, said.name, wish, None)
    print(f"round {entered.round_id} is entered: {entered.at_risk} wei at risk")


if __name__ == "__main__":
    main()
