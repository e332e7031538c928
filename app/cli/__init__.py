"""The command line.

Data goes to stdout, messages to stderr; exit codes: 0, 1 a broken promise, 2 a bad use.
"""

import signal


def main() -> None:
    """Entry point of `leadgate`."""
    # while the program loads, Ctrl-C ends it without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app.cli.program import run_command  # noqa: PLC0415  see above

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()
