"""Why a broker that is there can't be used: its certificate, the login, or the protocol.

aiokafka's clients report every failed connect as one KafkaConnectionError, so the reason is found
by a connection of its own.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from app.base.errors import UsageError

_LOGIN_REFUSALS = (SaslAuthenticationFailed, UnsupportedSaslMechanismError, IllegalSaslStateError)
#: Seconds that one broker has for each connection.
_PATIENCE = 5.0
#: X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL's x509_vfy.h.
_OTHER_NAME = frozenset({62, 64})
#: A TLS alert begins with its type and the protocol's major version (RFC 8446, 5.1). Read as the
#: length of a Kafka answer, these are the upper bytes.
_TLS_ALERT = 0x1503


class BrokerRefusalError(UsageError):
    """A broker answers and can't be used with these settings. The text names the setting."""


async def find_refusal(connection: Mapping[str, Any]) -> BrokerRefusalError | None:
    """Why a broker refuses a connection with these keyword arguments of aiokafka's; None if none
    refuses it, or none answers."""
    own = dict(connection)
    for host, port, _ in collect_hosts(own.pop("bootstrap_servers"), randomize=False):
        if why := await _why_refused(host, port, own):
            return BrokerRefusalError(f"the broker at {host}:{port} {why}")
    return None


async def _why_refused(host: str, port: int, own: Mapping[str, Any]) -> str:
    """What completes "the broker …"; '' if it takes the connection, or does not answer."""
    try:
        async with _connected(host, port, own) as connection:
            await connection.send(MetadataRequest([]))
    except ssl.SSLCertVerificationError as error:
        return _of_certificate(error, host)
    except _LOGIN_REFUSALS as error:
        return _of_login(error, own)
    except (KafkaError, OSError, TimeoutError) as error:
        return await _of_protocol(error, host, port, own)
    return ""


@asynccontextmanager
async def _connected(
    host: str, port: int, own: Mapping[str, Any]
) -> AsyncIterator[AIOKafkaConnection]:
    """A connection that has logged in, for as long as a broker may take to answer."""
    async with asyncio.timeout(_PATIENCE):
        connection = await create_conn(host, port, **own)
        try:
            yield connection
        finally:
            connection.close()


def _of_certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code in _OTHER_NAME:
        return (
            f"has a certificate that is not valid for {host}: name it in KAFKA_BOOTSTRAP_SERVERS as"
            " its certificate does"
        )
    return (
        f"has a certificate that is not trusted ({error.verify_message}): set KAFKA_SSL_CAFILE to"
        " the PEM file of the authority that signed it"
    )


def _of_login(error: KafkaError, own: Mapping[str, Any]) -> str:
    mechanism, user = own["sasl_mechanism"], own["sasl_plain_username"]
    match error:
        case UnsupportedSaslMechanismError():
            return f"does not take logins by {mechanism}: set another KAFKA_SASL_MECHANISM"
        case IllegalSaslStateError():
            bare = own["security_protocol"].removeprefix("SASL_")
            return f"takes no logins on this port: set KAFKA_SECURITY_PROTOCOL to {bare}"
    return (
        f"refuses the login of {user} by {mechanism}: check KAFKA_SASL_USERNAME,"
        " KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM"
    )


async def _of_protocol(error: Exception, host: str, port: int, own: Mapping[str, Any]) -> str:
    """Why a broker ends a connection that does not speak as it expects; '' if it just ended."""
    protocol = own["security_protocol"]
    if _is_tls_alert(error):
        wanted = "SASL_SSL" if protocol.startswith("SASL") else "SSL or SASL_SSL"
        return f"speaks TLS on this port: set KAFKA_SECURITY_PROTOCOL to {wanted}"
    if isinstance(error, OSError) and "SSL" in protocol:
        if await _takes(host, port, {"security_protocol": "PLAINTEXT"}):
            return (
                f"does not speak TLS on this port: set KAFKA_BOOTSTRAP_SERVERS to a port that does"
                f" (KAFKA_SECURITY_PROTOCOL is {protocol})"
            )
    elif isinstance(error, KafkaConnectionError) and not protocol.startswith("SASL"):
        wanted = {"SSL": "SASL_SSL", "PLAINTEXT": "SASL_PLAINTEXT"}[protocol]
        if await _takes(host, port, own, SaslHandShakeRequest("PLAIN")):
            return (
                f"expects a login: set KAFKA_SECURITY_PROTOCOL to {wanted}, KAFKA_SASL_MECHANISM,"
                " KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
            )
    return ""


def _is_tls_alert(error: Exception) -> bool:
    cause = error.__cause__
    if not isinstance(cause, asyncio.IncompleteReadError):
        return False
    return (cause.expected or 0) >> 16 == _TLS_ALERT


async def _takes(
    host: str, port: int, own: Mapping[str, Any], request: SaslHandShakeRequest | None = None
) -> bool:
    """Whether a broker takes a connection of this kind, and then this request without an error
    of its state."""
    with suppress(KafkaError, OSError, TimeoutError):
        async with _connected(host, port, own) as connection:
            if request is None:
                return True
            answer = await connection.send(request)
            return bool(answer.error_code != IllegalSaslStateError.errno)
    return False
