"""What stands before every call of the sandbox's Salesforce: token, daily limit with its header,
errors in Salesforce's shape.

One dispatcher serves single calls and the parts of a composite call. Sources:
docs/design/vendors.md Salesforce 1.1, 1.2, 1.7.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.salesforce.org import Org, RefusedError

PREFIX = re.compile(r"/services/data/v\d+\.\d/(?P<path>.*)$")


class Answer(NamedTuple):
    """Status and JSON body; None is no body."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call, or one part of a composite one."""

    parts: Mapping[str, str]
    params: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]
    base: str  # "/services/data/vNN.0/"

    @property
    def assign(self) -> bool:
        """Whether the lead assignment rule may run: it does unless the caller says FALSE
        (docs/design/vendors.md Salesforce 1.4)."""
        return self.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"


Handler = Callable[[Call], Answer]


class Api:
    """Paths and their handlers.

    `limit` is calls a day; the parts of a composite call count as one.
    """

    def __init__(self, org: Org, limit: int) -> None:
        self.org, self.limit = org, limit
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Serve a path, `{name}` standing for one segment, `{rest:path}` for all that follows."""
        pattern = re.sub(
            r"\{(\w+):path\}", r"(?P<\1>.+)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        )

        def add(handler: Handler) -> Handler:
            self._routes.append((method, re.compile(f"{pattern}/?"), handler))
            return handler

        return add

    def serve(
        self, method: str, url: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[Answer, dict[str, str]]:
        """Answer one call from outside, with its headers."""
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        token = self.org.store.get("salesforce.Token", bearer)
        if token is None or not token["valid"]:
            return Answer(
                401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
            ), {}
        used = (self.org.store.get("salesforce.Usage", "today") or {"calls": 0})["calls"] + 1
        told = {"sforce-limit-info": f"api-usage={min(used, self.limit)}/{self.limit}"}
        if used > self.limit:
            return Answer(
                403,
                [
                    {
                        "message": "TotalRequests Limit exceeded.",
                        "errorCode": "REQUEST_LIMIT_EXCEEDED",
                    }
                ],
            ), told
        self.org.store.put("salesforce.Usage", "today", {"calls": used})
        return self.dispatch(method, url, body, headers), told

    def dispatch(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Find the handler; a refusal is an answer, too."""
        split = urlsplit(url)
        found = PREFIX.match(split.path)
        if found is None:
            return Answer(
                404,
                [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
            )
        params = {
            name: values[-1]
            for name, values in parse_qs(split.query, keep_blank_values=True).items()
        }
        base = split.path[: found.start("path")]
        for verb, pattern, handler in self._routes:
            if verb == method and (fits := pattern.fullmatch(found["path"])):
                try:
                    parts = {name: unquote(part) for name, part in fits.groupdict().items()}
                    return handler(Call(parts, params, body, headers, base))
                except RefusedError as refused:
                    return Answer(refused.status, refused.body)
        return Answer(
            404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        )
