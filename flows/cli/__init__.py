"""The `erarium` command: one module a group, imported when it is used."""
