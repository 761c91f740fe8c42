"""What a step does: read, call the core, write; plain functions without Prefect."""
