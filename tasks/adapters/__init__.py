"""All I/O: settings, home, lake, panels, chain, node, processes, cluster."""
