"""The command line. Data goes to stdout, messages to stderr; exit codes: 0, 1 a broken promise, 2 a bad use."""

import os
import sys

from app.baduse import BadUseError
from app.broker import MissingError
from app.cli import audit, leads, processes, review, setup
from app.cli.shared import app, complain
from app.importer import ImportFileError
from app.replaying import ReplayRefusedError
from app.settings import SettingsError
from app.telemetry import set_up_logging
from leads.rules import RulesError

__all__ = ["audit", "leads", "main", "processes", "review", "setup"]  # each adds its commands to the program


def main() -> None:
    """Entry point of `leadgate`."""
    set_up_logging(os.environ.get("LEADGATE_LOG", "INFO"))
    try:
        app()
    except (SettingsError, RulesError, MissingError, ImportFileError, ReplayRefusedError, BadUseError) as error:
        complain(str(error))
        sys.exit(2)
