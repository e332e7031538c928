"""docker-compose.yml can't be started here: it is held to the code instead, to the parts of the
schema that it uses, and to how every process is confined."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.base.settings import PREFIX, Settings

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVICE_KEYS = set(
    "image user read_only tmpfs cap_drop cap_add security_opt pids_limit mem_limit cpus "
    "network_mode environment working_dir volumes command healthcheck depends_on restart".split()
)
CONDITIONS = {"service_completed_successfully", "service_healthy"}
#: These end by themselves: nobody asks for their health.
ONCE = {"own", "install", "provision"}


def test_it_has_every_process_of_a_site() -> None:
    names = set(SERVICES)
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
    for name, service in SERVICES.items():
        assert set(service) <= SERVICE_KEYS, name
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            assert how["condition"] in CONDITIONS, name
            healthy = how["condition"] == "service_healthy"
            assert healthy is (other not in ONCE), f"{name} waits for {other} in the wrong way"
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith(".") or source in COMPOSE["volumes"], volume


def test_every_variable_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {
        name.upper() for name in Settings.model_fields
    }
    for service in SERVICES.values():
        if service["image"].startswith("python"):
            assert set(service["environment"]) <= known


@pytest.mark.parametrize("name", list(SERVICES))
def test_every_process_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"] > 0
    assert service["pids_limit"] > 0
    assert (service["user"].split(":")[0] == "0") is (name == "own")
    assert service.get("cap_add", []) == (["CHOWN"] if name == "own" else [])
    assert ("healthcheck" in service) is (name not in ONCE)
    assert service["restart"] == ("no" if name in ONCE else "on-failure")
    assert ":latest" not in service["image"]


@pytest.mark.parametrize("name", [n for n in SERVICES if n not in {"own", "install"}])
def test_what_runs_cannot_write_the_program(name: str) -> None:
    volumes = SERVICES[name]["volumes"]
    writable = [v.split(":")[1] for v in volumes if not v.endswith(":ro")]
    assert set(writable) <= {"/data", "/var/lib/kafka/data"}


def test_brokers_keep_their_log_in_a_volume_of_their_own() -> None:
    kept = [SERVICES[f"kafka-{n}"]["volumes"] for n in (1, 2, 3)]
    directory = SERVICES["kafka-1"]["environment"]["KAFKA_LOG_DIRS"]
    assert kept == [[f"kafka-{n}:{directory}"] for n in (1, 2, 3)]
