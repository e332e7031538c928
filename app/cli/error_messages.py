"""What a user reads when a command fails: what is wrong, where, and what to do. Never a traceback.

The one place where exceptions become messages and exit codes.
"""

import errno
import os
import traceback
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import UsageError

#: Of a fault of Leadgate's own, as of a worker that must be started again.
_OWN_FAULT = 70
_ADVICE = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file, not a directory",
    errno.ENOTDIR: "a part of this path is a file: choose another path",
    errno.EEXIST: "choose another path",
    errno.EACCES: "give this user the right, or choose another path",
    errno.EPERM: "give this user the right, or choose another path",
    errno.EROFS: "choose a path that can be written",
    errno.ENOSPC: "make room on the disk, or choose another path",
    errno.ELOOP: "name the file itself, not a symbolic link",
    errno.EADDRINUSE: "stop what listens there, or choose another with --port",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The message for a user, and the command's exit code."""

    message: str
    exit_code: int = 2


def describe(error: Exception) -> Fault:
    """What to print for an exception that ends a command, and the exit code."""
    if isinstance(error, UsageError):
        return Fault(str(error), error.exit_code)
    return _of_libraries(error) or _of_system(error) or _own(error)


def _of_libraries(error: Exception) -> Fault | None:
    """Errors of the packages that commands stand on; they are loaded only now."""
    from aiokafka.errors import KafkaError
    from httpx import HTTPError, InvalidURL

    from connectors.core.errors import VendorError
    from leads.rules import RulesError
    from leads.sealing import KeysUnavailableError

    match error:
        case KeysUnavailableError():
            return Fault(f"{error}: start it, or set LEADGATE_DATABASE_URL")
        case RulesError():
            return Fault(str(error))
        case VendorError():
            return Fault(f"{error}; leadgate doctor checks addresses and keys")
        case KafkaError():
            return Fault(_of_kafka(error))
        case HTTPError() | InvalidURL():
            return Fault(f"{type(error).__name__}: {error}: check the address in the settings")
    return None


def _of_kafka(error: Exception) -> str:
    from aiokafka import errors

    from app.base.settings import load_settings
    from app.setup.broker_security import describe_denial

    name = type(error).__name__
    broker = f"the broker at {load_settings().kafka_bootstrap_servers}"
    if denial := describe_denial(error, load_settings()):
        return denial
    match error:
        case errors.AuthenticationFailedError() | errors.SaslAuthenticationFailed():
            return f"{broker} refuses the login ({error}): check KAFKA_SASL_USERNAME and _PASSWORD"
        case errors.UnknownTopicOrPartitionError():
            return f"{broker} does not have Leadgate's topics ({error}): run leadgate provision"
    return f"{broker} does not answer ({error or name}): start it, or set KAFKA_BOOTSTRAP_SERVERS"


def _of_system(error: Exception) -> Fault | None:
    if isinstance(error, UnicodeDecodeError):
        return Fault(
            f"a file is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8"
        )
    if not isinstance(error, OSError) or not error.strerror:
        return None
    place = error.filename
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    parts = (place, error.strerror, _ADVICE.get(error.errno or 0))
    return Fault(": ".join([str(part) for part in parts if part]))


def _own(error: Exception) -> Fault:
    """An unexpected exception: its place in the code, for a report."""
    if os.environ.get("LEADGATE_LOG", "").upper() == "DEBUG":
        return Fault("".join(traceback.format_exception(error)), _OWN_FAULT)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}, {place.name}"
    return Fault(
        f"a fault of Leadgate itself: {type(error).__name__}: {error} (at {where}). Run the command"
        " again with LEADGATE_LOG=DEBUG for the traceback, and report it",
        _OWN_FAULT,
    )
