"""The intake of a live home: judges what is delivered while a round is open; serves the faucet.

Run as `python -m tasks.receiving HOME`. A process of its own, beside the flows: a file in the
inbox counts only if it was looked at before its round closes.
"""

import logging
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

from tasks import faucet
from tasks import living as homes
from tasks.adapters import locks
from tasks.adapters.cluster import SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.settings import Settings
from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import status
from tasks.stages import founding, living
from tasks.stages.intake import Intake
from tasks.stages.open_home import OpenHome

logger = logging.getLogger(__name__)

_BUSY_S, _IDLE_S = 1.0, 20.0
_AT_ONCE = 100


def serve(root: Path, stop: threading.Event) -> None:
    """Judge deliveries until told to stop; what goes wrong once is tried again.

    Raises:
        LockedError: if another intake works there.
    """
    home, values = Home.open(root, "live"), Settings()
    with locks.exclusive(root / "intake.lock", "receive submissions", values.lock_wait_s):
        while not stop.is_set():
            try:
                _receive_until(home, stop)
            except TournamentError as error:
                logger.error("%s", error)
                stop.wait(_IDLE_S / 4)


def _receive_until(home: Home, stop: threading.Event) -> None:
    chain = homes.chain_of(home)
    request, executor = living.request_of(home), SerialExecutor()
    # Nothing is sent here, so the journal that every sender shares is not opened.
    with closing(Journal(home.run / "intake.sqlite")) as journal:
        amounts, mode = living.economy(request), living.mode_of(home)
        desk = founding.desk(home, chain, journal, executor, amounts, mode)
        intakes: dict[RoundId, Intake] = {}
        while not stop.is_set():
            rounds = _rounds(desk)
            intakes = {each: intakes.get(each) or Intake(desk, each) for each in rounds}
            judged = sum(_receive(*each) for each in intakes.items())
            if not judged:
                stop.wait(_BUSY_S if rounds else min(_IDLE_S, float(request.market_day_s)))


def _receive(round_id: RoundId, intake: Intake) -> int:
    intake.look()
    if intake.ended:
        return 0
    judged = intake.judge(_AT_ONCE)
    if judged:
        logger.info("round %d: %d files judged", round_id, judged)
    return judged


def _rounds(desk: OpenHome) -> list[RoundId]:
    """Return the rounds that take files, and those whose files may still have to be judged."""
    tournament = desk.chain.tournament
    newest = [event.round for event in tournament.opened()][-8:]
    return [each for each in newest if tournament.status(each) in (status.OPEN, status.CLOSED)]


def main(arguments: list[str]) -> int:
    """Run the intake of a home; its errors are one line each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    root = Path(arguments[0])
    # Beside the intake, which must not wait for the home as a grant may have to.
    giving = threading.Thread(target=faucet.serve, args=(root, stop), daemon=True)
    try:
        giving.start()
        serve(root, stop)
    except (TournamentError, OSError) as error:
        logger.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
