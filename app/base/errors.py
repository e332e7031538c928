"""How a command refuses."""


class UsageError(ValueError):
    """The command can't be done as it was called; the text says why."""
