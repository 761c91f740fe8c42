"""What `erarium chain doctor` does: compare a home's journals, lake and chain."""

from tasks import serving
from tasks.adapters import journal_copy
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.stages import doctor
from tasks.stages.doctor import Diagnosis


def examine(values: Settings) -> Diagnosis:
    """Compare a home's journals, lake and chain, beside whoever works in it.

    Where the chain does not run, it is started from its saved state and stopped again.

    Raises:
        ChainError: if the chain does not answer, or is another one.
    """
    home = Home.open(values.home)
    paths = {"home": home.journal}
    paths |= {path.parent.name: path for path in sorted(home.root.glob("clients/*/journal.sqlite"))}

    def read() -> doctor.Journals:
        return {name: journal_copy.entries(path) for name, path in paths.items()}

    with serving.connected(home, values) as chain:
        found = doctor.examine(chain, Lake(home.lake), read)
        # What was kept may be wrong where the chain is right.
        if found.differences and chain.kept.begin_anew():
            found = doctor.examine(chain, Lake(home.lake), read)
        return found
