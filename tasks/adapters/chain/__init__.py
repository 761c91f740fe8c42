"""The chain: JSON-RPC, the contracts' wrappers, and writes that happen once."""
