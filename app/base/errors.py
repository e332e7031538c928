"""How a command refuses."""


class BadUseError(ValueError):
    """The command can't be done as it was called; the text says why."""
