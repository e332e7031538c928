"""The settings: environment variables, decoded into one object.

Unknown and missing variables stop the program with a text that names them.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.base.errors import UsageError
from app.base.vendor_settings import VendorSettings
from app.base.weak_secrets import why_weak
from leads.signatures import Signatures

PREFIX = "LEADGATE_"


class SettingsError(UsageError):
    """A setting is missing, wrong or unknown. The text names it."""


def _upper(text: object) -> object:
    if isinstance(text, str):
        return text.upper()
    return text


def _lower(text: object) -> object:
    if isinstance(text, str):
        return text.lower()
    return text


class LogSettings(BaseSettings):
    """The settings that are needed before the first line is logged."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    log: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = Field(
        "INFO",
        description="the lowest level of Leadgate's own lines; libraries log warnings and errors",
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = Field(
        "console", description="how log lines are written: for people, or one JSON object per line"
    )


def _is_address(text: str) -> str:
    if text:
        address_of(text)
    return text


def _are_brokers(text: str) -> str:
    for broker in text.split(","):
        host, *port = broker.strip().split(":", 1)
        if port or not host:
            address_of(broker.strip())
    return text


def _is_strong(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if value and (why := why_weak(value)):
        raise ValueError(f"it {why}")
    return secret


class Settings(VendorSettings, LogSettings):
    """Each field is the variable LEADGATE_<FIELD>; Kafka's own are KAFKA_<FIELD>."""

    web_secret: Annotated[SecretStr, AfterValidator(_is_strong)] = Field(
        SecretStr(""),
        description="the secret that webhooks must send, at least 16 characters; leadgate web needs"
        " it",
    )
    web_address: str = Field(
        "", description="leadgate web's address from outside, as https://leads.acme.com"
    )
    rules: Path = Field(Path("rules.yaml"), description="the file with the rules")
    site_secret: SecretStr = Field(
        SecretStr(""),
        description="the site's secret, at least 16 characters: wraps the keys in the database and"
        " signs orders, unless the next settings say otherwise. It is replaced as"
        " docs/operations.md, Rotation, says",
    )
    wrapping_secret: Annotated[SecretStr, AfterValidator(_is_strong)] = Field(
        SecretStr(""),
        description="the secret of the key that wraps the leads' keys in the database; unset: the"
        " site secret",
    )
    other_wrapping_secret: SecretStr = Field(
        SecretStr(""),
        description="a second such secret, which unwraps only: while it is replaced, the next one"
        " or the former one (docs/operations.md, Rotation)",
    )
    signing_secret: Annotated[SecretStr, AfterValidator(_is_strong)] = Field(
        SecretStr(""),
        description="the secret of the key that signs orders; unset: the site secret",
    )
    other_signing_secret: SecretStr = Field(
        SecretStr(""),
        description="a second such secret, whose signatures are believed, too: while it is"
        " replaced, the next one or the former one (docs/operations.md, Rotation)",
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:///leadgate.db"),
        description="the database of the keys that personal data is sealed with, shared by all"
        " processes of the site: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/DATABASE for"
        " several machines. Lost keys can't be made again: copy it, as the site's data",
    )
    worker_id: str = Field(
        "worker-1",
        min_length=1,
        description="this worker's name: no other has it, and it stays the same over restarts"
        " (static membership)",
    )
    effects: Literal["shadow", "live", "rules"] = Field(
        "rules",
        description=(
            "whether effects are carried out: never (shadow), always (live), or as rules.yaml says"
        ),
    )
    poll_seconds: float = Field(60.0, gt=0, description="seconds between two polls of a source")
    signals_days: int = Field(
        14, ge=1, description="days back over which Apollo's messages are read for bounces, replies"
    )
    overlap_seconds: float = Field(
        300.0, ge=0, description="seconds by which each poll overlaps the one before"
    )
    sheet: Path = Field(
        Path("waiting.csv"), description="CSV file that shows the leads that wait for a person"
    )
    google_sheet: str = Field(
        "",
        description="id of a Google spreadsheet that shows the same as the sheet; needs google_key",
    )
    google_key: Path | None = Field(
        None, description="the service account's JSON key; share the spreadsheet with its address"
    )
    google_url: str = Field(
        "https://sheets.googleapis.com",
        description="where the API of Google Sheets is; a stand-in in tests",
    )
    retention_seconds: float = Field(
        3600.0, gt=0, description="seconds between two looks of a worker for records to delete"
    )
    metrics_address: Annotated[str, AfterValidator(_is_address)] = Field(
        "",
        description=(
            "HOST:PORT where worker and poller serve /metrics, /livez and /readyz; unset: nowhere"
        ),
    )
    kafka_bootstrap_servers: Annotated[str, AfterValidator(_are_brokers)] = Field(
        "127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="the brokers, HOST:PORT each, separated by commas",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT",
        validation_alias="KAFKA_SECURITY_PROTOCOL",
        description="how the brokers are reached: encrypted (SSL), with a password (SASL), or both",
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN",
        validation_alias="KAFKA_SASL_MECHANISM",
        description="how the password is sent to the brokers, with SASL",
    )
    kafka_sasl_username: str = Field(
        "", validation_alias="KAFKA_SASL_USERNAME", description="the user at the brokers, with SASL"
    )
    kafka_sasl_password: SecretStr = Field(
        SecretStr(""),
        validation_alias="KAFKA_SASL_PASSWORD",
        description="that user's password, with SASL",
    )
    kafka_ssl_cafile: Path | None = Field(
        None,
        validation_alias="KAFKA_SSL_CAFILE",
        description="PEM file of the authority that signed the brokers' certificates, with SSL",
    )
    kafka_replication: int = Field(
        1,
        ge=1,
        validation_alias="KAFKA_REPLICATION",
        description="copies of each topic that provision makes; 3 on three brokers",
    )

    @model_validator(mode="after")
    def _refuse_unknown(self) -> Self:
        known = {"LEADGATE_CRASH_AT", *map(_variable_of, type(self).model_fields)}
        unknown = sorted(
            name for name in os.environ if name.startswith(PREFIX) and name not in known
        )
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such setting")
        return self

    def site_secret_weakness(self) -> str:
        """Why the site secret can be guessed (see why_weak). It is no fault of the settings: a site
        that runs goes on with it until it is replaced."""
        return why_weak(self.site_secret.get_secret_value())

    @property
    def signatures(self) -> Signatures:
        """What this site signs orders with. Raises SettingsError without a site secret."""
        self.require("site_secret")
        own = self.signing_secret.get_secret_value() or self.site_secret.get_secret_value()
        other = self.other_signing_secret.get_secret_value()
        return Signatures(own, *filter(None, [other]))

    def require(self, *fields: str) -> None:
        """Raise SettingsError with the variables of those fields that are not set."""
        missing = [_variable_of(field) for field in fields if not _is_set(getattr(self, field))]
        if missing:
            raise SettingsError(f"{', '.join(missing)} must be set")


def _is_set(value: object) -> bool:
    if isinstance(value, SecretStr):
        return bool(value.get_secret_value().strip())
    return bool(value)


def _variable_of(field: str) -> str:
    """A field's environment variable."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias or PREFIX + field.upper())


def load_settings() -> Settings:
    """The settings of this process.

    Raises SettingsError with a line for each fault; the text contains no value.
    """
    return _load(Settings)


def load_log_settings() -> LogSettings:
    """Only the settings that logging needs.

    Raises SettingsError with a line for each fault; the text contains no value.
    """
    return _load(LogSettings)


S = TypeVar("S", bound=LogSettings)


def _load(kind: type[S]) -> S:
    try:
        return kind()
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_input=False):
            message = fault["msg"].removeprefix("Value error, ")
            lines.append(f"{_prefix(fault['loc'])}{message}")
        raise SettingsError("\n".join(lines)) from None


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The values of all secret settings that are set, valid or not."""
    values = []
    for name, field in Settings.model_fields.items():
        value = environment.get(_variable_of(name))
        if field.annotation is SecretStr and value:
            values.append(value)
    return values


def address_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPV6]:PORT`. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("must be HOST:PORT, as 127.0.0.1:9100")
    return host.strip("[]"), int(port)


def _prefix(location: tuple[int | str, ...]) -> str:
    """The variable of a fault and a colon; '' for a fault of the settings as a whole."""
    if not location:
        return ""
    name = str(location[0])
    if not name.isupper():
        name = _variable_of(name)
    return f"{name}: "
