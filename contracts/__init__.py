"""Vyper sources, their checked-in artefacts and the loader."""
