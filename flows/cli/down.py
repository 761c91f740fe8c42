"""`erarium down`: stop a live home."""

from pathlib import Path

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output


@commands.command(short_help="Stop a live home's processes, and no others.")
@options.home
@giving.json_option
def down(home: Path | None, output: Output) -> int:
    """Stop a live home's processes: worker, intake, chain, Prefect's server.

    A step that is under way is cut off, which harms nothing; the chain saves its state. Typed
    again it does nothing.
    """
    from tasks import service

    stopped = service.down(options.settings(home))
    lines = [f"{name}: stopped" for name in stopped] or ["nothing was running"]
    return output.give({"stopped": stopped}, lambda: printing.print_lines(lines))
