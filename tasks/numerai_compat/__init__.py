"""The public functions of numerai-tools 0.7.2 over the scoring engine: change the import."""
