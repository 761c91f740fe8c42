"""`erarium verify`: recompute what a home published and compare it with its chain."""

from pathlib import Path

import click

from flows.cli import options


@click.command(short_help="Recompute what a home published and compare with its chain.")
@options.home
@click.option("--round", "round_id", type=click.IntRange(0), help="One round; all if unset.")
@options.json_file
def verify(home: Path | None, round_id: int | None, json_file: Path | None) -> int:
    """Recompute every round from the published files and compare it with the chain.

    Prints one line a check. The chain is started from its saved state if it does not run.
    """
    from tasks import local

    checks = local.verify(options.home_path(home), round_id)
    for check in checks:
        click.echo(check.line())
    failed = [check for check in checks if not check.holds]
    click.echo(f"{len(checks) - len(failed)} of {len(checks)} checks hold")
    if json_file is not None:
        rows = [
            {"round": c.round_id, "name": c.name, "holds": c.holds, "detail": c.detail}
            for c in checks
        ]
        options.write_json(json_file, {"checks": rows, "verified": not failed})
    return 1 if failed else 0
