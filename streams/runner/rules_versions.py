"""The versions of the rules that a worker knows, by hash.

A lead is decided by one version through all gates.
"""

import asyncio
from collections.abc import Awaitable, Callable

from leads.rule_versions import RuleVersions
from leads.rules import Rules
from streams.ports import Fatal


class RulesRegistry:
    """`current` is what new leads get; older versions serve the leads that carry them
    (docs/design/interleavings.md 16)."""

    def __init__(
        self, current: Rules, fetch: Callable[[], Awaitable[RuleVersions]] | None = None
    ) -> None:
        self._known = {current.hash: current}
        self.current = current.hash
        self._fetch = fetch

    def add(self, rules: Rules) -> None:
        """Know one more version."""
        self._known[rules.hash] = rules

    def get(self, version: str) -> Rules:
        """A version that `have` has made sure of."""
        return self._known[version]

    def knows(self, version: str) -> bool:
        """Whether `get` may be asked for it."""
        return version in self._known

    async def ensure(self, version: str) -> None:
        """Return once the version is known, reading the rules' topic until it is there.

        Raises Fatal after a minute, with the reason if a record under that hash is not believed.
        """
        why = "are in no topic"
        for _ in range(60):
            if version in self._known:
                return
            if self._fetch is None:
                break
            found = await self._fetch()
            self._known = found.known | self._known
            if refused := found.refused.get(version):
                why = f"can't be used as their topic holds them: {refused}"
            if version not in self._known:
                await asyncio.sleep(1)
        raise Fatal(
            f"rules {version} {why}; a lead carries them, so publish them again: leadgate provision"
            " with the file and the release that they are of"
        )
