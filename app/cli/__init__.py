"""The command line.

Data goes to stdout, messages to stderr. Exit codes: 0; 1 for a broken promise or a fault that was
found; 2 for a wrong use, setting or surrounding; 70 for a fault of Leadgate's own; 130 after
Ctrl-C. Modules import what is slow to load inside the commands, so that help, refusals and the
demo's first line don't wait for it.
"""

import os
import signal


def main() -> None:
    """Entry point of `leadgate`. What it and its children write is their user's alone."""
    os.umask(0o077)
    # while the program loads, Ctrl-C ends it without a traceback
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from app.cli.program import run_command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()
