"""The payout rule against the published history and exact fractions, and tables that it reads."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.adapters.settings import Settings
from tasks.client import payout_tables
from tasks.core.errors import DataError, InputError
from tasks.core.money import decimals, payouts
from tasks.core.money.payout_rule import Entry, FactorPlace, PayoutRule
from tasks.core.money.units import NANO, WAD, Wei

HEADER = "round,model,corr,mmc,corr_multiplier,mmc_multiplier,payout_factor,stake\n"
OUTSIDE = PayoutRule(factor=FactorPlace.OUTSIDE)

SCORES = st.tuples(st.integers(-NANO, NANO), st.integers(-NANO, NANO))
MULTIPLIERS = st.tuples(st.integers(0, 3 * NANO), st.integers(0, 3 * NANO))


def make_entry(scores=(0, 0), multipliers=(NANO, NANO), factor=WAD, at_risk=10 * WAD):
    return Entry(
        scores_nano=scores,
        multipliers_nano=multipliers,
        factor_wad=factor,
        at_risk=Wei(at_risk),
    )


def make_table(tmp_path, *rows, header=HEADER):
    path = tmp_path / "table.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows))
    return path


def changes(paid):
    return [each.outcome.change for each in paid]


def test_pay__published_history__is_reproduced():
    folder = Settings().test_data
    if folder is None:
        pytest.skip("ERARIUM_TEST_DATA names no folder with the published payouts")
    path = next((folder / "payouts").glob("*.parquet"))

    document = payout_tables.payouts_document(payout_tables.pay(path, PayoutRule()))

    table = pd.read_parquet(path)
    found = pd.DataFrame(document["payouts"])
    agreeing = (found["payout"] - table["payout"]).abs() <= 1e-6 * table["stake"]
    assert found[["round", "model"]].equals(table[["round", "model"]].astype("int64"))
    assert len(table) == 75_592
    assert agreeing.mean() >= 0.9997


@given(scores=SCORES, multipliers=MULTIPLIERS, factor=st.integers(0, WAD))
def test_settle__any_entry__is_the_exact_fraction_to_half_a_nano(scores, multipliers, factor):
    entry = make_entry(scores, multipliers, factor)
    x = sum(Fraction(m * s, NANO**2) for m, s in zip(multipliers, scores, strict=True))
    clip = Fraction(1, 4)

    inside, outside = PayoutRule().settle(entry), OUTSIDE.settle(entry)

    half = Fraction(1, 2 * NANO)
    stake = Fraction(entry.at_risk)
    expected = max(-clip, min(x * Fraction(factor, WAD), clip))
    assert abs(Fraction(inside.return_nano, NANO) - expected) <= half
    assert abs(inside.change - stake * expected) <= stake * half + 1
    expected = max(-clip, min(x, clip)) * Fraction(factor, WAD)
    assert abs(outside.change - stake * expected) <= stake * half + 1


@given(scores=SCORES, multipliers=MULTIPLIERS, factor=st.integers(0, WAD))
def test_settle__factor_outside__is_what_the_tournaments_own_rounds_pay(
    scores, multipliers, factor
):
    entry = make_entry(scores, multipliers, factor)

    outcome = OUTSIDE.settle(entry)

    rate = payouts.return_nano(multipliers, scores, NANO // 4)
    assert outcome.return_nano == rate
    assert outcome.payout == payouts.payout(entry.at_risk, factor, rate)
    assert outcome.burn == payouts.burn(entry.at_risk, factor, rate)


@given(scores=SCORES, multipliers=MULTIPLIERS, factor=st.integers(0, WAD))
def test_settle__mirrored_scores__never_gain_together(scores, multipliers, factor):
    mirrored = tuple(-score for score in scores)

    pair = [
        PayoutRule().settle(make_entry(each, multipliers, factor)) for each in (scores, mirrored)
    ]

    assert pair[0].return_nano == -pair[1].return_nano
    assert -1 <= sum(outcome.change for outcome in pair) <= 0


def test_settle__factor_inside_and_outside__differ_once_the_clip_binds():
    entry = make_entry(scores=(400_000_000, 0), factor=WAD // 2)

    inside, outside = PayoutRule().settle(entry), OUTSIDE.settle(entry)

    assert (inside.return_nano, inside.clipped, inside.payout) == (200_000_000, False, 2 * WAD)
    assert (outside.return_nano, outside.clipped) == (250_000_000, True)
    assert outside.payout == 10 * WAD // 8


def test_settle__three_wei__rounds_payout_down_and_burn_up():
    won = PayoutRule().settle(make_entry(scores=(NANO // 10, 0), at_risk=3))
    lost = PayoutRule().settle(make_entry(scores=(-NANO // 10, 0), at_risk=3))

    assert (won.payout, won.burn) == (0, 0)
    assert (lost.payout, lost.burn) == (0, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scores": (1,)}, "a score and a multiplier for"),
        ({"multipliers": (1, 1, 1)}, "a score and a multiplier for"),
        ({"factor": WAD + 1}, "outside"),
        ({"factor": -1}, "outside"),
    ],
)
def test_settle__entry_that_does_not_fit__is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        PayoutRule().settle(make_entry(**changed))


@pytest.mark.parametrize("clip_nano", [0, -1, NANO + 1])
def test_payout_rule__clip_outside_its_range__is_refused(clip_nano):
    with pytest.raises(InputError, match=r"must lie in \(0, 1\]"):
        PayoutRule(clip_nano=clip_nano)


def test_payout_rule__multiplier_too_few__is_refused():
    with pytest.raises(InputError, match="1 multipliers for 2 scores"):
        PayoutRule(missing_nano=(NANO,))


@pytest.mark.parametrize("text", ["12", "+0.5", "-.5", "3.", "1e-9", "1.5E+3"])
def test_decimal__as_people_write_it__is_read_exactly(text):
    assert Fraction(decimals.decimal(text)) == Fraction(text)


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "0x10", "1_000", "1,5", "٣", "1e9999", "1e", "--1", "1" * 61]
)
def test_decimal__something_else__is_refused(text):
    with pytest.raises(InputError, match="not a decimal number"):
        decimals.decimal(text)


def test_units__halves__are_rounded_by_name():
    assert decimals.nano(decimals.decimal("0.0000000005")) == 0
    assert decimals.nano(decimals.decimal("0.0000000015")) == 2
    assert decimals.wad(decimals.decimal("0.9999999999999999995")) == WAD
    assert decimals.wei(decimals.decimal("123456789012345.6789012345678901239")) == (
        123456789012345678901234567890123
    )


def test_pay__csv_with_more_digits_than_a_float__is_exact_to_the_wei(tmp_path):
    path = make_table(tmp_path, "5,a,0.1,0.5,1,0,1,1000000.123456789012345678")

    paid = payout_tables.pay(path, PayoutRule())

    assert paid[0].entry.at_risk == 1000000123456789012345678
    assert changes(paid) == [100000012345678901234567]


def test_pay__missing_multipliers__count_one_for_corr_and_zero_for_mmc(tmp_path):
    path = make_table(tmp_path, "5,a,0.1,0.05,,,1,10", "5,b,0.1,0.05,0.5,2,1,10", "6,a,0.1,,,,1,10")

    paid = payout_tables.pay(path, PayoutRule())

    assert changes(paid) == [WAD, 3 * WAD // 2, WAD]
    assert [(each.round_id, each.model) for each in paid] == [(5, "a"), (5, "b"), (6, "a")]


def test_pay__columns_of_multipliers_absent_and_others_present__reads_what_is_there(tmp_path):
    header = "note,stake,model,payout_factor,corr,mmc,round\n"
    path = make_table(tmp_path, "x,10,7,0.5,0.2,0.9,5", header=header)

    paid = payout_tables.pay(path, PayoutRule())

    assert payout_tables.payouts_document(paid) == {
        "payouts": [{"round": 5, "model": 7, "payout": 1.0, "payout_wei": str(WAD)}]
    }


def test_pay__parquet_of_floats__takes_the_decimals_that_they_were_written_as(tmp_path):
    path = tmp_path / "table.parquet"
    row = {"round": 5, "model": 1, "corr": 0.1, "mmc": float("nan"), "payout_factor": 0.3}
    pd.DataFrame([row | {"stake": 0.1}]).to_parquet(path)

    paid = payout_tables.pay(path, PayoutRule())

    assert paid[0].entry.at_risk == WAD // 10
    assert paid[0].entry.factor_wad == 3 * WAD // 10
    assert changes(paid) == [3 * WAD // 1000]


def test_pay__models_with_leading_zeros_or_called_na__stay_text(tmp_path):
    path = make_table(tmp_path, "5,007,0.1,0,,,1,1", "5,NA,0.1,0,,,1,1")

    assert [each.model for each in payout_tables.pay(path, PayoutRule())] == ["007", "NA"]


def test_pay__table_states_payouts__says_which_agree(tmp_path):
    header = HEADER.strip() + ",payout\n"
    rows = ("5,a,0.1,0,,,1,10,1.000005", "5,b,0.1,0,,,1,10,1.00002", "5,c,0.1,0,,,1,10,")

    paid = payout_tables.pay(make_table(tmp_path, *rows, header=header), PayoutRule())

    assert [each.agrees for each in paid[:2]] == [True, False]
    assert paid[2].stated is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5,a,x,0,1,0,1,10", "row 2, column 'corr': 'x' is not a decimal number"),
        ("5,a,,0,1,0,1,10", "row 2, column 'corr': a value is missing"),
        ("5,a,0.1,,1,1,1,10", "row 2, column 'mmc': a value is missing"),
        ("5,a,12,0,1,0,1,10", "row 2, column 'corr': 12 must lie in"),
        ("5,a,inf,0,1,0,1,10", "row 2, column 'corr': 'inf' is not a decimal number"),
        ("5,a,0.1,0,-,0,1,10", "row 2, column 'corr_multiplier': '-' is not"),
        ("5,a,0.1,0,1,0,,10", "row 2, column 'payout_factor': a value is missing"),
        ("5,a,0.1,0,1,0,1.5,10", r"row 2, column 'payout_factor': 1.5 must lie in \[0, 1\]"),
        ("5,a,0.1,0,1,0,1,-3", "row 2, column 'stake': -3 must lie in"),
        ("5,a,0.1,0,1,0,1,1e999", "row 2, column 'stake': 1e999 must lie in"),
        ("5.5,a,0.1,0,1,0,1,10", "row 2, column 'round': 5.5 is not a whole number"),
        ("-1,a,0.1,0,1,0,1,10", "row 2, column 'round': -1 must lie in"),
        ("5,,0.1,0,1,0,1,10", "row 2, column 'model': a value is missing"),
    ],
)
def test_pay__value_that_cannot_be_used__names_row_and_column(tmp_path, row, message):
    path = make_table(tmp_path, "5,a,0.1,0,1,0,1,10", row)

    with pytest.raises(DataError, match=message):
        payout_tables.pay(path, PayoutRule())


def test_pay__table_that_cannot_be_used__says_why(tmp_path):
    with pytest.raises(DataError, match="no column 'stake'; needs round, model, corr, mmc"):
        payout_tables.pay(
            make_table(tmp_path, header=HEADER.replace(",stake", ",stakes")), PayoutRule()
        )
    with pytest.raises(DataError, match="no entry"):
        payout_tables.pay(make_table(tmp_path), PayoutRule())
    nested = tmp_path / "nested.parquet"
    names = HEADER.strip().split(",")
    pd.DataFrame([dict.fromkeys(names, 1) | {"corr": [1.0]}]).to_parquet(nested)
    with pytest.raises(DataError, match="'corr' holds list"):
        payout_tables.pay(nested, PayoutRule())
