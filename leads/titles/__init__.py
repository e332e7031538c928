"""Job titles: how high a position is, and what it is about.

`read_title` is used by the rules (leads/rules.py); `make bench-titles` measures it.
"""
