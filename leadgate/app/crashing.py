"""Named crash points for the crash tests: LEADGATE_CRASH_AT names one, and reaching it is kill -9."""

import os
import signal


def crash_at(point: str) -> None:
    """Die here if the environment asks for it."""
    if os.environ.get("LEADGATE_CRASH_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
