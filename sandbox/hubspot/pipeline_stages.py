"""Pipelines of deals and their stages, as the account has them.

Source: HubSpot's page "Pipelines" and its API's own default pipeline.
"""

from collections.abc import Mapping

from sandbox.hubspot.errors import Misfit, iso
from sandbox.store import Store, Thing

_DEFAULT = (
    ("appointmentscheduled", "Appointment scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified to buy", "0.4"),
    ("presentationscheduled", "Presentation scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision maker bought-in", "0.8"),
    ("contractsent", "Contract sent", "0.9"),
    ("closedwon", "Closed won", "1.0"),
    ("closedlost", "Closed lost", "0.0"),
)
_KIND = "hubspot.pipelines"


class PipelineStages:
    """Reads and writes pipelines; the default one is always there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, *, archived: bool = False) -> list[Thing]:
        """Pipelines of deals in their order."""
        if self._store.get(_KIND, "default") is None:
            self._store.put(_KIND, "default", _default_pipeline())
        found = [one for one in self._store.all(_KIND).values() if one["archived"] == archived]
        return sorted(found, key=lambda one: int(one["displayOrder"]))

    def get(self, ident: str) -> Thing | None:
        """A pipeline that isn't archived."""
        return next((one for one in self.all() if one["id"] == ident), None)

    def put(self, pipeline: Thing) -> Thing:
        """Set a pipeline."""
        return self._store.put(_KIND, pipeline["id"], {**pipeline, "updatedAt": iso()})

    def misfits(self, values: Mapping[str, str]) -> list[Misfit]:
        """What is wrong with a deal's pipeline and stage."""
        pipeline = self.get(values.get("pipeline") or "default")
        if pipeline is None:
            return [Misfit("pipeline", "INVALID_OPTION", f"{values['pipeline']} is no pipeline")]
        stage = values.get("dealstage")
        known = [one["id"] for one in pipeline["stages"] if not one["archived"]]
        if stage and stage not in known:
            said = f"{stage} was not one of the allowed options: [{', '.join(known)}]"
            return [Misfit("dealstage", "INVALID_OPTION", said)]
        return []

    def closing(self, values: Mapping[str, str]) -> dict[str, str]:
        """What HubSpot writes on a deal by its stage: whether it is closed, and won."""
        pipeline = self.get(values.get("pipeline") or "default")
        stages = {one["id"]: one for one in pipeline["stages"]} if pipeline else {}
        stage = stages.get(values.get("dealstage", ""))
        if stage is None:
            return {}
        closed = stage["metadata"].get("isClosed") == "true"
        won = closed and float(stage["metadata"].get("probability", "0")) == 1.0
        return {"hs_is_closed": str(closed).lower(), "hs_is_closed_won": str(won).lower()}


def new_stage(ident: str, label: str, order: int, metadata: Mapping[str, str]) -> Thing:
    """A stage as HubSpot keeps it: one with a probability of 0 or 1 is a closed one."""
    probability = float(metadata["probability"])
    return {
        "id": ident,
        "label": label,
        "displayOrder": order,
        "metadata": {
            **metadata,
            "isClosed": str(metadata.get("isClosed", probability in {0.0, 1.0})).lower(),
        },
        "createdAt": iso(),
        "updatedAt": iso(),
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _default_pipeline() -> Thing:
    stages = [
        new_stage(ident, label, order, {"probability": probability})
        for order, (ident, label, probability) in enumerate(_DEFAULT)
    ]
    return {
        "id": "default",
        "label": "Sales Pipeline",
        "displayOrder": 0,
        "stages": stages,
        "createdAt": iso(),
        "updatedAt": iso(),
        "archived": False,
    }
