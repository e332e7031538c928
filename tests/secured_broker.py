"""A broker with TLS, SCRAM and ACLs, and the authority that signs its certificate."""

import datetime as dt
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.local.broker import Broker, free_port

#: The user who may do everything; the broker itself is one, too.
ADMIN = "admin"
_BROKER = "broker"
_LOGIN = "org.apache.kafka.common.security"
_VALID = dt.timedelta(days=1)
_HEAP_MB = 320


class Authority:
    """A certificate authority of a test's own, with its files in one directory."""

    def __init__(self, directory: Path, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        root = _certificate(self._name, self._name, self._key.public_key())
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        root = root.add_extension(_usage(signs=True), critical=True)
        root = root.add_extension(_key_id(self._key), critical=False)
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(_pem(root.sign(self._key, hashes.SHA256())))

    def issue(self, path: Path, host: str) -> None:
        """Write a server's key and certificate for one host's name or address, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        names = x509.SubjectAlternativeName([_name_of(host)])
        leaf = _certificate(self._name, subject, key.public_key())
        leaf = leaf.add_extension(names, critical=False)
        leaf = leaf.add_extension(server, critical=False)
        leaf = leaf.add_extension(issuer, critical=False)
        leaf = leaf.add_extension(_usage(signs=False), critical=True)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.touch(0o600)
        path.write_bytes(secret + _pem(leaf.sign(self._key, hashes.SHA256())))


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _VALID,
        not_valid_after=now + _VALID,
    )


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Ports:
    """A broker's listeners beside SASL_SSL, which has the broker's own port."""

    ssl: int
    sasl_plaintext: int


class SecuredBroker(Broker):
    """One broker that lets in whom it knows, and lets them do what an ACL allows.

    Its certificate is for `localhost`, not for 127.0.0.1. `users` are passwords by name; each user
    has SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN. The user `admin` is a superuser.
    """

    def __init__(self, data: Path, users: Mapping[str, str]) -> None:
        super().__init__(data, free_port(), _HEAP_MB)
        self._users = dict(users)
        self._key = data / "broker.pem"
        self.ports = Ports(free_port(), free_port())
        self.authority = Authority(data, "authority")
        self.authority.issue(self._key, "localhost")

    @property
    def address(self) -> str:
        """HOST:PORT of the SASL_SSL listener, by the name in the certificate."""
        return f"localhost:{self.port}"

    def _write_config(self) -> Path:
        path = super()._write_config()
        listeners = {
            "SASL_SSL": self.port,
            "SSL": self.ports.ssl,
            "SASL_PLAINTEXT": self.ports.sasl_plaintext,
        }
        controller = (self.data / "controller.port").read_text()
        bound = [f"{name}://127.0.0.1:{port}" for name, port in listeners.items()]
        advertised = [f"{name}://localhost:{port}" for name, port in listeners.items()]
        with path.open("a") as out:
            out.write(
                f"listeners={','.join(bound)},CONTROLLER://127.0.0.1:{controller}\n"
                f"advertised.listeners={','.join(advertised)}\n"
                "listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,"
                "SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT\n"
                "inter.broker.listener.name=SASL_SSL\n"
                "ssl.keystore.type=PEM\n"
                f"ssl.keystore.location={self._key}\n"
                "ssl.truststore.type=PEM\n"
                f"ssl.truststore.location={self.authority.file}\n"
                "sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN\n"
                "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n"
                "sasl.mechanism.controller.protocol=PLAIN\n"
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
                "allow.everyone.if.no.acl.found=false\n"
                f"super.users=User:{ADMIN};User:{_BROKER}\n"
            )
            for listener in ("sasl_ssl", "sasl_plaintext", "controller"):
                out.write(self._logins(listener))
        return path

    def _logins(self, listener: str) -> str:
        """How one listener checks a login, and how the broker logs in there itself."""
        own = f'username="{_BROKER}" password="{self._users[_BROKER]}"'
        known = " ".join(f'user_{name}="{password}"' for name, password in self._users.items())
        lines = [f"plain.sasl.jaas.config={_LOGIN}.plain.PlainLoginModule required {own} {known};"]
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            module = f"{_LOGIN}.scram.ScramLoginModule required {own};"
            lines.append(f"{mechanism}.sasl.jaas.config={module}")
        return "".join(f"listener.name.{listener}.{line}\n" for line in lines)

    def _first_records(self) -> tuple[str, ...]:
        options: list[str] = []
        for name, password in self._users.items():
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                options += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
        return tuple(options)
