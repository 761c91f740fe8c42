"""What several tests share: one local chain a session, with accounts and contracts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tasks.adapters import processes
from tasks.adapters.chain import deploying
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tests import chains
from tests.chains import LocalChain

Founded = Callable[..., tuple[str, int, Signer, Journal, deploying.Plan]]


@pytest.fixture(scope="session")
def local_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChain]:
    """Give the session's chain; tests on it use rounds and purposes of their own."""
    with chains.running(tmp_path_factory.mktemp("chain") / "home") as local:
        yield local


@pytest.fixture
def founded(tmp_path: Path) -> Iterator[Founded]:
    """Make chains of the test's own and return what `deploy` takes there."""
    with ExitStack() as stack:

        def found(name: str = "home") -> tuple[str, int, Signer, Journal, deploying.Plan]:
            home = chains.make_home(tmp_path / name)
            stack.callback(processes.reap, home.run)
            journal = Journal(home.journal)
            stack.callback(journal.close)
            node = Node.start(home, Settings())
            deployer = chains.signers(home)["deployer"]
            return node.rpc_url, home.facts.chain_id, deployer, journal, chains.plan(home)

        yield found
