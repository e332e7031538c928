"""Named points for the crash tests: LEADGATE_CRASH_AT names the point at which the process gets
SIGKILL, or SIGSTOP if `freeze ` precedes the name."""

import os
import signal


def hit_fault_point(point: str) -> None:
    """Kill or stop this process here if the environment names the point."""
    asked = os.environ.get("LEADGATE_CRASH_AT")
    if asked == point:
        os.kill(os.getpid(), signal.SIGKILL)
    elif asked == f"freeze {point}":
        os.kill(os.getpid(), signal.SIGSTOP)
