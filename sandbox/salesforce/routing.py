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

from sandbox.salesforce.errors import NOT_FOUND, RefusedError
from sandbox.salesforce.org import Org, SaveOptions

PREFIX = re.compile(r"/services/data/v(?P<version>\d+)\.0(?:/(?P<path>.*))?$")
#: The newest version, and the oldest that isn't retired (API End-of-Life Policy).
NEWEST, OLDEST = 67, 31
#: "This header is available in API version 52.0 and later" (Duplicate Rule Header).
_DUPLICATE_RULES_SINCE = 52


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
    version: int = NEWEST
    instance: str = ""  # the address that the org is called by

    @property
    def options(self) -> SaveOptions:
        """The assignment rule runs unless the caller says FALSE, and an alert of a duplicate rule
        is acknowledged by allowSave=true (docs/design/vendors.md Salesforce 1.3, 1.4)."""
        assign = self.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"
        rules = self.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
        allow = "allowsave=true" in rules and self.version >= _DUPLICATE_RULES_SINCE
        return SaveOptions(assign, allow)


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
        self, method: str, url: str, body: Any, headers: Mapping[str, str], instance: str
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
        return self.dispatch(method, url, body, headers, instance), told

    def dispatch(
        self, method: str, url: str, body: Any, headers: Mapping[str, str], instance: str = ""
    ) -> Answer:
        """Find the handler; a refusal is an answer, too."""
        try:
            return self._dispatch(method, url, body, headers, instance)
        except RefusedError as refused:
            return Answer(refused.status, refused.body)

    def _dispatch(
        self, method: str, url: str, body: Any, headers: Mapping[str, str], instance: str
    ) -> Answer:
        split = urlsplit(url)
        found = PREFIX.match(split.path)
        if found is None or int(found["version"]) > NEWEST:
            raise RefusedError(404, *NOT_FOUND)
        version, path = int(found["version"]), found["path"] or ""
        if version < OLDEST:
            said = "The requested API version is no longer available"
            raise RefusedError(410, "UNSUPPORTED_API_VERSION", said)
        params = {
            name: values[-1]
            for name, values in parse_qs(split.query, keep_blank_values=True).items()
        }
        base = f"/services/data/v{version}.0/"
        wrong_verb = False
        for verb, pattern, handler in self._routes:
            if fits := pattern.fullmatch(path):
                if verb == method:
                    parts = {name: unquote(part) for name, part in fits.groupdict().items()}
                    return handler(Call(parts, params, body, headers, base, version, instance))
                wrong_verb = True
        if wrong_verb:
            said = f"HTTP Method '{method}' not allowed."
            raise RefusedError(405, "METHOD_NOT_ALLOWED", said)
        raise RefusedError(404, *NOT_FOUND)
