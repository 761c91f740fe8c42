"""`erarium validate`, as a modeller types it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from flows.cli.validate import validate
from tasks.core.errors import DataError, SubmissionError
from tasks.core.protocol import commitments
from tests import submission_files as files

IDS = files.live_ids()
VALUES = files.predictions()
EXPECTED = VALUES[np.argsort(IDS)]


@pytest.fixture
def live(tmp_path):
    path = tmp_path / "live.parquet"
    parquet.write_table(files.table(IDS, VALUES).rename_columns(["id", "feature_a"]), path)
    return path


def run(*words):
    """Run the command; what it raises on purpose becomes one line in `main`."""
    return CliRunner().invoke(validate, list(map(str, words)))


def test_validate__good_file__writes_its_canonical_form_and_digest(live, tmp_path):
    file, out, facts = tmp_path / "mine.csv", tmp_path / "a" / "mine.f64", tmp_path / "facts.json"
    file.write_bytes(files.csv_bytes(IDS, VALUES))
    digest = commitments.content_digest(commitments.ids_hash(IDS), EXPECTED).hex()

    result = run(file, "--live", live, "--write", out, "--json", facts)

    assert (result.exit_code, result.output) == (0, f"accepted: 50 predictions, digest {digest}\n")
    assert out.read_bytes() == EXPECTED.astype("<f8").tobytes()
    assert json.loads(facts.read_bytes()) == {
        "accepted": True,
        "digest": digest,
        "ids_hash": commitments.ids_hash(IDS).hex(),
        "n_ids": 50,
        "reason": None,
    }


def test_validate__bad_file__says_what_to_mend_and_writes_no_values(live, tmp_path):
    file, out, facts = tmp_path / "mine.csv", tmp_path / "mine.f64", tmp_path / "facts.json"
    file.write_bytes(files.csv_bytes(IDS[1:], VALUES[1:]))

    result = run(file, "--live", live, "--write", out, "--json", facts)

    assert isinstance(result.exception, SubmissionError)
    assert str(result.exception) == f"1 live ids are missing, such as '{IDS[0]}'"
    assert not out.exists()
    assert json.loads(facts.read_bytes())["reason"] == str(result.exception)


def test_validate__live_file_without_ids__is_named(live, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("name\na\n")

    result = run(live, "--live", other)

    assert isinstance(result.exception, DataError)
    assert "there is no column 'id'" in str(result.exception)


def test_validate__live_file_of_several_eras__is_told(live, tmp_path):
    other = tmp_path / "eras.csv"
    other.write_text("id,era\na,1\nb,1\na,2\n")

    result = run(live, "--live", other)

    assert isinstance(result.exception, DataError)
    assert "id 'a' occurs twice: give the ids of one era" in str(result.exception)


def test_validate__out_that_cannot_be_written__says_so(live, tmp_path):
    file = tmp_path / "mine.parquet"
    file.write_bytes(files.parquet_bytes(files.table(IDS, VALUES)))

    result = run(file, "--live", live, "--write", file / "below")

    assert result.exit_code == 2
    assert "cannot be written" in result.output
