"""What runs until it is ended: broker, sandbox, worker, poller, web, demo."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from app.base.clock import SystemClock
from app.base.settings import load_settings
from app.base.vendor_settings import CrmName
from app.cli.shared import (
    Data,
    Json,
    app,
    complain,
    errors,
    known_site,
    known_site_or_away,
    run,
    show,
    site,
)
from app.commands import site as site_commands
from app.local.broker import FATAL_EXIT, Broker
from app.setup import doctor as doctoring

Leads = Annotated[int, typer.Option("--leads", help="How many leads the week has.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, other leads.")]


@app.command()
def broker(
    data: Data, port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 9092
) -> None:
    """Run the local Kafka broker until Ctrl-C."""
    one = Broker(data, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        one.start()
        errors.print(f"broker ready: KAFKA_BOOTSTRAP_SERVERS={one.address}")
        complain(one.watch())
    except KeyboardInterrupt:
        one.stop()
    else:
        raise typer.Exit(FATAL_EXIT)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Directory for what is kept; else in memory.")
    ] = None,
    leads: Leads = 400,
    seed: Seed = 1,
    latency: Annotated[float, typer.Option("--latency", help="Seconds each answer takes.")] = 0.0,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    hubspot_limit: Annotated[
        int, typer.Option("--hubspot-limit", help="HubSpot's calls per 10 s.")
    ] = 100,
    crm: Annotated[
        CrmName, typer.Option("--crm", help="The CRM that the week lies in.")
    ] = CrmName.HUBSPOT,
) -> None:
    """Run the stand-ins of Apollo, the CRMs and Slack until Ctrl-C."""
    from sandbox.server import serve  # noqa: PLC0415  a worker doesn't load a web server

    serve(data, port, leads, seed, host=host, crm=crm, latency=latency, hubspot_limit=hubspot_limit)


@app.command()
def worker(data: Data) -> None:
    """Run every stage until SIGTERM."""
    from app.worker.process import run_worker  # noqa: PLC0415  Faust takes a second to import

    settings, rules = site()
    clock = SystemClock()
    faults = run(doctoring.wait_until_sound(settings, rules))
    if faults:
        complain("\n".join(faults))
        raise typer.Exit(2)
    raise typer.Exit(run_worker(settings, rules, data, clock))


@app.command()
def poll(
    once: Annotated[bool, typer.Option("--once", help="Read each source once, and end.")] = False,
    since: Annotated[
        float | None,
        typer.Option(
            "--since", help="First poll: from this time (seconds since 1970) instead of now."
        ),
    ] = None,
) -> None:
    """Poll Apollo and the CRM into Kafka."""
    run(site_commands.poll(*known_site(), once=once, since=since))


@app.command()
def web(
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Take webhooks of Zapier and Apollo until Ctrl-C: POST /capture/zapier, /capture/apollo."""
    from app.web.server import serve  # noqa: PLC0415  a worker doesn't load a web server

    settings = known_site_or_away()
    settings.require("web_secret")
    serve(settings, SystemClock(), host, port)


@app.command()
def demo(
    leads: Leads = 400,
    seed: Seed = 1,
    data: Annotated[
        Path | None, typer.Option("--data", help="Directory for what is kept; one for each CRM.")
    ] = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End once every lead is settled.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Broker, sandbox, worker and poller on this machine: a week's leads pass the gates into
    LEADGATE_CRM."""
    from app.local.demo import run_demo  # noqa: PLC0415  only here

    crm = load_settings().crm
    data = data or Path(".data") / ("demo" if crm is CrmName.HUBSPOT else f"demo-{crm}")
    summary = run_demo(
        leads=leads, seed=seed, data=data.resolve(), crm=crm, until_done=until_done, quiet=as_json
    )
    show(summary.report, as_json, summary.text)
    raise typer.Exit(0 if summary.sound else 1)
