"""The error of a command that was called wrongly."""


class UsageError(ValueError):
    """The command ends without having done its task. The text says what is wrong, where, and what
    to do; the command line prints it and ends with `exit_code`."""

    exit_code = 2
