"""What a call undoes that is to be done as a whole or not at all."""

from copy import deepcopy

from sandbox.salesforce.org import Org


class State:
    """The org's records as they were when it was made."""

    def __init__(self, org: Org) -> None:
        self._org = org
        mine = {k: v for k, v in org.store.kinds.items() if k.startswith("salesforce.")}
        self._before = deepcopy(mine)

    def restore(self) -> None:
        """Undo what was done since."""
        store = self._org.store
        for kind in [k for k in store.kinds if k.startswith("salesforce.")]:
            for ident in set(store.all(kind)) - set(self._before.get(kind, {})):
                store.drop(kind, ident)
            store.put_many(kind, self._before.get(kind, {}))
