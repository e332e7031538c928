"""Leadgate's gates on other engines, for a comparison on the same broker and the same input.

Each engine provides consuming, state, producing and committing; `gate_runner` decides.
"""
