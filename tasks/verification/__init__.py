"""Recompute what an operator published, from lake, chain and core alone."""
