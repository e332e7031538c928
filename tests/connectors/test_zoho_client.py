"""The sandbox is held by Zoho's own SDK, which reads users, org and fields before it sends a
record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as Query
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.record import (
    BodyWrapper,
    DeleteRecordsParam,
    Field,
    GetDeletedRecordsHeader,
    GetDeletedRecordsParam,
    Record,
    RecordOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig

from sandbox.zoho import CLIENT_ID, CLIENT_SECRET, REFRESH


@pytest.fixture(scope="module")
def leads(served: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The SDK's operations on leads; its set-up is global to a process."""
    base, place = f"{served}/zoho", tmp_path_factory.mktemp("sdk")
    (place / "resources").mkdir()
    Initializer.initialize(
        environment=DataCenter.Environment(base, f"{base}/oauth/v2/token", base),
        token=OAuthToken(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, refresh_token=REFRESH),
        store=FileStore(str(place / "tokens")),
        sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
        resource_path=str(place),
        logger=Logger.get_instance(
            level=Logger.Levels.CRITICAL, file_path=str(Path(place) / "log")
        ),
    )
    return RecordOperations("Leads")


def body(*records: dict[str, str], checks: tuple[str, ...] = ()) -> Any:
    """A request with these leads, no workflow running."""
    wrapper, made = BodyWrapper(), []
    for fields in records:
        record = Record()
        record.add_field_value(Field.Leads.company(), "Acme")
        for name, value in fields.items():
            record.add_key_value(name, value)
        made.append(record)
    wrapper.set_data(made)
    wrapper.set_trigger([])
    if checks:
        wrapper.set_duplicate_check_fields(list(checks))
    return wrapper


def codes(response: Any) -> list[str]:
    """Each row's code."""
    return [row.get_code().get_value() for row in response.get_object().get_data()]


def test_rows_are_answered_one_by_one(leads: Any) -> None:
    done = leads.create_records(
        body({"Last_Name": "A", "Email": "a@b.com"}, {"Last_Name": "B", "Email": "nonsense@"})
    )
    assert done.get_status_code() == 207
    assert codes(done) == ["SUCCESS", "INVALID_DATA"]


def test_an_upsert_meets_the_same_address(leads: Any) -> None:
    for action in ("insert", "update"):
        done = leads.upsert_records(body({"Last_Name": "C", "Email": "c@b.com"}, checks=("Email",)))
        [row] = done.get_object().get_data()
        assert row.get_action().get_value() == action


def test_what_was_deleted_is_listed_by_page_and_since_when(leads: Any) -> None:
    made = (
        leads.create_records(body({"Last_Name": "E", "Email": "e@b.com"})).get_object().get_data()
    )
    ident = made[0].get_details()["id"]
    leads.delete_records(ids(str(ident)))
    asked = ParameterMap()
    asked.add(GetDeletedRecordsParam.type, "all")
    asked.add(GetDeletedRecordsParam.page, 1)
    [gone] = leads.get_deleted_records(asked, HeaderMap()).get_object().get_data()
    assert (gone.get_id(), gone.get_type(), gone.get_display_name()) == (int(ident), "recycle", "E")
    late = HeaderMap()
    late.add(
        GetDeletedRecordsHeader.if_modified_since,
        datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
    )
    assert leads.get_deleted_records(asked, late).get_status_code() == 304


def ids(*some: str) -> Any:
    """The parameter of a deletion."""
    named = ParameterMap()
    named.add(DeleteRecordsParam.ids, ",".join(some))
    return named


def test_coql_answers_records(leads: Any) -> None:
    leads.upsert_records(body({"Last_Name": "D'Arcy", "Email": "d@b.com"}, checks=("Email",)))
    asked = Query()
    asked.set_select_query(
        "select Last_Name, Email from Leads where Last_Name in ('D''Arcy') limit 0, 10"
    )
    [found] = CoqlOperations().get_records(asked).get_object().get_data()
    assert found.get_key_value("Email") == "d@b.com"
