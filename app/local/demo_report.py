"""How a demo ended: every lead's place against the one that its generator intended."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.audit.placement import PlacementLedger
from leads.keys import lead_id


@dataclass(frozen=True, slots=True)
class Summary:
    """JSON, text, and whether every promise held."""

    report: dict[str, Any]
    text: str
    sound: bool


def summarise(
    account: PlacementLedger, truth: dict[str, Any], *, seconds: float, calls: int, data: Path
) -> Summary:
    """The demo's result. `seconds` is the time until all leads were settled, `calls` the number of
    calls to the CRM."""
    verdict = judge(account, truth)
    report = {
        **account.report(),
        "seconds": round(seconds, 1),
        "truth": verdict,
        "calls": calls,
    }
    sound = report["conserved"] and not verdict["wrong"]
    return Summary(report, _text(report, data), sound=sound)


def judge(account: PlacementLedger, truth: dict[str, Any]) -> dict[str, Any]:
    """Compare each group of leads with the places it must have taken."""
    right, wrong = 0, []
    for group in truth["groups"]:
        ids = [lead_id("apollo", i) for i in group["ids"]]
        places = sorted([account.places.get(i, "lost") for i in ids])
        if places == group["places"]:
            right += len(ids)
        else:
            wrong.append(
                {"case": group["case"], "leads": ids, "is": places, "should": group["places"]}
            )
    return {"right": right, "wrong": wrong}


def _text(report: dict[str, Any], data: Path) -> str:
    truth = report["truth"]
    lines = [f"{report['captured']} leads captured, all settled after {report['seconds']} s"]
    for place, count in report["places"].items():
        if count:
            lines.append(f"  {place:11} {count:5}")
    lines.append(f"proof of P1: {_proof(report)}")
    lines.append(f"truth: {truth['right']} right, {len(truth['wrong'])} groups wrong")
    lines += [f"  {group}" for group in truth["wrong"]]
    lines.append(f"calls to the CRM: {report['calls']}; everything is in {data}")
    return "\n".join(lines)


def _proof(report: dict[str, Any]) -> str:
    if report["conserved"]:
        return "every lead is in exactly one place"
    return "BROKEN: " + "; ".join(report["broken"])
