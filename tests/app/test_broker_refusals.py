"""Whatever is wrong with TLS, login or protocol, each program ends in one line that names the
setting."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.app.command_line import Outcome, arguments, run_forked
from tests.app.test_cli_errors import SITE, refusal
from tests.secured_broker import Authority, SecuredBroker

pytestmark = pytest.mark.kafka
USER, PASSWORD = "leadgate-worker", "a-password"
#: Programs that open the connection each in their own way; the first two outlast an outage.
PROGRAMS = ("leadgate worker", "leadgate web", "leadgate poll")
_CHECK_LOGIN = "check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM"
_EXPECTS_LOGIN = "expects a login: set KAFKA_SECURITY_PROTOCOL to"
_SPEAKS_TLS = "speaks TLS on this port: set KAFKA_SECURITY_PROTOCOL to"


class Fault(NamedTuple):
    """Settings that the broker refuses, and what the line about them says.

    Both are formatted with the addresses and files of `places_of`.
    """

    settings: dict[str, str]
    expected: str


FAULTS = {
    "password": Fault({"KAFKA_SASL_PASSWORD": "wrong"}, _CHECK_LOGIN),
    "user": Fault({"KAFKA_SASL_USERNAME": "nobody"}, _CHECK_LOGIN),
    "authority": Fault(
        {"KAFKA_SSL_CAFILE": "{stranger}"},
        "set KAFKA_SSL_CAFILE to the PEM file of the authority that signed it",
    ),
    "name": Fault(
        {"KAFKA_BOOTSTRAP_SERVERS": "{by_number}"},
        "not valid for 127.0.0.1: name it in KAFKA_BOOTSTRAP_SERVERS as its certificate does",
    ),
    "no TLS": Fault({"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}, f"{_SPEAKS_TLS} SSL or SASL_SSL"),
    "a login without TLS": Fault(
        {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, f"{_SPEAKS_TLS} SASL_SSL"
    ),
    "TLS where there is none": Fault(
        {"KAFKA_BOOTSTRAP_SERVERS": "{without_tls}"},
        "a port that does (KAFKA_SECURITY_PROTOCOL is SASL_SSL)",
    ),
    "TLS without a login": Fault({"KAFKA_SECURITY_PROTOCOL": "SSL"}, f"{_EXPECTS_LOGIN} SASL_SSL"),
    "no login": Fault(
        {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_BOOTSTRAP_SERVERS": "{without_tls}"},
        f"{_EXPECTS_LOGIN} SASL_PLAINTEXT",
    ),
    "a login where there is none": Fault(
        {"KAFKA_BOOTSTRAP_SERVERS": "{without_login}"},
        "takes no logins on this port: set KAFKA_SECURITY_PROTOCOL to SSL",
    ),
    "no password": Fault({"KAFKA_SASL_PASSWORD": ""}, "KAFKA_SASL_PASSWORD must be set"),
    "no authority": Fault({"KAFKA_SSL_CAFILE": "{text}"}, "KAFKA_SSL_CAFILE: {text} can't be read"),
    "no right": Fault({}, "give this user the rights of its program (docs/reference/"),
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """A broker that knows one user, who may do nothing."""
    one = SecuredBroker(tmp_path_factory.mktemp("secured"), {"broker": "its-own", USER: PASSWORD})
    one.start()
    yield one
    one.stop()


def places_of(broker: SecuredBroker, directory: Path) -> dict[str, str]:
    """Addresses and files that don't fit this broker."""
    text = directory / "no-certificate.pem"
    text.write_text("no certificate")
    return {
        "stranger": str(Authority(directory, "stranger").file),
        "text": str(text),
        "by_number": f"127.0.0.1:{broker.port}",
        "without_tls": f"localhost:{broker.ports.sasl_plaintext}",
        "without_login": f"localhost:{broker.ports.ssl}",
    }


def settings_of(broker: SecuredBroker, **other: str) -> dict[str, str]:
    """Right settings, but for these."""
    return {
        **SITE,
        "KAFKA_BOOTSTRAP_SERVERS": broker.address,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": PASSWORD,
        "KAFKA_SSL_CAFILE": str(broker.authority.file),
        **other,
    }


def meet(fault: str, command: str, broker: SecuredBroker, directory: Path) -> tuple[Outcome, str]:
    """How a command ends with a fault's settings, and what it is expected to say."""
    places = places_of(broker, directory)
    settings = {name: value.format(**places) for name, value in FAULTS[fault].settings.items()}
    outcome = run_forked(
        *arguments(command, directory),
        settings=settings_of(broker, **settings),
        directory=directory,
    )
    return outcome, FAULTS[fault].expected.format(**places)


@pytest.mark.parametrize("fault", list(FAULTS))
def test_what_is_wrong_is_named_in_one_line(
    broker: SecuredBroker, tmp_path: Path, fault: str
) -> None:
    outcome, expected = meet(fault, "leadgate provision", broker, tmp_path)
    [line] = refusal(outcome).splitlines()
    assert expected in line
    assert PASSWORD not in line


@pytest.mark.parametrize("fault", ["password", "authority", "no TLS", "no right"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_ends_so(
    broker: SecuredBroker, tmp_path: Path, name: str, fault: str
) -> None:
    outcome, expected = meet(fault, name, broker, tmp_path)
    [line] = refusal(outcome).splitlines()
    assert expected in line


def test_doctor_names_it_first_among_its_faults(broker: SecuredBroker, tmp_path: Path) -> None:
    outcome, expected = meet("password", "leadgate doctor", broker, tmp_path)
    assert outcome.code == 1
    assert expected in outcome.out.splitlines()[0]


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_other_mechanisms_log_in(broker: SecuredBroker, tmp_path: Path, mechanism: str) -> None:
    """With each the broker knows the user: it refuses the right, not the login."""
    settings = settings_of(broker, KAFKA_SASL_MECHANISM=mechanism)
    outcome = run_forked("provision", settings=settings, directory=tmp_path)
    assert f"User:{USER}" in refusal(outcome)


def test_tls_alone_connects_as_nobody(broker: SecuredBroker, tmp_path: Path) -> None:
    settings = settings_of(
        broker,
        KAFKA_SECURITY_PROTOCOL="SSL",
        KAFKA_BOOTSTRAP_SERVERS=f"localhost:{broker.ports.ssl}",
    )
    outcome = run_forked("provision", settings=settings, directory=tmp_path)
    assert "User:ANONYMOUS" in refusal(outcome)
