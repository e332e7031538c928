"""What runs until it is ended: broker, sandbox, worker, poller, web server."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.base.crm_name import CrmName
from app.base.errors import UsageError
from app.cli.output import complain, notify
from app.cli.shared import (
    Data,
    Host,
    Port,
    app,
    end_on_signals,
    known_site,
    known_site_or_away,
    run,
    set_up_logs,
    site,
)
from leads.times import parse_time


@app.command()
def broker(data: Data, port: Port = 9092) -> None:
    """Run the local Kafka broker until Ctrl-C."""
    from app.local.broker import FATAL_EXIT, Broker

    set_up_logs()
    one = Broker(data, port)
    end_on_signals()
    try:
        one.start()
        notify(f"broker ready: KAFKA_BOOTSTRAP_SERVERS={one.address}")
        complain(one.watch())
    except KeyboardInterrupt:
        one.stop()
    else:
        raise typer.Exit(FATAL_EXIT)


@app.command()
def sandbox(
    port: Port,
    data: Annotated[
        Path | None,
        typer.Option("--data", file_okay=False, help="Directory for the data; else in memory."),
    ] = None,
    leads: Annotated[int, typer.Option("--leads", min=0, help="How many leads the week has.")] = (
        400
    ),
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other leads.")] = 1,
    latency: Annotated[
        float, typer.Option("--latency", min=0, help="Seconds each answer takes.")
    ] = 0.0,
    host: Host = "127.0.0.1",
    hubspot_limit: Annotated[
        int, typer.Option("--hubspot-limit", min=1, help="HubSpot's calls per 10 s.")
    ] = 100,
    crm: Annotated[
        CrmName, typer.Option("--crm", help="The CRM that the week lies in.")
    ] = CrmName.HUBSPOT,
) -> None:
    """Run the stand-ins of Apollo, the CRMs and Slack until Ctrl-C."""
    from app.cli.http_server import serve
    from sandbox.server import make_sandbox

    set_up_logs()
    stand_ins = make_sandbox(
        data, leads, seed, crm=crm, latency=latency, hubspot_limit=hubspot_limit
    )
    serve(stand_ins, "sandbox", host, port)


@app.command()
def worker(data: Data) -> None:
    """Run every stage until SIGTERM."""
    from app.base.clock import SystemClock
    from app.privacy.lead_keys import wait_without_end
    from app.setup.doctor import wait_until_sound
    from app.worker.process import run_worker

    settings, rules = site(crm=True)
    wait_without_end(settings)
    clock = SystemClock()
    faults = run(wait_until_sound(settings, rules, data))
    if faults:
        raise UsageError("\n".join(faults))
    raise typer.Exit(run_worker(settings, rules, data, clock))


@app.command()
def poll(
    once: Annotated[bool, typer.Option("--once", help="Read each source once, and end.")] = False,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            help="First poll: from this time instead of now (2026-11-24T10:00, seconds since 1970,"
            " or 2h for two hours ago).",
        ),
    ] = "",
) -> None:
    """Poll Apollo and the CRM into Kafka."""
    from app.commands import site as site_commands

    try:
        begin = parse_time(since, time.time()) if since else None
    except ValueError as error:
        raise UsageError(f"--since {error}") from None
    settings, rules = known_site(crm=True, waits=not once)
    run(site_commands.poll(settings, rules, once=once, since=begin))


@app.command()
def web(port: Port = 8080, host: Host = "127.0.0.1") -> None:
    """Take webhooks of Zapier and Apollo until Ctrl-C: POST /capture/zapier, /capture/apollo."""
    from app.base.clock import SystemClock
    from app.cli.http_server import serve
    from app.web.server import make_web

    settings = known_site_or_away("web_secret")
    serve(make_web(settings, SystemClock()), "web", host, port)
