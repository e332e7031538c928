"""Fields of Salesforce: those that Leadgate adds, and those that it reads."""

from connectors.core.crm_properties import LeadgateProperties
from connectors.core.fields import Field
from connectors.core.lawful_basis import WORDS, BasisProperties

OWN = LeadgateProperties(
    owner="OwnerId",
    key="Leadgate_Key__c",
    lead="Leadgate_Lead__c",
    score="Leadgate_Score__c",
    status="Leadgate_Status__c",
    intent="Leadgate_Intent__c",
    engagement="Leadgate_Engagement__c",
    sequence="Leadgate_Sequence__c",
    reasons="Leadgate_Reasons__c",
    title="Leadgate_Title__c",
    seniority="Leadgate_Seniority__c",
    function="Leadgate_Function__c",
    company="Leadgate_Company__c",
)
BASIS = BasisProperties(
    basis=Field(name="Leadgate_Lawful_Basis__c", label="Leadgate lawful basis", type="text"),
    source=Field(name="Leadgate_Source__c", label="Leadgate source", type="text"),
    words=WORDS,
    basis_is_ours=True,
)
KEY, STATUS, EMAILS = OWN.key, OWN.status, "Leadgate_Emails__c"
EFFECT, DUE = "Leadgate_Effect__c", "Leadgate_Due__c"
_PERSON = (*OWN.fields(), Field(name=EMAILS, label="Leadgate further addresses", type="text"))
_ACTIVITY = (
    Field(name=EFFECT, label="Leadgate effect", type="text"),
    Field(name=DUE, label="Leadgate due", type="moment"),
)
#: Added fields by the object that is described; an activity's are defined on Activity.
FIELDS: dict[str, tuple[Field, ...]] = {"Lead": _PERSON, "Contact": _PERSON, "Task": _ACTIVITY}
IDENTITY = frozenset((KEY, EMAILS)).union(
    "Email FirstName LastName Title Phone Company LeadSource Website NumberOfEmployees".split(),
    "City State Country StateCode CountryCode".split(),
    "MailingCity MailingState MailingCountry MailingStateCode MailingCountryCode".split(),
)
#: Where the Tooling API defines an object's fields, if that is another object.
DEFINED_ON = {"Task": "Activity"}
#: Standard fields that the integration user must see.
NEEDED = {
    "Lead": ("HasOptedOutOfEmail", "EmailBouncedDate"),
    "Contact": ("HasOptedOutOfEmail", "EmailBouncedDate"),
    "Task": (),
}

_SHARED = ("Id", "Email", "FirstName", "LastName", "Title", "Phone", KEY, EMAILS, *OWN.changed())
_SIGNALS = ("HasOptedOutOfEmail", "EmailBouncedDate", "SystemModstamp")
#: What is read of a person, by its object.
READ = {
    "Lead": (
        *_SHARED,
        *_SIGNALS,
        "Company",
        "City",
        "State",
        "Country",
        "IsConverted",
        "ConvertedContactId",
    ),
    "Contact": (
        *_SHARED,
        *_SIGNALS,
        "AccountId",
        "Account.Type",
        "MailingCity",
        "MailingState",
        "MailingCountry",
    ),
}


def is_custom(name: str) -> bool:
    """Whether a field is the client's own or ours, not one of Salesforce's standard fields."""
    return name.endswith("__c")


def is_field(name: str, kind: str) -> bool:
    """Whether an object may have a field that one of the two objects has, so that a query may name
    it."""
    return kind == "Lead" or name in READ[kind] or is_custom(name) or name.startswith("Mailing")
