"""What app.py needs where Chalice's own command reads it: the local stage's settings, and an end that is seen."""

import os
import signal
import sys
import threading
from typing import NoReturn

from chalicelib.settings import Settings
from ops.stage import read_settings, taken


def local_settings() -> Settings:
    """The environment over .chalice/config.json, as for every command; tells what the environment said.

    Raises SettingsError.
    """
    settings = read_settings("local", os.environ)
    for name, value in taken("local", os.environ).items():
        print(f"app.py: from the environment, {name}={value}", file=sys.stderr)
    return settings


def give_up(error: Exception) -> NoReturn:
    """Ends Chalice's command with one line and an exit code that is not 0."""
    text = f"app.py: {error}"
    if "local" in sys.argv[1:] and os.environ.get("LANDSCAPE_STAGE") != "local":
        text += "\napp.py: to serve the API on this machine say: chalice local --stage local"
    if threading.current_thread() is threading.main_thread():
        sys.exit(text)
    # A thread of the reloader's, where sys.exit ends nothing. Its parent process reports success
    # however this one ends, unless it is ended itself.
    print(text, file=sys.stderr, flush=True)
    if "CHALICE_WORKER" in os.environ:
        os.kill(os.getppid(), signal.SIGTERM)
    os._exit(1)
