"""A round's steps one by one, each on its date, and what is left of everybody's money."""

from tasks.core.money.units import RoundId, Wei
from tasks.core.rules import Economy
from tasks.stages import intake, opening
from tasks.verification import home as verification
from tests import tournaments
from tests.tournaments import Tournament


def times(tournament: Tournament, round_id: RoundId) -> dict[str, int]:
    times = next(e.times for e in tournament.dataset.eras if int(e.name) == round_id)
    return times.to_json()


def start(tournament: Tournament, round_id: RoundId) -> None:
    """Open a round on its date."""
    tournament.advance(times(tournament, round_id)["opens"])
    opening.open_round(tournament.opened, round_id)


def close(tournament: Tournament, round_id: RoundId) -> None:
    """Judge what was delivered while the round is open, and close it on its date."""
    intake.receive(tournament.opened, round_id)
    tournament.advance(times(tournament, round_id)["closes"])
    tournament.close(round_id)


def resolve(tournament: Tournament, round_id: RoundId) -> None:
    tournament.advance(times(tournament, round_id)["resolves"])
    tournaments.resolve(tournament.opened, round_id)


def free(tournament: Tournament) -> dict[str, Wei]:
    clients = tournament.clients.values()
    return {each.name: each.chain.tournament.free(each.model) for each in clients}


def everything(tournament: Tournament) -> dict[str, Wei]:
    """Return what is free when every stake is back and nothing was paid or burned."""
    return dict.fromkeys(tournament.clients, Economy().deposit)


def failed(tournament: Tournament) -> list[str]:
    """Return the lines of the checks that do not hold."""
    checks = verification.verify(tournament.opened.lake, tournament.opened.chain)
    return [check.line() for check in checks if check.fails]
