"""What the sandbox's Zoho knows of its modules before anybody adds a field
(docs/design/vendors.md Zoho 2.3, and the SDK's field list)."""

_SHARED = "id Owner Created_Time Modified_Time Created_By Modified_By"
_PERSON = f"{_SHARED} Email Secondary_Email First_Name Last_Name Phone Mobile Email_Opt_Out Lead_Source Last_Activity_Time"
FIELDS = {
    "Leads": f"{_PERSON} Designation Company Website City State Country No_of_Employees Industry Lead_Status Rating",
    "Contacts": f"{_PERSON} Title Account_Name Mailing_City Mailing_State Mailing_Country",
    "Accounts": f"{_SHARED} Account_Name Website Account_Type Industry Employees Parent_Account",
    "Deals": f"{_SHARED} Deal_Name Stage Account_Name Contact_Name",
    "Tasks": f"{_SHARED} Subject Due_Date Status Priority What_Id Who_Id $se_module Remind_At Closed_Time Description",
    "Calls": f"{_SHARED} Subject Call_Type Call_Start_Time Call_Duration What_Id Who_Id $se_module",
    "Events": f"{_SHARED} Event_Title Start_DateTime End_DateTime What_Id Who_Id $se_module",
    "Notes": f"{_SHARED} Note_Title Note_Content Parent_Id $se_module",
}
REQUIRED = {
    "Leads": ("Last_Name", "Company"),
    "Contacts": ("Last_Name",),
    "Accounts": ("Account_Name",),
    "Tasks": ("Subject",),
}
LENGTHS = {
    "First_Name": 40,
    "Last_Name": 80,
    "Company": 200,
    "Designation": 100,
    "Title": 100,
    "Phone": 30,
    "Email": 100,
    "City": 100,
}
READ_ONLY = frozenset(
    {
        "Created_Time",
        "Modified_Time",
        "Created_By",
        "Modified_By",
        "Last_Activity_Time",
        "Closed_Time",
    }
)
#: Fields whose value names another record.
LOOKUPS = {
    "Owner": "users",
    "Account_Name": "Accounts",
    "Parent_Account": "Accounts",
    "Contact_Name": "Contacts",
    "What_Id": "",
    "Who_Id": "Contacts",
    "Parent_Id": "",
}
DATE_TIMES = frozenset({"Remind_At", "Call_Start_Time", "Start_DateTime", "End_DateTime"})
