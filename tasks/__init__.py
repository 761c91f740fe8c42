"""Thin Prefect tasks around the stages: name, retries, time-out, what stays in the UI."""
