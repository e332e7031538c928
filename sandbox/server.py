"""The sandbox: local stand-ins of Apollo, the CRMs and Slack in one server, with its controls under
/_control."""

import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import apollo, google, hubspot, salesforce, slack, zoho
from sandbox.faults import Fault, Traffic
from sandbox.generate import PARENT_FIELD, Week
from sandbox.hubspot.hub import Hub
from sandbox.hubspot.simulator import HubSpotStand
from sandbox.salesforce.org import Org
from sandbox.salesforce.simulator import SalesforceStand
from sandbox.scenario import ScenarioPlayer
from sandbox.simulator import CrmSimulator, Held
from sandbox.store import Store, Thing
from sandbox.zoho.org import Org as ZohoOrg
from sandbox.zoho.simulator import ZohoStand


def make_sandbox(
    data: Path | None,
    leads: int,
    seed: int,
    *,
    crm: str = "hubspot",
    latency: float = 0.0,
    hubspot_limit: int = 100,
    search_lag: float = 1.0,
    google_quota: int = google.QUOTA,
) -> FastAPI:
    """The app.

    State is kept in `data`; a week is generated only into an empty one, its CRM part into the
    CRM of that name.
    """
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
    store = Store(data / "sandbox.db" if data else None)
    hub, org, books = Hub(store, search_lag), Org(store), ZohoOrg(store, search_lag)
    stands: dict[str, CrmSimulator] = {
        "hubspot": HubSpotStand(hub),
        "salesforce": SalesforceStand(org),
        "zoho": ZohoStand(books),
    }
    stand = stands[crm]
    if store.get("control", "truth") is None:
        Week(store, stand, leads, seed).make()
        store.put("control", "crm", {"name": crm})
    elif (kept := store.get("control", "crm")) and kept["name"] != crm:
        raise ValueError(
            f"the week in {data} lies in {kept['name']}, not in {crm}: take another directory"
        )
    traffic = Traffic(latency)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store, app.state.traffic = store, traffic
        yield

    app = FastAPI(title="Leadgate sandbox", lifespan=lifespan)
    app.state.stands = stands
    app.add_middleware(BaseHTTPMiddleware, dispatch=traffic.around)
    app.include_router(apollo.make_router(store), prefix="/apollo/api/v1")
    app.include_router(hubspot.make_router(hub, hubspot_limit), prefix="/hubspot")
    app.include_router(slack.make_router(store), prefix="/slack/api")
    app.include_router(google.make_router(store, google_quota), prefix="/google")
    app.include_router(salesforce.make_router(org), prefix="/salesforce")
    app.include_router(zoho.make_router(books), prefix="/zoho")
    _add_controls(app, store, stand, traffic)
    return app


def _add_controls(app: FastAPI, store: Store, crm: CrmSimulator, traffic: Traffic) -> None:
    later = ScenarioPlayer(store, crm)
    views = {
        "people": crm.people,
        "users": crm.users,
        "tasks": crm.tasks,
        "enrolments": crm.enrolments,
    }

    @app.get("/_control/truth")
    async def truth() -> Any:
        return store.get("control", "truth")

    @app.get("/_control/state")
    async def state() -> Any:
        return {
            "calls": dict(traffic.counts),
            "writes": dict(traffic.writes),
            "too_many": traffic.too_many,
            "crm_calls": sum(n for name, n in traffic.counts.items() if crm.calls_at in name),
            "contacts": len(crm.people()),
            "tasks": len(crm.tasks()),
            "messages": len(store.all("slack.messages")),
            "played": bool(store.get("control", "played")),
        }

    @app.get("/_control/objects/{kind}")
    async def objects(kind: str) -> Any:
        return list(store.all(kind).values())

    @app.post("/_control/faults")
    async def add_faults(request: Request) -> Any:
        body = await request.json()
        traffic.faults += [Fault(**fault) for fault in (body if isinstance(body, list) else [body])]
        return {"faults": len(traffic.faults)}

    @app.delete("/_control/faults")
    async def clear_faults() -> Any:
        traffic.faults.clear()
        return {}

    @app.post("/_control/latency/{seconds}")
    async def latency(seconds: float) -> Any:
        traffic.latency = seconds
        return {}

    @app.post("/_control/play")
    async def play(request: Request) -> Any:
        events = (
            await request.json()
            if await request.body()
            else (store.get("control", "later") or {"events": []})["events"]
        )
        for event in events:
            later.play(event)
        store.put("control", "played", {"events": len(events)})
        return {"played": len(events)}

    @app.post("/_control/reindex")
    async def reindex() -> Any:
        crm.reindex()
        return {}

    @app.get("/_control/crm/{what}")
    async def see(what: str) -> Any:
        return views[what]()

    @app.post("/_control/crm/people")
    async def add_person(request: Request) -> Any:
        crm.add_person(Held(**await request.json()))
        return {}

    @app.post("/_control/crm/companies")
    async def add_company(request: Request) -> Any:
        crm.add_company(**await request.json())
        return {}

    @app.post("/_control/objects/{kind}/{ident}")
    async def put(kind: str, ident: str, request: Request) -> Any:
        return store.put(kind, ident, await request.json())

    @app.get("/_control/import.csv")
    async def duplicate_import() -> Response:
        events = (store.get("control", "later") or {"events": []})["events"]
        ids: list[str] = next((e["contacts"] for e in events if e["kind"] == "import"), [])
        return PlainTextResponse(_csv(store, ids), media_type="text/csv")

    @app.get("/_control/faults")
    async def list_faults() -> Response:
        return JSONResponse(
            [{"path": f.path, "kind": f.kind, "times": f.times} for f in traffic.faults]
        )


def _csv(store: Store, ids: list[str]) -> str:
    """Some contacts as a row of Apollo's export each."""
    columns = json.loads((files("sandbox") / "columns.json").read_text())
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    for contact in (store.all("apollo.contacts")[i] for i in ids):
        organization = contact.get("organization") or {}
        domain = organization.get("primary_domain", "")
        facts = store.get("apollo.organizations", domain) or {}
        row = {
            "First Name": contact["first_name"],
            "Last Name": contact["last_name"],
            "Title": contact["title"] or "",
            "Email": contact["email"] or "",
            "Company Name": contact["organization_name"] or "",
            "Email Status": contact["email_true_status"] or "",
            "Country": contact["country"] or "",
            "Website": organization.get("website_url", ""),
            "Industry": facts.get("industry", ""),
            "# Employees": facts.get("estimated_num_employees", ""),
            "Company Country": facts.get("country", ""),
            "Apollo Contact Id": contact["id"],
            "Work Direct Phone": _exported_phone(contact),
            "Do Not Call": "FALSE",
            "Subsidiary of": contact["typed_custom_fields"].get(PARENT_FIELD, ""),
        }
        writer.writerow(row)
    return out.getvalue()


def _exported_phone(contact: Thing) -> str:
    """With the apostrophe that Apollo's export puts before it."""
    numbers = contact["phone_numbers"]
    return "'" + numbers[0]["raw_number"] if numbers else ""


def serve(
    data: Path | None, port: int, leads: int, seed: int, host: str = "127.0.0.1", **more: Any
) -> None:
    """Serve until a signal comes."""
    app = make_sandbox(data, leads, seed, **more)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
