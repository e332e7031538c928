"""A site on a broker with TLS, SCRAM and ACLs, where each program has a user of its own."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from app.base.settings import Settings
from app.kafka.access_rights import Program
from reference.pages import FOLDER
from tests.acls import add_acls
from tests.secured_broker import ADMIN, SecuredBroker
from tests.sites import SiteHarness

PAGE = FOLDER / "access-rights.md"
#: Topics between stages are kept for two seconds; all others for days.
STAGES_SHORT = "retention: {stages: 2.3e-5, replay: 0}\n"
USERS = (ADMIN, "broker", *(program.user for program in Program))


def password_of(user: str) -> str:
    """The password of one of USERS."""
    return f"{user}-password"


class SecuredSite(SiteHarness):
    """Commands run as the operator; `LOGIN` gives another program's or user's settings."""

    def __init__(self, data: Path, leads: int = 0) -> None:
        super().__init__(data, leads, rules=lambda text: text + STAGES_SHORT)
        self.secured = SecuredBroker(data / "broker", {user: password_of(user) for user in USERS})
        self.broker = self.secured

    def variables(self) -> dict[str, str]:
        """Those of a site, with TLS and the operator's login."""
        if not isinstance(self.broker, SecuredBroker):
            return super().variables()  # in the first line of __init__
        return {
            **super().variables(),
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SSL_CAFILE": str(self.broker.authority.file),
            **login(Program.OPERATOR.user),
        }

    def settings_of(self, user: str) -> Settings:
        """The settings of a program that has this user."""
        password = SecretStr(password_of(user))
        update = {"kafka_sasl_username": user, "kafka_sasl_password": password}
        return self.settings().model_copy(update=update)

    def grant_rights(self) -> None:
        """Give the users what the commands of the page on access rights give them."""
        asyncio.run(add_acls(self.settings_of(ADMIN), PAGE.read_text()))


def login(user: str) -> dict[str, str]:
    """The settings of a user's login."""
    return {"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": password_of(user)}
