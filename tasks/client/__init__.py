"""What a modeller runs: get data, seal a file, enter a round, deliver."""
