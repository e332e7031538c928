"""The settings of the vendors: addresses, keys and limits."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from app.base.crm_name import CrmName


class VendorSettings(BaseSettings):
    """A part of `Settings`, which gives the fields their variables."""

    apollo_url: str = Field(
        "https://api.apollo.io/api/v1/", description="where Apollo's API is; a stand-in in tests"
    )
    apollo_key: SecretStr = Field(SecretStr(""), description="Apollo's API key")
    apollo_limit_minute: int = Field(
        200, ge=1, description="Apollo's calls a minute and endpoint for the plan"
    )
    crm: CrmName = Field(CrmName.HUBSPOT, description="the CRM that leads are written to")
    hubspot_url: str = Field(
        "https://api.hubapi.com", description="where HubSpot's API is; a stand-in in tests"
    )
    hubspot_token: SecretStr = Field(
        SecretStr(""), description="access token of the private app in HubSpot"
    )
    hubspot_client_secret: SecretStr = Field(
        SecretStr(""), description="client secret of the app whose webhooks leadgate web receives"
    )
    hubspot_limit_10s: int = Field(100, ge=10, description="HubSpot's calls per 10 s for the plan")
    salesforce_url: str = Field("", description="the org's My Domain, https://….my.salesforce.com")
    salesforce_client_id: str = Field("", description="consumer key of the External Client App")
    salesforce_client_secret: SecretStr = Field(
        SecretStr(""), description="that app's secret, for the client credentials flow"
    )
    salesforce_key: Path | None = Field(
        None, description="PEM of the app's certificate, for the JWT bearer flow instead"
    )
    salesforce_username: str = Field(
        "", description="the integration user, for the JWT bearer flow"
    )
    salesforce_audience: str = Field(
        "https://login.salesforce.com",
        description="login host; https://test.salesforce.com for a sandbox",
    )
    salesforce_limit_10s: int = Field(
        100,
        ge=10,
        description="Leadgate's own limit of calls per 10 s; Salesforce's limit is per day",
    )
    zoho_url: str = Field("https://www.zohoapis.com", description="the data centre's API host")
    zoho_accounts_url: str = Field(
        "https://accounts.zoho.com", description="the data centre's login host"
    )
    zoho_client_id: str = Field("", description="id of the server-based or self client")
    zoho_client_secret: SecretStr = Field(SecretStr(""), description="that client's secret")
    zoho_refresh_token: SecretStr = Field(
        SecretStr(""),
        description="that client's refresh token; docs/connectors/zoho.md names its scopes",
    )
    zoho_token_file: Path = Field(
        Path(".zoho-token"),
        description="file in which the processes of a machine share the access token of an hour",
    )
    zoho_credits_day: int = Field(50_000, ge=100, description="API credits of the plan in 24 h")
    zoho_limit_10s: int = Field(
        100, ge=10, description="Leadgate's own limit of calls per 10 s; Zoho's limit is per day"
    )
    slack_url: str = Field(
        "https://slack.com/api/", description="where Slack's API is; a stand-in in tests"
    )
    slack_token: SecretStr = Field(SecretStr(""), description="bot token of the Slack app")
    slack_signing_secret: SecretStr = Field(
        SecretStr(""),
        description="the Slack app's signing secret: without it clicks on buttons are refused",
    )

    plain_http_hosts: str = Field(
        "",
        description="hosts beside this machine whose stand-ins may be called without TLS, separated"
        " by commas; for a sandbox alone: keys and leads travel readable",
    )

    @model_validator(mode="after")
    def _refuse_plain_http(self) -> Self:
        plain = {host.strip().casefold() for host in self.plain_http_hosts.split(",")}
        wrong = [name for name in self._addresses() if not _is_safe(getattr(self, name), plain)]
        if wrong:
            prefix = self.model_config.get("env_prefix", "")
            variables = ", ".join(prefix + name.upper() for name in wrong)
            raise ValueError(
                f"{variables}: must be an https:// address; http:// is for this machine, and for"
                " hosts in LEADGATE_PLAIN_HTTP_HOSTS"
            )
        return self

    @classmethod
    def _addresses(cls) -> list[str]:
        """The fields that say where keys are sent."""
        names = [name for name in cls.model_fields if name.endswith(("_url", "_audience"))]
        return [name for name in names if cls.model_fields[name].annotation is str]

    def crm_fields(self) -> tuple[str, ...]:
        """The names of the fields that the chosen CRM needs, whether set or not."""
        match self.crm:
            case CrmName.HUBSPOT:
                return ("hubspot_token",)
            case CrmName.ZOHO:
                return "zoho_client_id", "zoho_client_secret", "zoho_refresh_token"
            case CrmName.SALESFORCE:
                by_key = self.salesforce_key is not None
                login = "salesforce_username" if by_key else "salesforce_client_secret"
                return "salesforce_url", "salesforce_client_id", login


def _is_safe(url: str, plain: set[str]) -> bool:
    """Whether what is sent to an address can't be read on the way; an unset address is."""
    if not url:
        return True
    try:
        address = urlsplit(url)
        host = address.hostname or ""
    except ValueError:
        return False
    if address.scheme == "http":
        return host in plain - {""} or _is_this_machine(host)
    return address.scheme == "https" and bool(host)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
