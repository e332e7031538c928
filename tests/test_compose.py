"""docker-compose.yml can't be started here: it is held to the code instead, and to the parts of the
schema that it uses."""

from pathlib import Path

import yaml

from app.base.settings import PREFIX, Settings

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
SERVICE_KEYS = {
    "image",
    "environment",
    "working_dir",
    "volumes",
    "command",
    "depends_on",
    "restart",
}


def test_it_has_the_processes_that_the_issue_names() -> None:
    names = set(COMPOSE["services"])
    assert {
        "kafka-1",
        "kafka-2",
        "kafka-3",
        "worker-1",
        "worker-2",
        "poller",
        "web",
        "sandbox",
    } <= names


def test_services_use_known_keys_and_depend_on_known_services() -> None:
    for name, service in COMPOSE["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith(".") or source in COMPOSE["volumes"], volume


def test_every_variable_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {
        name.upper() for name in Settings.model_fields
    }
    for service in COMPOSE["services"].values():
        if service["image"].startswith("python"):
            assert set(service["environment"]) <= known
