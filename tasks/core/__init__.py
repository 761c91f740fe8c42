"""What an era, a score, a payout and a root are: pure functions and values."""
