"""Schemathesis asks the API whatever its OpenAPI page allows, and what it does not: no answer is
5xx but for the broker that is away here, and each has a form that the page names."""

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from app.base.settings import Settings
from app.console.access.scopes import Scope
from app.console.serving.server import make_console
from app.local.broker import free_port
from app.privacy.key_store import KeyStore
from leads.sealing import Sealing
from tests.app.fixed_clock import Fixed
from tests.app.test_api import Api, Client, simulated

FEW = settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
#: Headers of a request that Schemathesis has no say in.
_OURS = {"authorization", "user-agent"}


@lru_cache(maxsize=1)
def client() -> Client:
    """A caller who may do everything, at a site whose broker is away."""
    address = f"sqlite:///{Path(mkdtemp()) / 'keys.db'}"
    KeyStore(address).create()
    made = Api(address)
    given_settings = {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "site_secret": "s3cret",
        "database_url": SecretStr(address),
    }
    made.app = make_console(Settings.model_validate(given_settings), simulated().sealing, Fixed())
    return made.caller(*Scope)


_NOWHERE = Settings.model_construct(database_url=SecretStr("sqlite:///nowhere.db"))
PAGE: dict[str, Any] = make_console(_NOWHERE, Sealing(None), Fixed()).openapi()
OPERATIONS = {
    operation.label: operation
    for found in schemathesis.openapi.from_dict(PAGE).get_all_operations()
    if isinstance(found, Ok) and (operation := found.ok())
}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_the_page_names(label: str, mode: GenerationMode) -> None:
    @FEW
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(OPERATIONS[label].as_strategy(generation_mode=mode))
        check(label, send(case.as_transport_kwargs(base_url="http://console")))

    ask()


def send(call: dict[str, Any]) -> httpx.Response:
    """Make a call as Schemathesis has described it."""
    headers = {
        name: value
        for name, value in (call.get("headers") or {}).items()
        if name.lower() not in _OURS
    }
    body = {name: call[name] for name in ("json", "data") if name in call}
    url = call["url"].removeprefix("http://console")
    return client().request(
        call["method"], url, params=call.get("params"), headers=headers, **body
    )


def check(label: str, response: httpx.Response) -> None:
    """The answer's status and form are on the page."""
    method, path = label.split(" ")
    assert response.status_code < 500 or "broker" in response.json()["detail"], response.text
    form = PAGE["paths"][path][method.lower()]["responses"][str(response.status_code)]
    kind = response.headers["content-type"].partition(";")[0]
    schema = form["content"][kind].get("schema", {"$ref": "#/components/schemas/Problem"})
    jsonschema.validate(response.json(), {**schema, "components": PAGE["components"]})
