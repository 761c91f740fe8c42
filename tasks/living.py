"""The founding of a live home: its keys, its chain, its first data."""

import time
from collections.abc import Callable

from tasks import homes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.home import Home
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.stages import founding, living, requests
from tasks.stages.requests import LiveRequest

Progress = Callable[[int, int], None]


def found(
    values: Settings,
    request: LiveRequest,
    port: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Home:
    """Make a live home, or finish making it, and leave its chain running.

    Args:
        values: which home, and what its processes are told.
        request: what it is founded with.
        port: where its chain listens; None for any.
        progress: told how many eras are built, and of how many.

    Raises:
        TournamentError: of the kind that says what is wrong with request, source or home.
    """
    living.establish(values.home, request)
    with homes.hold(values, "found the home") as site:
        living.write_genesis(site, int(time.time()))
        node = Node.start(site.installation, values, port)
        arbiter = site.keys.signer("arbiter").address
        chosen = living.parameters(request, arbiter)
        deployment = founding.deploy(site, node.rpc_url, requests.economy(request), chosen)
        chain = Chain.connect(
            node.rpc_url, deployment, *values.connection, logs=site.installation.logs
        )
        living.fund(site, chain)
        living.first_data(site, chain.now, progress)
        return site.installation
