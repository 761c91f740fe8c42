from flows.cli import console

ESTIMATE = {"mean": 0.01, "error": None, "n": 1, "n_effective": None}


def report(**changes):
    document = {
        "rounds": [{"era": "0205"}],
        "models": [
            {
                "model": "m",
                "corr": ESTIMATE,
                "mmc": None,
                "payout": "1500000000000000000",
                "burn": "0",
                "final_stake": "999999999999999999999",
            }
        ],
        "blends": [{"name": "meta-model", "corr": ESTIMATE}],
        "source": "prices of BRK[/B].csv",
        "data": {"defects": [{"kind": "bad_print", "asset": "BRK[/B]", "date": None}]},
        "mmc_warning": None,
        "duplicates": [{"model": "[/x]", "of": "[bold]y", "rounds": 1}],
        "token": {"supply_before": "0", "supply_after": "0", "burned": "0"},
        "chain": {"transactions": 1, "gas": 1},
        "verified": True,
    }
    return document | changes


def test_print_report__names_like_markup__are_printed_as_they_are(capsys):
    console.print_report(report())

    printed = capsys.readouterr().out
    assert "defect bad print x 1: BRK[/B]" in printed
    assert "duplicate: [/x] handed in what [bold]y had committed to" in printed


def test_print_report__amounts_and_means__are_cut_off_and_never_without_their_error(capsys):
    console.print_report(report())

    printed = capsys.readouterr().out
    assert "+0.0100 (too few)" in printed
    assert "999.99" in printed
    assert "verified: every check holds" in printed


def test_print_report__predictions_closed__says_what_verified_does_not_mean(capsys):
    console.print_report(report(opening="sealed"))

    printed = capsys.readouterr().out
    assert "verified: every check that needs no closed predictions holds" in printed


def test_print_report__a_check_failed__says_so(capsys):
    console.print_report(report(verified=False))

    assert "A CHECK FAILED" in capsys.readouterr().out
