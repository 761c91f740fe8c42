"""Set up what Erarium runs on: `python3 deployment/setup.py [--dev] [--check]`.

It fills `.venv` with the packages of `requirements.lock` (`--dev`: of `requirements-dev.lock`) and
`deployment/node/bin/anvil` with the local chain's node. A call with nothing left to do returns at
once, and a call after an interrupted one repairs what that left behind.

This file keeps to the syntax of Python 3.6, so that whichever python3 runs it can say in one line
which Python it takes; the work is in `provision/`, which only Python 3.11 loads.
"""

import os
import subprocess
import sys

WANTED = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def main(arguments: "list[str]") -> int:
    """Run the set-up under Python 3.11, whichever Python this is; return the exit status."""
    if sys.version_info[:2] == WANTED:
        # Run as a script, deployment/ is first on the path and `import setup` would find us.
        sys.path[0] = ROOT
        from deployment.provision import main as provision

        return provision.main(arguments)
    other = find_python()
    if other is None:
        have = ".".join(str(part) for part in sys.version_info[:3])
        print(
            f"set-up: Erarium needs Python 3.11 and this is {have}: install python3.11",
            file=sys.stderr,
        )
        return 2
    return subprocess.call([other, os.path.join(ROOT, "deployment", "setup.py"), *arguments])  # noqa: PTH118


def find_python() -> "str | None":
    """Return the path of a Python 3.11 that runs, or None.

    It is asked for its version: a version manager's `python3.11` may stand on PATH and not run.
    """
    question = "import sys; print(sys.version_info[:2] == (3, 11) and sys.executable or '')"
    try:
        answer = subprocess.check_output(
            ["python3.11", "-c", question], stderr=subprocess.DEVNULL, universal_newlines=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.strip() or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
