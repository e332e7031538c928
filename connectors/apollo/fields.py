"""The fields that an account has added to Apollo's contacts, by their names and with their options'
labels."""

from typing import Any, NamedTuple, Self

from connectors.apollo.api import ApolloApi
from connectors.apollo.forms import Definition, Definitions
from connectors.core.answers import read, sound, words
from connectors.core.errors import NotInPlan, RecordRejected, Unauthorised


class CustomField(NamedTuple):
    """A field that an account has added: docs/design/vendors.md Apollo 2.1, and the
    OpenAPI's example of GET /typed_custom_fields."""

    id: str
    name: str
    modality: str
    options: dict[str, str]

    @classmethod
    def of(cls, item: Any) -> Self:
        """Out of Apollo's object. Raises ValueError."""
        row = read(item, Definition)
        options: dict[str, str] = {}
        for option in row.picklist_values or row.picklist_options or []:
            if ident := words(option, "id"):
                options[ident] = words(option, "name")
        return cls(row.id, row.name or row.id, row.modality or "", options)

    def label(self, value: Any) -> Any:
        """A value with the labels of its options; the id of a deleted option stays."""
        if isinstance(value, list):
            return list(map(self.label, value))
        if isinstance(value, str):
            return self.options.get(value, value)
        return value


class ApolloFields:
    """See ApolloClient."""

    def __init__(self, api: ApolloApi) -> None:
        self._api = api
        self._fields: dict[str, CustomField] = {}
        self._closed = False
        self._gone: set[str] = set()

    async def custom_fields(self) -> dict[str, CustomField]:
        """The account's own fields by id, with their options' labels.

        GET /fields has names and no options.
        """
        body = await self._api.call(Definitions, "GET", "typed_custom_fields")
        found = sound("Apollo", body.typed_custom_fields, CustomField.of)
        self._fields = {f.id: f for f in found}
        return self._fields

    async def name_fields(self, values: dict[str, Any]) -> dict[str, Any]:
        """A contact's `typed_custom_fields` by the fields' names, with labels for option ids.

        The definitions are read again for an id that is not known yet.
        Empty for a key that may not read them: rules can still name fields by id.
        """
        fresh = set(values) - set(self._fields) - self._gone
        if fresh and not self._closed:
            try:
                await self.custom_fields()
            except (NotInPlan, Unauthorised, RecordRejected):
                self._closed = True
            # a contact can keep a value of a field that was deleted
            self._gone |= fresh - set(self._fields)
        named: dict[str, Any] = {}
        for ident, value in values.items():
            field = self._fields.get(ident)
            if field is not None:
                named[field.name] = field.label(value)
        return named
