"""What the sandbox's Zoho knows of its modules before anybody adds a field
(docs/design/vendors.md Zoho 2.3, and the SDK's field list)."""

_SHARED = "id Owner Created_Time Modified_Time Created_By Modified_By Tag"
_PERSON = (
    f"{_SHARED} Email Secondary_Email First_Name Last_Name Full_Name Phone Mobile Email_Opt_Out"
    " Lead_Source Last_Activity_Time Description"
)
_ACTIVITY = f"{_SHARED} What_Id Who_Id $se_module"
FIELDS = {
    "Leads": f"{_PERSON} Designation Company Website City State Country No_of_Employees Industry Lead_Status Rating",
    "Contacts": f"{_PERSON} Title Account_Name Mailing_City Mailing_State Mailing_Country",
    "Accounts": f"{_SHARED} Account_Name Website Phone Account_Type Industry Employees Parent_Account",
    "Deals": f"{_SHARED} Deal_Name Stage Account_Name Contact_Name Closing_Date Amount",
    "Tasks": f"{_ACTIVITY} Subject Due_Date Status Priority Remind_At Closed_Time Description",
    "Calls": f"{_ACTIVITY} Subject Call_Type Call_Start_Time Call_Duration",
    "Events": f"{_ACTIVITY} Event_Title Start_DateTime End_DateTime",
    "Notes": f"{_SHARED} Note_Title Note_Content Parent_Id $se_module",
}
#: Of a user, as far as queries go along an owner.
USER_FIELDS = frozenset({"id", "email", "first_name", "last_name", "full_name", "status"})
REQUIRED = {
    "Leads": ("Last_Name", "Company"),
    "Contacts": ("Last_Name",),
    "Accounts": ("Account_Name",),
    "Deals": ("Deal_Name", "Stage"),
    "Tasks": ("Subject",),
    "Calls": ("Call_Type", "Call_Start_Time"),
    "Events": ("Event_Title", "Start_DateTime", "End_DateTime"),
    "Notes": ("Note_Content", "Parent_Id"),
}
LENGTHS = {
    "First_Name": 40,
    "Last_Name": 80,
    "Full_Name": 120,
    "Company": 200,
    "Designation": 100,
    "Title": 100,
    "Phone": 30,
    "Mobile": 30,
    "Email": 100,
    "City": 100,
    "Description": 32000,
    "Note_Title": 120,
    "Note_Content": 32000,
}
READ_ONLY = frozenset(
    "Created_Time Modified_Time Created_By Modified_By Last_Activity_Time Closed_Time"
    " Full_Name".split()
)
#: Fields whose value names another record.
LOOKUPS = {
    "Owner": "users",
    "Created_By": "users",
    "Modified_By": "users",
    "Account_Name": "Accounts",
    "Parent_Account": "Accounts",
    "Contact_Name": "Contacts",
    "What_Id": "",
    "Who_Id": "Contacts",
    "Parent_Id": "",
}
DATE_TIMES = frozenset({"Remind_At", "Call_Start_Time", "Start_DateTime", "End_DateTime"})
_OF_TYPE = {
    "bigint": "id",
    "ownerlookup": "Owner Created_By Modified_By",
    "lookup": "Account_Name Parent_Account Contact_Name What_Id Who_Id Parent_Id",
    "datetime": "Created_Time Modified_Time Last_Activity_Time Call_Start_Time Start_DateTime"
    " End_DateTime Closed_Time",
    "date": "Due_Date Closing_Date",
    "email": "Email Secondary_Email",
    "phone": "Phone Mobile",
    "website": "Website",
    "boolean": "Email_Opt_Out",
    "integer": "No_of_Employees Employees",
    "currency": "Amount",
    "picklist": "Lead_Source Industry Lead_Status Rating Account_Type Stage Status Priority"
    " Call_Type",
    "textarea": "Description Note_Content",
}
_TYPES = {name: kind for kind, names in _OF_TYPE.items() for name in names.split()}


def lookup_of(module: str, name: str) -> str | None:
    """The module that a field's value names, '' for one of several; None for no lookup. An
    account's own name is a text."""
    return None if (module, name) == ("Accounts", "Account_Name") else LOOKUPS.get(name)


def type_of(module: str, name: str) -> str:
    """The data type of a field that is there from the start."""
    if (module, name) == ("Accounts", "Account_Name"):
        return "text"
    return _TYPES.get(name, "text")
