"""The clients of this site's vendors, made from the settings: one CRM, Apollo, Slack."""

from collections.abc import Callable
from dataclasses import dataclass

from app.base.crm_name import CrmName
from app.base.settings import Settings
from connectors.apollo.client import ApolloClient
from connectors.core.crm import Crm
from connectors.core.http import SlidingWindowLimiter
from connectors.core.oauth import TokenAuth
from connectors.hubspot.client import HubSpotHttp
from connectors.hubspot.crm import HubSpotCrm
from connectors.salesforce.auth import by_key, by_secret
from connectors.salesforce.client import SalesforceHttp
from connectors.salesforce.crm import SalesforceCrm
from connectors.slack.client import SlackClient
from connectors.zoho.auth import TokenFile, ZohoGrant
from connectors.zoho.client import ZohoHttp
from connectors.zoho.crm import ZohoCrm
from streams.ports import Clock


@dataclass(slots=True)
class VendorClients:
    """The clients of one process, and their budgets of calls."""

    crm: Crm
    apollo: ApolloClient
    slack: SlackClient
    budgets: list[SlidingWindowLimiter]

    def share(self, part: float) -> None:
        """Use this part, between 0 and 1, of every vendor's limit."""
        self.apollo.share(part)
        for budget in self.budgets:
            budget.share = part

    async def close(self) -> None:
        """Close all connections."""
        for vendor in (self.crm, self.apollo, self.slack):
            await vendor.close()


def make_vendors(settings: Settings, clock: Clock) -> VendorClients:
    """Clients for the settings' addresses and keys."""
    slack = SlidingWindowLimiter(50, 10.0)
    crm, budgets = _CRMS[settings.crm](settings, clock)
    return VendorClients(
        crm=crm,
        apollo=ApolloClient(
            settings.apollo_url,
            settings.apollo_key.get_secret_value(),
            settings.apollo_limit_minute,
        ),
        slack=SlackClient(settings.slack_url, settings.slack_token.get_secret_value(), slack),
        budgets=[*budgets, slack],
    )


def _hubspot(settings: Settings, clock: Clock) -> tuple[Crm, list[SlidingWindowLimiter]]:
    settings.require(*settings.crm_fields())
    calls, search = (
        SlidingWindowLimiter(settings.hubspot_limit_10s, 10.0),
        SlidingWindowLimiter(5, 1.0),
    )
    http = HubSpotHttp(
        settings.hubspot_url, settings.hubspot_token.get_secret_value(), calls, search, clock.now
    )
    return HubSpotCrm(http, clock.now), [calls, search]


def _salesforce(settings: Settings, clock: Clock) -> tuple[Crm, list[SlidingWindowLimiter]]:
    settings.require(*settings.crm_fields())
    base = settings.salesforce_url
    if settings.salesforce_key is not None:
        user, key = settings.salesforce_username, settings.salesforce_key.read_text()
        grant = by_key(
            base, settings.salesforce_client_id, user, key, settings.salesforce_audience, clock.now
        )
    else:
        grant = by_secret(
            base,
            settings.salesforce_client_id,
            settings.salesforce_client_secret.get_secret_value(),
        )
    calls = SlidingWindowLimiter(settings.salesforce_limit_10s, 10.0)
    return SalesforceCrm(SalesforceHttp(base, grant, calls, clock.now), clock.now), [calls]


def _zoho(settings: Settings, clock: Clock) -> tuple[Crm, list[SlidingWindowLimiter]]:
    settings.require(*settings.crm_fields())
    secret, refresh = (
        settings.zoho_client_secret.get_secret_value(),
        settings.zoho_refresh_token.get_secret_value(),
    )
    shared = TokenFile(settings.zoho_token_file)
    bearer = TokenAuth(
        ZohoGrant(settings.zoho_accounts_url, settings.zoho_client_id, secret, refresh),
        shared.recall,
        shared.keep,
    )
    calls = SlidingWindowLimiter(settings.zoho_limit_10s, 10.0)
    return ZohoCrm(
        ZohoHttp(settings.zoho_url, bearer, calls, clock.now, settings.zoho_credits_day), clock.now
    ), [calls]


#: A further CRM is a package that implements crm.Crm, and a line here.
_CRMS: dict[CrmName, Callable[[Settings, Clock], tuple[Crm, list[SlidingWindowLimiter]]]] = {
    CrmName.HUBSPOT: _hubspot,
    CrmName.SALESFORCE: _salesforce,
    CrmName.ZOHO: _zoho,
}
