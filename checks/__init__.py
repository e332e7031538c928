"""What `make check` looks for and no tool that we know finds: see `python -m checks`."""
