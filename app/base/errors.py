"""The error of a command that was called wrongly."""


class UsageError(ValueError):
    """The command can't run as it was called; the text says why."""
