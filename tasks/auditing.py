"""Who checks an operator: a stranger, a modeller about their own row, an auditor with everything.

What one of them needs alone is imported where it is used: a home is verified without a client.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import serving
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.client import connecting
from tasks.core.checks import Outcome
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.verification import handed
from tasks.verification import home as verification
from tasks.verification.chain import ChainView

if TYPE_CHECKING:
    from tasks.client.owning import Place


def verify(
    values: Settings, round_id: int | None, predictions: Path | None = None
) -> list[Outcome]:
    """Verify a home; its chain is started from its saved state if it does not run.

    Args:
        values: which home, of which nothing private is read.
        round_id: the one round; None for all.
        predictions: what the operator handed over, see `handed.find`; None for nothing.

    Raises:
        TournamentError: of the kind that says what is wrong with home, chain or predictions.
    """
    home, only = Home.open(values.home), None if round_id is None else RoundId(round_id)
    given = None if predictions is None else handed.find(predictions, only)
    with serving.connected(home, values) as chain:
        found = verification.verify(Lake(home.lake), chain, only, given)
        # What was kept may be wrong where the chain is right.
        if any(check.fails for check in found) and chain.kept.begin_anew():
            found = verification.verify(Lake(home.lake), chain, only, given)
        return found


def verify_at(
    values: Settings, place: "Place", round_id: int | None, predictions: Path | None = None
) -> list[Outcome]:
    """Verify a tournament of which the addresses alone are known; arguments as `verify`'s.

    Raises:
        TournamentError: of the kind that says what is wrong with place or predictions.
    """
    only = None if round_id is None else RoundId(round_id)
    given = None if predictions is None else handed.find(predictions, only)
    chain = connecting.connect(place.rpc, place.tournament, *values.connection)
    return verification.verify(Lake.open(place.lake), chain, only, given)


def verify_own(values: Settings, name: str, round_id: int | None) -> list[Outcome]:
    """Compare what became of a modeller's own model with what they stored; its key stays closed.

    Args:
        values: where the models are, and how to reach a chain.
        name: the model.
        round_id: the one round; None for all that it entered.

    Raises:
        InputError: if it entered none.
        TournamentError: of the kind that says what is wrong with folder, chain or lake.
    """
    from tasks.client import own_rows
    from tasks.client.owning import Owned
    from tasks.client.plans import Plans

    owned = Owned.open(values.models, name)
    whole, lake = ChainView(chain=owned.connect(values.connection)), Lake.open(owned.facts.lake)
    model, plans = owned.facts.model, Plans(owned.folder / "rounds")
    rounds = [RoundId(round_id)] if round_id is not None else _entered(whole, model)
    if not rounds:
        raise InputError(f"{name} has entered no round")
    return [each for number in rounds for each in own_rows.check(whole, lake, plans, model, number)]


def export(root: Path, folder: Path, round_id: int | None) -> Sequence[Path]:
    """Copy the predictions of a home's rounds for an auditor; see `handing.hand_over`."""
    from tasks.stages import handing

    only = None if round_id is None else RoundId(round_id)
    return handing.hand_over(Lake(Home.open(root).vault), folder, only)


def _entered(whole: ChainView, model: bytes) -> list[RoundId]:
    tournament, block = whole.tournament, whole.block
    return [each for each in whole.rounds if tournament.entered(each, block, model)]
