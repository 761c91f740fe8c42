"""`erarium payouts` as a person runs it."""

import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import commands
from tests.in_process import call

TABLE = (
    "round,model,corr,mmc,corr_multiplier,mmc_multiplier,payout_factor,stake,payout\n"
    "300,ann,0.02,0.01,0.5,2,0.8,100,2.4\n"
    "300,bob,-0.6,0,,,1,100,-25\n"
    "301,ann,0.1,0,,,1,0.000000000000000009,0\n"
)


def test_payouts__a_table__prints_the_sums_and_writes_the_rows_in_order(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)

    done = commands.run("payouts", tmp_path / "table.csv", "--json", tmp_path / "out.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert "3 entries in 2 rounds, 300 to 301" in done.stdout
    assert "1 of 3 returns were clipped" in done.stdout
    assert "3 of 3 payouts that the table states are those of the rule" in done.stdout
    assert json.loads((tmp_path / "out.json").read_bytes()) == {
        "payouts": [
            {"round": 300, "model": "ann", "payout": 2.4, "payout_wei": "24" + "0" * 17},
            {"round": 300, "model": "bob", "payout": -25.0, "payout_wei": "-25" + "0" * 18},
            {"round": 301, "model": "ann", "payout": 0.0, "payout_wei": "0"},
        ]
    }


def test_payouts__another_clip_and_factor__are_the_rules(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    words = ("--clip", "0.02", "--factor", "outside", "--json", tmp_path / "out.json")

    done = commands.run("payouts", tmp_path / "table.csv", *words)

    rows = json.loads((tmp_path / "out.json").read_bytes())["payouts"]
    assert done.returncode == 0
    assert [row["payout"] for row in rows] == [1.6, -2.0, 0.0]


def test_payouts__what_cannot_be_used__is_one_line(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE.replace("-0.6", "lots"))

    bad_row = commands.run("payouts", tmp_path / "table.csv", "--json", tmp_path / "out.json")
    bad_clip = commands.run("payouts", tmp_path / "table.csv", "--clip", "1.5")

    assert bad_row.returncode == bad_clip.returncode == 2
    assert bad_row.stderr.endswith("row 2, column 'corr': 'lots' is not a decimal number\n")
    assert bad_clip.stderr == "erarium: --clip 1.5 must lie in [1e-9, 1]\n"
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("clip", ["0", "-0.25", "1e400", "1e-10", "nan", "a quarter"])
def test_payouts__clip_that_is_none__is_one_line(tmp_path, monkeypatch, capsys, clip):
    (tmp_path / "table.csv").write_text(TABLE)

    code, printed = call(monkeypatch, capsys, "payouts", tmp_path / "table.csv", f"--clip={clip}")

    assert (code, printed.out) == (2, "")
    assert printed.err.startswith("erarium: --clip ")
    assert printed.err.count("\n") == 1


def test_payouts__entry_that_stands_twice__is_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "table.csv").write_text(TABLE + "300,ann,0.02,0.01,0.5,2,0.8,100,2.4\n")

    _, printed = call(monkeypatch, capsys, "payouts", tmp_path / "table.csv")

    assert "note: round and model stand again in 1 entry\n" in printed.out


@pytest.mark.parametrize(
    ("kind", "model"),
    [(pa.int32(), 7), (pa.string(), "7"), (pa.dictionary(pa.int8(), pa.string()), "7")],
)
def test_payouts__models_of_a_parquet_file__keep_their_type(
    tmp_path, monkeypatch, capsys, kind, model
):
    row = {"round": 3, "corr": 0.02, "mmc": 0.0, "payout_factor": 0.5, "stake": 10.0}
    table = pa.table({name: [value] for name, value in row.items()})
    table = table.append_column("model", pa.array([model]).cast(kind))
    parquet.write_table(table, tmp_path / "table.parquet")

    code, _ = call(
        monkeypatch, capsys,
        "payouts", tmp_path / "table.parquet", "--json", tmp_path / "out.json",
    )  # fmt: skip

    assert code == 0
    assert json.loads((tmp_path / "out.json").read_bytes()) == {
        "payouts": [{"round": 3, "model": model, "payout": 0.1, "payout_wei": "1" + "0" * 17}]
    }


def test_payouts__names_of_strangers__are_shown_and_not_obeyed(tmp_path, monkeypatch, capsys):
    names = ("[red]x", "=1+1", "<b>", ":smile:", "\x1b[31mred")
    rows = "".join(f"300,{name},0.02,0,,,1,100\n" for name in names)
    (tmp_path / "table.csv").write_text(TABLE.splitlines()[0].removesuffix(",payout") + "\n" + rows)

    code, printed = call(monkeypatch, capsys, "payouts", tmp_path / "table.csv")

    assert code == 0
    assert all(name in printed.out for name in (*names[:4], "\\x1b[31mred"))
    assert "\x1b" not in printed.out
