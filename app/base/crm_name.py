"""The names of the CRMs, apart from the settings: the command line needs them before it loads
anything else."""

from enum import StrEnum


class CrmName(StrEnum):
    """The CRMs that have a connector."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    ZOHO = "zoho"
