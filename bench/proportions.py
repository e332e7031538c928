"""A share of cases, with its interval."""

from typing import NamedTuple


class Proportion(NamedTuple):
    """So many of so many."""

    part: int
    whole: int

    def __str__(self) -> str:
        """With its 95 % interval (Wilson)."""
        low, high = self.interval()
        return (
            f"{self.part / self.whole:.1%} ({self.part} of {self.whole}; {low:.1%} to {high:.1%})"
        )

    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 %."""
        z, n = 1.96, self.whole
        rate = self.part / n
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)
