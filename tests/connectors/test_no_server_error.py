"""Whatever is sent to the sandboxes, none answers 5xx by itself: Schemathesis makes Apollo's
requests of its official OpenAPI; the other vendors publish none that is here, so that our routes
get bodies that are anything at all."""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import google, salesforce, zoho
from sandbox.apollo import KEY
from sandbox.hubspot.hub import TOKEN as HUBSPOT
from sandbox.server import make_sandbox
from sandbox.slack import TOKEN as SLACK
from tests.limits import HUNG

OPENAPI = Path(__file__).parents[3] / "shared" / "apollo" / "openapi.json"
HEADERS = {
    "apollo": {"x-api-key": KEY},
    "hubspot": {"authorization": f"Bearer {HUBSPOT}"},
    "slack": {"authorization": f"Bearer {SLACK}"},
    "google": {"authorization": f"Bearer {google.TOKEN}"},
}


def routes() -> list[tuple[str, str]]:
    """Every method and path of the vendors' stand-ins."""
    with warnings.catch_warnings():
        # two methods of one route share a name, which is of no use here
        warnings.simplefilter("ignore")
        paths = make_sandbox(None, 0, 1).openapi()["paths"]
    return sorted(
        (method.upper(), path)
        for path, item in paths.items()
        for method in item
        if not path.startswith("/_control")
    )


ROUTES = routes()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["inputs", "id", "properties", "data", "records", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FEW = settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))


def served() -> list[str]:
    """Apollo's paths that the sandbox serves, as the OpenAPI names them."""
    ours = {
        re.sub(r"{\w+}", "{}", path.removeprefix("/apollo/api/v1"))
        for _, path in ROUTES
        if path.startswith("/apollo")
    }
    return [
        path
        for path in json.loads(OPENAPI.read_text())["paths"]
        if re.sub(r"{\w+}", "{}", path) in ours
    ]


if OPENAPI.exists():
    document = json.loads(OPENAPI.read_text())
    document["paths"] = {path: document["paths"][path] for path in served()}

    @schemathesis.openapi.from_dict(document).parametrize()
    @FEW
    def test_apollos_own_description_finds_none(case: Any, served_week: str) -> None:
        response = case.call(base_url=f"{served_week}/apollo/api/v1", headers=HEADERS["apollo"])
        assert response.status_code < 500, response.text


@pytest.fixture(scope="module")
def tokens(served_week: str) -> dict[str, dict[str, str]]:
    """What each vendor wants to see."""
    client = httpx.Client(timeout=HUNG)
    client.post(
        f"{served_week}/_control/objects/google.spreadsheets/contacts",
        json=google.new_spreadsheet("contacts", "Leads"),
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": salesforce.CLIENT_ID,
        "client_secret": salesforce.CLIENT_SECRET,
    }
    org = client.post(f"{served_week}/salesforce/services/oauth2/token", data=form).json()[
        "access_token"
    ]
    form = {
        "grant_type": "refresh_token",
        "client_id": zoho.CLIENT_ID,
        "client_secret": zoho.CLIENT_SECRET,
    }
    books = client.post(
        f"{served_week}/zoho/oauth/v2/token", data={**form, "refresh_token": zoho.REFRESH}
    ).json()["access_token"]
    more = {
        "salesforce": {"authorization": f"Bearer {org}"},
        "zoho": {"authorization": f"Zoho-oauthtoken {books}"},
    }
    return HEADERS | more


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_that_is_anything_finds_none(
    served_week: str, tokens: dict[str, dict[str, str]], method: str, path: str
) -> None:
    headers = tokens[path.split("/")[1]]
    with httpx.Client(base_url=served_week, headers=headers, timeout=HUNG) as client:

        @FEW
        @given(body=JSON, place=st.sampled_from(["contacts", "Leads", "1", "%F0%9F%92%A9"]))
        def send(body: Any, place: str) -> None:
            target = re.sub(r"{[\w:]+}", place, path)
            response = client.request(method, target, **({} if method == "GET" else {"json": body}))
            assert response.status_code < 500, response.text
            # 5 searches a second
            reached = response.status_code not in (
                {401} if path.endswith("/search") else {401, 429}
            )
            assert reached, "the request must reach what it is made for"

        send()
