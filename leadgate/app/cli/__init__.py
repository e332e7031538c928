"""The command line. Data goes to stdout, messages to stderr; exit codes: 0, 1 a broken promise, 2 a bad use."""

import os
import sys

from leadgate.app.baduse import BadUseError
from leadgate.app.broker import MissingError
from leadgate.app.cli import audit, leads, processes, review, setup
from leadgate.app.cli.shared import app, complain
from leadgate.app.importer import ImportFileError
from leadgate.app.replaying import ReplayRefusedError
from leadgate.app.settings import SettingsError
from leadgate.app.telemetry import set_up_logging
from leadgate.leads.rules import RulesError

__all__ = ["audit", "leads", "main", "processes", "review", "setup"]  # each adds its commands to the program


def main() -> None:
    """Entry point of `leadgate`."""
    set_up_logging(os.environ.get("LEADGATE_LOG", "INFO"))
    try:
        app()
    except (SettingsError, RulesError, MissingError, ImportFileError, ReplayRefusedError, BadUseError) as error:
        complain(str(error))
        sys.exit(2)
