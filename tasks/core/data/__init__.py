"""Panels, eras, features, targets: from prices to what modellers see."""
