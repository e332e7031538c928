"""Log lines of a process: Leadgate's own and its libraries', all through structlog, on stderr."""

import asyncio
import json
import logging
import sys
from collections.abc import Iterable
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from leads.text import visible, visible_lines

Format = Literal["console", "json"]
#: The packages whose lines are Leadgate's own.
OWN = ("app", "connectors", "leads", "sandbox", "streams", "tables", "bench", "tests")
#: Faust's services log under the module of their subclass: these lines are Faust's.
_FAUST_SERVICES = (
    "streams.consumer.strict_consumer",
    "streams.consumer.faust_overrides",
    "tables.fauststore",
)
#: A shorter secret could be a part of ordinary text: replacing it would only garble lines.
_SHORTEST_SECRET = 6

#: How aiokafka's lines about a broker that does not answer begin, one or several for each try.
_NO_BROKER = (
    "Cannot send",
    "Could not send",
    "Error sending",
    "Failed fetch messages from",
    "Failed fetch offsets from",
    "FindCoordinator Request failed",
    "Got error produce response",
    "Group Coordinator Request failed",
    "Heartbeat failed for group",
    "Heartbeat send request failed",
    "Heartbeat session expired",
    "Marking the coordinator dead",
    "Unable connect to",
    "Unable to request metadata",
    "Unable to update metadata",
)
#: How asyncio's lines begin when a client of aiokafka is cancelled while it connects, as by Ctrl-C:
#: aiokafka closes such a connection only when it is collected (AIOKafkaConnection.__del__).
_CANCELLED_CONNECT = ("Unclosed AIOKafkaConnection",)
#: The beginnings of the lines that are dropped, by the package that logs them.
_DROPPED = {"aiokafka": _NO_BROKER, "asyncio": _CANCELLED_CONNECT}


def _is_wanted(line: logging.LogRecord) -> bool:
    """False for lines about a broker that does not answer: commands say so themselves, and what
    runs on says it once an outage (broker_watch.py). False, too, for a connect or a request that
    was cancelled."""
    dropped = _DROPPED.get(line.name.partition(".")[0], ())
    return not (line.getMessage().startswith(dropped) or _is_late_answer(line))


def _is_late_answer(line: logging.LogRecord) -> bool:
    """Whether aiokafka complains of an answer to a request that was cancelled meanwhile, as by
    Ctrl-C."""
    error = line.exc_info[1] if line.exc_info else None
    return line.name == "aiokafka.conn" and isinstance(error, asyncio.InvalidStateError)


def show_values(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Write what would break or disguise a console's line as an escape, in the event and in each
    value."""
    return {name: visible(x) if isinstance(x, str) else x for name, x in line.items()}


def show_lines(_logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
    """The rendered line, and those of its traceback, in the same form."""
    return visible_lines(str(line))


class Redaction:
    """Replaces secrets in rendered lines, as they are and as JSON writes them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._hidden: list[str] = []
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                self._hidden += [secret, json.dumps(secret)[1:-1]]

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
        """The line without secrets."""
        text = str(line)
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return text


def set_up_logging(
    level: str = "INFO", form: Format = "console", secrets: Iterable[str] = ()
) -> None:
    """Send every line of this process to stderr; a second call replaces the first one's settings.

    `level` (DEBUG, INFO, WARNING or ERROR) is that of Leadgate's own lines. Libraries log
    warnings and errors only, at any level: their debug lines hold requests, and requests hold
    keys and leads. `json` writes one object per line with `timestamp` (ISO 8601, UTC), `level`,
    `logger` and `event`. None of `secrets` appears in a line. aiokafka's lines about a broker that
    does not answer are dropped, and those about a connect that was cancelled.
    """
    before: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_wanted)
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        *_renderers(form),
        Redaction(secrets),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after)
    )
    libraries = max(logging.WARNING, logging.getLevelNamesMapping()[level])
    logging.basicConfig(level=libraries, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    _set_levels(level, libraries)


def _set_levels(own: str, libraries: int) -> None:
    for package in OWN:
        logging.getLogger(package).setLevel(own)
    for module in _FAUST_SERVICES:
        logging.getLogger(module).setLevel(libraries)
    # it logs each retry; a send that fails in the end raises
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)
    # it warns when a busy machine is late; records that stay unprocessed are reported as a stall
    logging.getLogger("mode.timers").setLevel(logging.ERROR)


def _renderers(form: Format) -> list[Processor]:
    if form == "console":
        return [
            show_values,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
            show_lines,
        ]
    return [
        structlog.processors.format_exc_info,
        _in_order,
        structlog.processors.JSONRenderer(default=str),
    ]


def _in_order(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put the fields that every line has first."""
    first = {name: line.pop(name) for name in ("timestamp", "level", "logger", "event")}
    return {**first, **line}
