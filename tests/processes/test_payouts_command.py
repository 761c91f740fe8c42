"""`erarium payouts` as a person runs it."""

import json

from tests import commands

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
            {"round": 300, "model": "ann", "payout": 2.4},
            {"round": 300, "model": "bob", "payout": -25.0},
            {"round": 301, "model": "ann", "payout": 0.0},
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
    assert bad_clip.stderr == "erarium: clip 1.5 must lie in (0, 1]\n"
    assert not (tmp_path / "out.json").exists()
