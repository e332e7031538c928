"""All commands, and how the faults that a user can mend are printed."""

import os
import sys

from aiokafka.errors import KafkaError

from app.base.errors import UsageError
from app.base.settings import SettingsError, load_log_settings, load_settings, secrets_in
from app.cli import audit, leads, processes, review, setup
from app.cli.shared import app, complain
from app.ingest.importer import ImportFileError
from app.local.broker import MissingError
from app.monitoring.logs import set_up_logging
from app.operations.replay_range import ReplayRefusedError
from leads.rules import RulesError

# each adds its commands to the program
__all__ = ["audit", "leads", "processes", "review", "run_command", "setup"]


def run_command() -> None:
    """Run the command that the arguments name."""
    try:
        lines = load_log_settings()
        set_up_logging(lines.log, lines.log_format, secrets_in(os.environ))
        app()
    except (
        SettingsError,
        RulesError,
        MissingError,
        ImportFileError,
        ReplayRefusedError,
        UsageError,
    ) as error:
        complain(str(error))
        sys.exit(2)
    except KafkaError as error:
        complain(f"{_broker()} does not answer ({error}): start it, or set KAFKA_BOOTSTRAP_SERVERS")
        sys.exit(2)


def _broker() -> str:
    return f"the broker at {load_settings().kafka_bootstrap_servers}"
