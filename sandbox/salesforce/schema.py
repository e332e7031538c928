"""What the sandbox's Salesforce knows of its objects before anybody adds a field.

Source: the object reference, and docs/design/vendors.md Salesforce 1.4.
"""

PREFIXES = {
    "Lead": "00Q",
    "Contact": "003",
    "Account": "001",
    "Task": "00T",
    "Event": "00U",
    "Note": "002",
    "User": "005",
    "UserRole": "00E",
    "Group": "00G",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "EmailMessage": "02s",
    "EmailMessageRelation": "0CZ",
    "ActionCadence": "77C",
    "ActionCadenceTracker": "77D",
    "PermissionSet": "0PS",
    "PermissionSetAssignment": "0Pa",
    "FieldPermissions": "01k",
    "CustomField": "00N",
}
_AUDIT = "Id CreatedDate CreatedById LastModifiedDate SystemModstamp IsDeleted"
_EMAIL = "EmailBouncedReason EmailBouncedDate HasOptedOutOfEmail DoNotCall LastActivityDate MasterRecordId"
FIELDS = {
    "Lead": f"{_AUDIT} {_EMAIL} FirstName LastName Name Company Description Email Phone MobilePhone Title City State Country Website Industry "
    "NumberOfEmployees LeadSource Status Rating OwnerId IsConverted ConvertedContactId ConvertedAccountId",
    "Contact": f"{_AUDIT} {_EMAIL} FirstName LastName Name AccountId Email Phone MobilePhone Title MailingCity MailingState "
    "MailingCountry LeadSource OwnerId",
    "Account": f"{_AUDIT} Name Website Type Industry NumberOfEmployees ParentId OwnerId MasterRecordId",
    "Task": f"{_AUDIT} WhoId WhatId OwnerId Subject Description Status Priority ActivityDate IsReminderSet ReminderDateTime "
    "TaskSubtype IsClosed CompletedDateTime",
    "Event": f"{_AUDIT} WhoId WhatId OwnerId Subject StartDateTime EndDateTime DurationInMinutes",
    "Note": f"{_AUDIT} ParentId OwnerId Title Body",
    "User": f"{_AUDIT} Name Email Username IsActive UserType UserRoleId",
    "UserRole": f"{_AUDIT} Name",
    "Group": f"{_AUDIT} Name Type",
    "Opportunity": f"{_AUDIT} AccountId Name StageName CloseDate IsClosed OwnerId",
    "OpportunityContactRole": f"{_AUDIT} ContactId OpportunityId",
    "EmailMessage": f"{_AUDIT} Incoming MessageDate Subject",
    "EmailMessageRelation": f"{_AUDIT} EmailMessageId RelationId RelationType RelationObjectType",
    "ActionCadence": f"{_AUDIT} Name State",
    "ActionCadenceTracker": f"{_AUDIT} ActionCadenceId TargetId OwnerId State CompletionReason",
    "PermissionSet": f"{_AUDIT} Name Label",
    "PermissionSetAssignment": f"{_AUDIT} AssigneeId PermissionSetId",
    "FieldPermissions": f"{_AUDIT} ParentId SobjectType Field PermissionsRead PermissionsEdit",
}
BOOLEAN = frozenset(
    "IsDeleted IsConverted IsActive IsClosed HasOptedOutOfEmail DoNotCall IsReminderSet Incoming PermissionsRead PermissionsEdit".split()
)
DATETIME = frozenset(
    "CreatedDate LastModifiedDate SystemModstamp EmailBouncedDate ReminderDateTime CompletedDateTime StartDateTime EndDateTime "
    "MessageDate".split()
)
READ_ONLY = frozenset(
    "Id CreatedDate CreatedById LastModifiedDate SystemModstamp IsDeleted Name IsConverted ConvertedContactId ConvertedAccountId "
    "MasterRecordId EmailBouncedReason EmailBouncedDate LastActivityDate IsClosed CompletedDateTime".split()
)
#: Objects whose Name is written, not made of first and last name.
NAMED = frozenset(
    {"Account", "PermissionSet", "Opportunity", "ActionCadence", "Group", "User", "UserRole"}
)
READ_ONLY_OBJECTS = frozenset({"ActionCadence", "ActionCadenceTracker", "EmailMessageRelation"})
REQUIRED = {
    "Lead": ("LastName", "Company"),
    "Contact": ("LastName",),
    "Account": ("Name",),
    "Note": ("Title", "ParentId"),
    "Opportunity": ("Name", "StageName", "CloseDate"),
    "FieldPermissions": ("ParentId", "Field"),
}
LENGTHS = {
    "FirstName": 40,
    "LastName": 80,
    "Company": 255,
    "Title": 128,
    "Phone": 40,
    "City": 40,
    "MailingCity": 40,
    "Subject": 255,
}
#: The relationship that a reference field's path goes by.
REFERENCES = {
    "Owner": "OwnerId",
    "Account": "AccountId",
    "ActionCadence": "ActionCadenceId",
    "EmailMessage": "EmailMessageId",
    "Opportunity": "OpportunityId",
    "UserRole": "UserRoleId",
}

#: Child relationships: the object, and its reference to the parent.
CHILDREN = {
    "Account.Contacts": ("Contact", "AccountId"),
    "Account.Opportunities": ("Opportunity", "AccountId"),
    "Account.ChildAccounts": ("Account", "ParentId"),
    "Contact.OpportunityContactRoles": ("OpportunityContactRole", "ContactId"),
    **{
        f"{kind}.{many}": (one, "WhoId")
        for kind in ("Lead", "Contact")
        for one, many in (("Task", "Tasks"), ("Event", "Events"))
    },
    **{f"{kind}.Notes": ("Note", "ParentId") for kind in ("Lead", "Contact", "Account")},
}


def object_of(ident: str) -> str:
    """The object that an id belongs to, by its first three characters; '' for none."""
    return next((name for name, prefix in PREFIXES.items() if prefix == ident[:3]), "")


def full_id(fifteen: str) -> str:
    """The 18-character form: three letters that tell which of the fifteen are capitals."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (fifteen[i : i + 5] for i in (0, 5, 10))
    return fifteen + "".join(
        letters[sum(1 << i for i, c in enumerate(part) if c.isupper())] for part in parts
    )
