"""The vendors of this site, made from the settings: one CRM, Apollo, Slack."""

from dataclasses import dataclass

from leadgate.app.settings import Settings
from leadgate.connectors.apollo.client import ApolloClient
from leadgate.connectors.contract import Crm
from leadgate.connectors.http import Budget
from leadgate.connectors.hubspot.client import HubSpotHttp
from leadgate.connectors.hubspot.crm import HubSpotCrm
from leadgate.connectors.slack.client import SlackClient
from leadgate.streams.ports import Clock


@dataclass(slots=True)
class Vendors:
    """Clients of one process, and the budgets they share."""

    crm: Crm
    apollo: ApolloClient
    slack: SlackClient
    budgets: list[Budget]

    def share(self, part: float) -> None:
        """Take this part of every vendor's limit."""
        self.apollo.share(part)
        for budget in self.budgets:
            budget.share = part

    async def close(self) -> None:
        """Let all connections go."""
        for vendor in (self.crm, self.apollo, self.slack):
            await vendor.close()


def make_vendors(settings: Settings, clock: Clock) -> Vendors:
    """Clients for the settings' addresses and keys."""
    hubspot, search = Budget(settings.hubspot_limit_10s, 10.0), Budget(5, 1.0)
    slack = Budget(50, 10.0)
    http = HubSpotHttp(settings.hubspot_url, settings.hubspot_token.get_secret_value(), hubspot, search)
    return Vendors(
        crm=HubSpotCrm(http, clock.now),
        apollo=ApolloClient(settings.apollo_url, settings.apollo_key.get_secret_value(), settings.apollo_limit_minute),
        slack=SlackClient(settings.slack_url, settings.slack_token.get_secret_value(), slack),
        budgets=[hubspot, search, slack],
    )
