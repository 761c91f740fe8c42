"""The reference models; they know the tournament through the client only."""
