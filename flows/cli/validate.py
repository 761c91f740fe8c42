"""`erarium validate`: read a submission file as the operator's intake does."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from flows.cli import commands, giving, printing
from flows.cli.giving import Output, keep_apart, write


@commands.command(short_help="Check a submission file against the live ids, as intake does.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--live",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Parquet or CSV file whose column id holds the live ids.",
)
@giving.result(
    "--write",
    "Write the canonical predictions: float64, little-endian, in the order of sorted ids.",
    "out",
)
@giving.json_option
def validate(file: Path, live: Path, out: Path | None, output: Output) -> int:
    """Read FILE, Parquet or CSV with the columns id and prediction, and say what is wrong with it.

    It is read in a child process of bounded memory and time. A file that breaks a rule ends the
    command with one line that says what to mend, and exit code 2.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks.adapters import sandbox
    from tasks.core.errors import SubmissionError
    from tasks.core.protocol import commitments, submissions

    keep_apart()
    ids = _live_ids(live)
    facts = {"ids_hash": commitments.ids_hash(ids).hex(), "n_ids": len(ids)}
    try:
        with sandbox.pool(ids) as pool:
            values = pool.read(file)
    except SubmissionError as error:
        verdict = {"accepted": False, "digest": None, "reason": str(error)}
        output.give(facts | verdict, lambda: None)
        raise
    digest = commitments.content_digest(commitments.ids_hash(ids), values).hex()
    if out is not None:
        write(out, submissions.values_bytes(values))
    line = f"accepted: {len(ids)} predictions, digest {digest}"
    verdict = {"accepted": True, "digest": digest, "reason": None}
    return output.give(facts | verdict, lambda: printing.print_lines([line]))


def _live_ids(live: Path) -> Sequence[str]:
    """Return the ids in a file."""
    from tasks.adapters import column_files
    from tasks.core.errors import DataError

    if "id" not in column_files.column_names(live):
        raise DataError(f"--live {live}: there is no column 'id'")
    ids: Sequence[str] = column_files.read_columns(live, ["id"], [])["id"].to_pylist()
    if len(set(ids)) != len(ids):
        twice = next(name for name, count in Counter(ids).items() if count > 1)
        raise DataError(f"--live {live}: id {twice!r} occurs twice: give the ids of one era")
    return ids
