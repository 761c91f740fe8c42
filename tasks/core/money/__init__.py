"""Money in integers: units, returns, payouts and burns."""
