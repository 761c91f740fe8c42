"""Data, results and examples as a modeller from outside has them."""

import contextlib
import json
import resource
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks import granting, modelling
from tasks.adapters.lake import Lake
from tasks.client import downloading, results
from tasks.client.data import Dataset
from tasks.client.owning import Place
from tasks.core.errors import InputError, LakeError
from tasks.core.money.units import NANO, WAD, Wei
from tests import commands
from tests.flows import modelling_homes

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def view(played, tmp_path):
    """Give the finished tournament as a stranger sees it, who has no model."""
    return modelling.look(tmp_path, None, modelling_homes.place(played.tournament))


def quiet(*_):
    """Tell nobody of progress."""


def download(view, name, folder, *only):
    return modelling.download(view, name, folder, only, quiet)


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_published__a_finished_tournament__lists_snapshots_and_rounds(view, played):
    found = {each.name: each for each in modelling.published(view)}

    rounds = [f"live_{number}" for number in played.rounds]
    assert list(found) == ["s0001", "s0002", *rounds]
    assert "train.parquet" in found["s0001"].files
    live = found[rounds[0]]
    opens = view.chain.tournament.facts(played.rounds[0]).terms.opens
    assert (live.date, live.files, live.live_era) == (opens, [], f"{played.rounds[0]:04d}")


@pytest.mark.parametrize("name", ["latest", "s0001"])
def test_download__a_snapshot__is_a_lake_that_is_not_fetched_again(view, played, tmp_path, name):
    first = download(view, name, tmp_path / "data")
    before = contents(tmp_path / "data")
    again = download(view, name, tmp_path / "data")

    copy = Dataset.open(Lake(tmp_path / "data"), first.name)
    origin = Dataset.open(played.tournament.opened.lake, first.name)
    era = next(iter(origin.eras))
    assert first.name == (f"live_{played.rounds[-1]}" if name == "latest" else name)
    assert first.fetched == first.objects == again.objects
    assert again.fetched == 0
    assert contents(tmp_path / "data") == before
    assert np.array_equal(copy.features(era), origin.features(era))
    published = {each.name: each for each in modelling.published(view)}[first.name]
    assert first.bytes == published.bytes


def test_download__cut_anywhere__leaves_no_half_file_and_goes_on(view, tmp_path):
    folder, name = tmp_path / "data", "s0001"
    whole = download(view, name, tmp_path / "whole")

    def cut(_work, done, _total):
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        modelling.download(view, name, folder, [], cut)
    with pytest.raises(LakeError, match="is not published"):
        Dataset.open(Lake(folder), name)
    (folder / ".parts" / ".part-left").write_bytes(b"half")
    rest = download(view, name, folder)

    assert rest.fetched == whole.objects - 40
    assert contents(folder) == contents(tmp_path / "whole")


def test_download__single_files__are_fetched_alone_and_mended(view, played, tmp_path):
    folder = tmp_path / "data"
    download(view, "s0001", folder, "live.parquet", "features.json")
    copied = folder / "versions" / "v1" / "s0001" / "live.parquet"
    origin = played.tournament.opened.lake.root / copied.relative_to(folder)
    names = sorted(path.name for path in copied.parent.iterdir())
    copied.write_bytes(b"damaged")

    mended = download(view, "s0001", folder, "live.parquet")

    assert names == ["features.json", "live.parquet"]
    assert mended.fetched == 1
    assert copied.read_bytes() == origin.read_bytes()
    with pytest.raises(InputError, match=r"s0001 has no file ../x; it has features\.json, live"):
        download(view, "s0001", folder, "../x")
    with pytest.raises(InputError, match=r"it has none: leave --files out"):
        download(view, "latest", folder, "live.parquet")
    with pytest.raises(InputError, match=r"no snapshot s0009: `erarium data list` names all"):
        download(view, "s0009", folder)


def hostile_lake(played, tmp_path, change):
    """Return a view whose lake is a copy of a tournament's with something changed."""
    lake = Lake(tmp_path / "lake")
    for name, content in contents(played.tournament.opened.lake.root).items():
        path = lake.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change(name, content))
    place = modelling_homes.place(played.tournament)
    return modelling.look(
        tmp_path, None, Place(rpc=place.rpc, tournament=place.tournament, lake=str(lake.root))
    )


def test_download__damaged_object__gets_no_name(played, tmp_path):
    def damage(name, content):
        return content[:-1] + b"?" if name.startswith("objects/") else content

    view = hostile_lake(played, tmp_path, damage)

    with pytest.raises(LakeError, match="is damaged in the lake: its content has another digest"):
        download(view, "s0001", tmp_path / "data")

    assert contents(tmp_path / "data") == {}


def test_download__manifest_that_leads_elsewhere__is_refused(played, tmp_path):
    def lead(name, content):
        if name != "versions/v1/s0001/manifest.json":
            return content
        document = json.loads(content)
        document["files"]["../../../live.parquet"] = document["files"]["live.parquet"]
        return json.dumps(document).encode()

    view = hostile_lake(played, tmp_path, lead)

    with pytest.raises(LakeError, match="a snapshot names no file so"):
        download(view, "s0001", tmp_path / "data")

    assert contents(tmp_path / "data") == {}


def test_download__live_era_of_another_round__is_refused(played, tmp_path):
    name = f"versions/v1/live_{played.rounds[-1]}/manifest.json"

    def swap(each, content):
        return content.replace(b'"n_ids":', b'"n_ids":1') if each == name else content

    view = hostile_lake(played, tmp_path, swap)

    with pytest.raises(LakeError, match="was opened over other data than the lake's live era"):
        download(view, "latest", tmp_path / "data")


@pytest.mark.parametrize("manifest", [{}, {"eras": 7, "files": None}, {"eras": [{}], "files": 1}])
def test_published__manifest_that_is_damaged__is_said(played, tmp_path, manifest):
    def damage(name, content):
        damaged = name == "versions/v1/s0001/manifest.json"
        return json.dumps(manifest).encode() if damaged else content

    view = hostile_lake(played, tmp_path, damage)

    with pytest.raises(LakeError, match="document versions/v1/s0001/manifest: "):
        downloading.published(view.chain, view.lake)


def test_scores__a_finished_tournament__are_those_of_its_report(view, played):
    for client in played.tournament.clients.values():
        found = modelling.scores(view, client.model)

        for result, entry in zip(found, played.report["rounds"], strict=True):
            row = next(row for row in entry["models"] if row["id"] == client.model.hex())
            assert result.round_id == entry["round"]
            assert (result.status, result.verdict) == ("final", row["status"])
            assert (str(result.payout), str(result.burn)) == (row["payout"], row["burn"])
            assert result.return_nano == row["return_nano"]
            assert [result.value(name) for name in ("corr", "mmc", "bmc")] == [
                row[name] for name in ("corr", "mmc", "bmc")
            ]
        means = results.means(found)
        assert means["return"].mean == pytest.approx(
            sum(result.return_nano for result in found) / NANO / len(found)
        )


def test_scores__book_that_the_chain_does_not_know__is_refused(played, tmp_path):
    name = f"rounds/{played.rounds[0]}/book.json"

    def change(each, content):
        return content.replace(b"accepted", b"rejected") if each == name else content

    view = hostile_lake(played, tmp_path, change)
    model = next(iter(played.tournament.clients.values())).model

    with pytest.raises(LakeError, match="is not the book that the chain has: ask for a copy"):
        modelling.scores(view, model)


def test_leaderboard__a_finished_tournament__has_the_mean_returns(view, played):
    board, titles = modelling.leaderboard(view, None)

    assert (board.rounds, board.ordered) == (3, False)
    assert sorted(titles.values()) == [titles[row.model] for row in board.rows]
    for row in board.rows:
        returns = [
            entry["return_nano"]
            for played_round in played.report["rounds"]
            for entry in played_round["models"]
            if entry["id"] == row.model.hex()
        ]
        assert row.reputation.mean == pytest.approx(sum(returns) / NANO / 3)


def has_entered(hosted, name):
    round_id = hosted.rounds[0]
    events = [
        each for each in hosted.opened.chain.tournament.entered(round_id) if each.name == name
    ]
    return len(events) == 1


def test_example__without_tokens__says_what_to_ask_for(hosted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["modeller.py", *modelling_homes.words(hosted)])

    with pytest.raises(SystemExit, match=r"^0x\w+ has no tokens: .* `erarium grant 0x\w+`$"):
        runpy.run_path(str(EXAMPLES / "modeller.py"), run_name="__main__")


def test_example__once_granted__is_entered_within_a_minute_of_its_own_time(hosted, tmp_path):
    modelling_homes.create(hosted, tmp_path / "models", "example")
    words = [sys.executable, EXAMPLES / "modeller.py", *modelling_homes.words(hosted)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        list(map(str, words)),
        cwd=tmp_path,
        env=commands.environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == 0, done.stderr
    assert has_entered(hosted, "example")
    print(f"an entered round: {own_s:.1f} s of its own time")
    assert own_s < 60


def test_notebook__its_cells_in_order__enter_the_round(hosted, tmp_path, monkeypatch):
    notebook = json.loads((EXAMPLES / "modeller.ipynb").read_bytes())
    place = modelling_homes.place(hosted)
    said = f"RPC, TOURNAMENT, LAKE, NAME = {place.rpc!r}, {place.tournament!r}, {place.lake!r}, 'b'"
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    monkeypatch.chdir(tmp_path)
    names: dict = {}

    for cell in cells:
        source = said if cell["id"] == "place" else "".join(cell["source"])
        source = source.replace("num_boost_round=200", "num_boost_round=5")
        with contextlib.redirect_stdout(None):
            exec(compile(source, cell["id"], "exec"), names)  # noqa: S102 - our own notebook
        if cell["id"] == "create":
            granting.grant(hosted.values, names["owner"], Wei(60 * WAD), WAD // 10, "first")

    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in cells)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert has_entered(hosted, "b")
