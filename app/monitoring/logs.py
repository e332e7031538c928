"""Log lines of a process: Leadgate's own and its libraries', all through structlog, on stderr."""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["console", "json"]
#: The packages whose lines are Leadgate's own.
OWN = ("app", "connectors", "leads", "sandbox", "streams", "tables", "bench", "tests")
#: Faust's services log under the module of their subclass: these lines are Faust's.
_FAUST_SERVICES = (
    "streams.consumer.strict_consumer",
    "streams.consumer.faust_overrides",
    "tables.fauststore",
)
#: A shorter secret could be a word of the text; hiding it would only garble lines.
_SHORTEST_SECRET = 6


class Redaction:
    """Replaces secrets in rendered lines, as they are and as JSON writes them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        long = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._hidden = [
            form for secret in long for form in dict.fromkeys((secret, json.dumps(secret)[1:-1]))
        ]

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict | str) -> str:
        """The line without secrets."""
        text = str(line)
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return text


def set_up_logging(
    level: str = "INFO", form: Format = "console", secrets: Iterable[str] = ()
) -> None:
    """Send every line of this process to stderr; calling it again replaces what was set up before.

    `level` (DEBUG, INFO, WARNING or ERROR) is that of Leadgate's own lines. Libraries only
    report trouble, at any level: their debug lines hold requests, and requests hold keys and
    leads. `json` writes one object a line with `timestamp` (ISO 8601, UTC), `level`, `logger`
    and `event`. None of `secrets` appears in a line.
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
    for package in OWN:
        logging.getLogger(package).setLevel(level)
    for module in _FAUST_SERVICES:
        logging.getLogger(module).setLevel(libraries)
    # reports each retry; what fails in the end is raised
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.ERROR)
    # warns when a busy machine is late; what stays undone is a stall
    logging.getLogger("mode.timers").setLevel(logging.ERROR)


def _renderers(form: Format) -> list[Processor]:
    if form == "console":
        return [
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return [
        structlog.processors.format_exc_info,
        _in_order,
        structlog.processors.JSONRenderer(default=str),
    ]


def _in_order(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """What every line has comes first."""
    first = {name: line.pop(name) for name in ("timestamp", "level", "logger", "event")}
    return {**first, **line}
