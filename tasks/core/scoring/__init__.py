"""Scores, the meta-model and the statistics over rounds."""
