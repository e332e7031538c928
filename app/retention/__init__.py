"""Retention: old records are deleted, and what was deleted on purpose is known."""
