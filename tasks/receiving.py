"""The intake of a live home: judges what is delivered while a round is open; serves the faucet.

Run as `python -m tasks.receiving HOME`. A process of its own, beside the flows: a file in the
inbox counts only if it was looked at before its round closes.
"""

import logging
import signal
import sys
import threading
from pathlib import Path

from tasks import faucet, homes
from tasks.adapters import locks
from tasks.adapters.chain.connection import Chain
from tasks.adapters.home import Home
from tasks.adapters.locks import Lock
from tasks.adapters.settings import Settings
from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import status
from tasks.stages import requests
from tasks.stages.intake import Intake

logger = logging.getLogger(__name__)

_BUSY_S, _IDLE_S = 1.0, 20.0
_AT_ONCE = 100


def serve(values: Settings, stop: threading.Event) -> None:
    """Judge deliveries until told to stop; what goes wrong once is tried again.

    Raises:
        LockedError: if another intake works there.
    """
    path = Home.open(values.home, "live").root / "intake.lock"
    with locks.exclusive(path, "receive submissions", values.lock_wait_s) as lock:
        while not stop.is_set():
            try:
                _receive_until(values, lock, stop)
            except TournamentError as error:
                logger.error("%s", error)
                stop.wait(_IDLE_S / 4)


def _receive_until(values: Settings, lock: Lock, stop: threading.Event) -> None:
    # Nothing is sent here, so the journal that every sender shares is not opened.
    with homes.beside(values, lock, "intake.sqlite") as home:
        day_s = float(requests.request_of(home.installation).market_day_s)
        intakes: dict[RoundId, Intake] = {}
        while not stop.is_set():
            rounds = _rounds(home.chain)
            intakes = {each: intakes.get(each) or Intake(home, each) for each in rounds}
            judged = sum(_receive(*each) for each in intakes.items())
            if not judged:
                stop.wait(_BUSY_S if rounds else min(_IDLE_S, day_s))


def _receive(round_id: RoundId, intake: Intake) -> int:
    intake.look()
    if intake.ended:
        return 0
    judged = intake.judge(_AT_ONCE)
    if judged:
        logger.info("round %d: %d files judged", round_id, judged)
    return judged


def _rounds(chain: Chain) -> list[RoundId]:
    """Return the rounds that take files, and those whose files may still have to be judged."""
    tournament = chain.tournament
    newest = [event.round for event in tournament.opened()][-8:]
    return [each for each in newest if tournament.status(each) in (status.OPEN, status.CLOSED)]


def main(arguments: list[str]) -> int:
    """Run the intake of a home; its errors are one line each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    values = Settings(home=Path(arguments[0]))
    # Beside the intake, which must not wait for the home as a grant may have to.
    giving = threading.Thread(target=faucet.serve, args=(values, stop), daemon=True)
    try:
        giving.start()
        serve(values, stop)
    except (TournamentError, OSError) as error:
        logger.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
