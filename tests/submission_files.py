"""Submission files for the tests of intake: good ones, and one for each way to be bad."""

import io

import numpy as np
import pyarrow as pa
from pyarrow import parquet

N_IDS = 50


def live_ids(n_ids=N_IDS, seed=1):
    """Return ids as a home makes them, in no order."""
    rng = np.random.default_rng(seed)
    return ["n" + rng.bytes(8).hex()[:15] for _ in range(n_ids)]


def predictions(n_ids=N_IDS, seed=2):
    """Return a prediction for each id."""
    return np.random.default_rng(seed).random(n_ids)


def table(ids, values):
    """Return the two columns."""
    return pa.table({"id": pa.array(ids, pa.string()), "prediction": values})


def parquet_bytes(content, **options):
    """Return a table as a Parquet file."""
    sink = io.BytesIO()
    parquet.write_table(content, sink, **options)
    return sink.getvalue()


def csv_bytes(ids, values, header="id,prediction", end="\n"):
    """Return ids and predictions (numbers or text) as a CSV file."""
    rows = [f"{name},{value}" for name, value in zip(ids, values, strict=True)]
    return (end.join([header, *rows]) + end).encode()


def memory_bomb(ids, unpacked_bytes):
    """Return a small Parquet file of honest length whose ids unpack to very much."""
    name = "a" * (unpacked_bytes // len(ids))
    column = pa.DictionaryArray.from_arrays(np.zeros(len(ids), np.int8), [name])
    content = pa.table({"id": column, "prediction": predictions(len(ids))})
    return parquet_bytes(content, compression="zstd", write_statistics=False, store_schema=False)


def row_bomb(n_rows):
    """Return a small Parquet file of very many equal rows."""
    column = pa.DictionaryArray.from_arrays(np.zeros(n_rows, np.int8), ["a"])
    content = pa.table({"id": column, "prediction": np.zeros(n_rows, np.float32)})
    return parquet_bytes(content, compression="zstd", store_schema=False)
