"""How commands give what was done to rounds."""

from typing import TYPE_CHECKING

from flows.cli import printing
from flows.cli.giving import Output
from tasks.core.errors import ExitCode

if TYPE_CHECKING:
    from tasks.operating import Outcome


def give(outcome: "Outcome", output: Output) -> ExitCode:
    """Give what was done, where the rounds stand and what needs a person, a line each.

    Returns:
        The exit code: that of a failure if something needs a person.
    """
    document = {
        "acts": [act.document() for act in outcome.acts],
        "faults": [{"message": fault.message, "round": fault.round_id} for fault in outcome.faults],
        "rounds": [state.document() for state in outcome.states],
    }
    lines = [act.line() for act in outcome.acts]
    if not (outcome.acts or outcome.faults):
        lines.append("nothing was left to do")
    lines += [state.line() for state in outcome.states]
    lines += [f"FAIL {fault.message}" for fault in outcome.faults]
    code = ExitCode.FAILED if outcome.faults else ExitCode.DONE
    return output.give(document, lambda: printing.print_lines(lines), code)
