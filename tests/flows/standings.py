"""What each page and command says of a round: where it stands, and what is next."""

import re

from tasks import homes, modelling, operating, pages, round_pages, standing
from tasks.client.owning import Place
from tasks.stages import agenda, overview, round_details

STEPS = {
    "takes entries": "enter",
    "ruling": "rule",
    "**approval, by you**": "approve",
    "keeper": "keep",
}
"""The steps that people read by another name."""

_LATER = re.compile(r", due now$| is due$| in .*$| at .*$")


def told(values, round_id):
    """Return by command or page what it says of a round of a live home, and what is next."""
    view = homes.look(values)
    outcome = operating.keep(values)
    documents = {
        "status --json": standing.look(values).document()["rounds"],
        "rounds --json": [state.document() for state in modelling_view(values).states],
        "settle --json": [state.document() for state in outcome.states],
    }
    found = {name: _of_document(rows, round_id) for name, rows in documents.items()}
    return found | {
        "status": _of_line(standing.look(values), round_id),
        "control room": _of_table(pages.control_room(overview.read(view)).head, round_id),
        "round's page": _of_page(view, round_id),
    }


def modelling_view(values):
    """Return what a stranger sees, who has nothing but addresses."""
    view = homes.look(values)
    contract = view.chain.tournament.address
    place = Place(rpc=view.chain.rpc.url, tournament=contract, lake=str(view.lake.root))
    return modelling.look(values.home / "nobody", None, place)


def _of_document(rows, round_id):
    (row,) = [each for each in rows if each["round_id"] == round_id]
    return row["words"], row["next_step"]


def _of_line(shown, round_id):
    (line,) = [each for each in shown.lines() if each.startswith(f"round {round_id}: ")]
    where, _, ahead = line.partition("; ")
    words, models = re.fullmatch(r"round \d+: (.+), (\d+) models?", where).groups()
    assert models == "3"
    return words, _step(ahead)


def _of_table(text, round_id):
    (row,) = [line for line in text.splitlines() if line.startswith(f"| [round {round_id}]")]
    _, words, _, ahead, models, *_ = [cell.strip() for cell in row.strip("|").split("|")]
    assert models == "3"
    return re.sub(r"^\*\*(.*), see above\*\*$", r"\1", words), _step(ahead)


def _of_page(view, round_id):
    found = round_details.read(view.lake, view.chain, round_id, agenda.read(view))
    head = round_pages.of_round(found)[pages.key(round_id)].head
    words = head.splitlines()[0].removeprefix(f"## Round {round_id}: ")
    ahead = re.search(r"Next: (.*)\.$", head, re.MULTILINE)
    return words, _step(ahead.group(1) if ahead else "-")


def _step(text):
    name = _LATER.sub("", text)
    return None if name in ("", "-") else STEPS.get(name, name)
