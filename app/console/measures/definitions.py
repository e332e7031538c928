"""What each measure counts, of what, and by which day: as pages and the API state it."""

from app.console.measures.counting import Measure

IMPORT_SUCCESS = Measure(
    key="import_success",
    title="Import success",
    of="exports",
    counted="written to the CRM without a flag",
    definition=(
        "Exports are leads, by the day on which their first record came in, unreadable records"
        " included. One succeeds if it is written to the CRM and nothing stopped it before:"
        " no failed validation (it can't go on as it is), and no flag of a duplicate (it may be, or"
        " is, a known person, or has a known person's address). What is flagged stays so, also if"
        " people let it go on. Leads on their way or in a queue are part of n."
    ),
    good="clean",
    became={
        "clean": "written to the CRM without a flag",
        "invalid": "failed validation",
        "duplicate": "flagged as a duplicate",
        "unreadable": "could not be read",
        "refused": "refused by the CRM",
        "ended": "ended before it was written",
        "waiting": "not written yet",
    },
)
ROUTING_ACCURACY = Measure(
    key="routing_accuracy",
    title="Routing accuracy",
    of="leads routed to a rep, and read back",
    counted="with that rep in the CRM",
    definition=(
        "Leads that the rules of their version gave to a rep, by the day of the first time; those"
        " that a person gave to a rep, or whose owner in the CRM kept them, are left out. The owner"
        " is right if the first check in the CRM, after it was written, shows that rep as an active"
        " owner; an owner who stays only when written a second time in the same check is right,"
        " too. Leads whose owner was not read back, or not yet, are not part of n."
    ),
    good="right",
    became={
        "right": "the rep owns it",
        "other": "the CRM shows another owner",
        "no_owner": "the CRM shows no active owner",
        "automation": "something else keeps changing the owner",
        "refused": "the CRM refused the owner",
        "unchecked": "not read back, or not yet",
    },
    outside=frozenset({"unchecked"}),
)
_CLOCKS = (
    "Clocks of high-intent leads, by the day on which they ended: the rep acted in time, or the"
    " deadline passed. The deadline is two hours after the owner was confirmed, unless"
    " sla.seconds of the rules says otherwise. Clocks that run, or that were withdrawn (the person"
    " opted out, the import was taken back), are not part of n."
)
_ENDS = {"met": "contacted in time", "breached": "not contacted in time"}
FIRST_CONTACT = Measure(
    key="first_contact",
    title="Time to first contact",
    of="clocks that ended",
    counted="contacted in time",
    definition=(
        f"{_CLOCKS} Median and p90 (nine of ten were no slower) count from the confirmed owner to"
        " the rep's first activity. Leads without a known contact count as slower than all others:"
        " where median or p90 is one of them, it is past the deadline."
    ),
    good="met",
    became=_ENDS,
    grouped_by="team",
    has_seconds=True,
)
BREACH_RATE = Measure(
    key="breach_rate",
    title="Breach rate",
    of="clocks that ended",
    counted="not contacted in time",
    definition=f"{_CLOCKS} A contact after the breach leaves it a breach.",
    good="breached",
    became=_ENDS,
    grouped_by="team",
)
ENROLLED = Measure(
    key="enrolled",
    title="Enrolled, and held for want of an owner",
    of="leads that came to routing",
    counted="enrolled",
    definition=(
        "Leads by the day on which they were first routed, or first found no route. Enrolled are"
        " those that have entered a sequence since; held are those that wait now because no route"
        " fits or the CRM shows no active owner, whether they were enrolled before or not. The"
        " rest is with a rep without a sequence, waits for something else, is on its way, or has"
        " ended."
    ),
    good="enrolled",
    became={
        "enrolled": "enrolled",
        "held": "held for want of an owner",
        "other": "neither",
    },
    against="held",
)
BOUNCES = Measure(
    key="bounces",
    title="Bounces by Apollo list",
    of="leads enrolled",
    counted="bounced",
    definition=(
        "Leads by the day on which they first entered a sequence. Bounced are those that a bounced"
        " mail has stopped since. By list, a lead counts for each Apollo list that it has been on;"
        " in all, once."
    ),
    good="bounced",
    became={"bounced": "bounced", "kept": "not bounced"},
    grouped_by="list",
)
#: In the order of the page.
MEASURES = (IMPORT_SUCCESS, ROUTING_ACCURACY, FIRST_CONTACT, BREACH_RATE, ENROLLED, BOUNCES)
