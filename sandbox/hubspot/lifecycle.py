"""The lifecycle stage, which moves forward only.

Source: HubSpot's page "Contacts": a stage before the present one is not written, though the call
succeeds; an empty text clears the stage, after which any can be set.
"""

from sandbox.hubspot.definitions import LIFECYCLE


def stage_after(present: str, asked: str) -> str:
    """The stage that is kept when `asked` is written over `present`.

    Stages that the account has added have no place in HubSpot's order and are always written.
    """
    if not asked or present not in LIFECYCLE or asked not in LIFECYCLE:
        return asked
    return max(present, asked, key=LIFECYCLE.index)
