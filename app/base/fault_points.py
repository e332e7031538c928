"""Named points for the crash tests: LEADGATE_CRASH_AT names one, and reaching it is kill -9, or
SIGSTOP after "freeze "."""

import os
import signal


def hit_fault_point(point: str) -> None:
    """Die or freeze here if the environment asks for it."""
    asked = os.environ.get("LEADGATE_CRASH_AT")
    if asked == point:
        os.kill(os.getpid(), signal.SIGKILL)
    elif asked == f"freeze {point}":
        os.kill(os.getpid(), signal.SIGSTOP)
