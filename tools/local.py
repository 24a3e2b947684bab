"""app.py under Chalice's own command: the local settings, and an exit that reports an error."""

import os
import signal
import sys
import threading
from typing import NoReturn

from chalicelib.settings import Settings
from ops.stage import read_settings, taken


def local_settings() -> Settings:
    """Reads .chalice/config.json and the environment, which overrides it. Prints each override.

    Raises SettingsError.
    """
    settings = read_settings("local", os.environ)
    for name, value in taken("local", os.environ).items():
        print(f"app.py: the environment sets {name}={value}", file=sys.stderr)
    return settings


def give_up(error: Exception) -> NoReturn:
    """Ends Chalice's command with the error in one line and a failing exit code."""
    text = f"app.py: {error}"
    if "local" in sys.argv[1:] and os.environ.get("LANDSCAPE_STAGE") != "local":
        text += "\napp.py: to serve the API on this machine, run: chalice local --stage local"
    if threading.current_thread() is threading.main_thread():
        sys.exit(text)
    # In a thread of the reloader sys.exit does not end the process. The parent process reports
    # success however this process ends, so end the parent too.
    print(text, file=sys.stderr, flush=True)
    if "CHALICE_WORKER" in os.environ:
        os.kill(os.getppid(), signal.SIGTERM)
    os._exit(1)
