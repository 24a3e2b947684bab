"""Serves the API on this machine: the shipped data in, `chalice local` up, three requests to try.

make run PORT=8000
"""

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.settings import state_directory
from tools.load.command import load_all as load

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
DATA = [ROOT / "data/ons_radar.json", ROOT / "data/ons_projects.json"]
START_SECONDS = 60.0


def load_if_empty() -> None:
    """The shipped technologies and projects, where the store has none. Ends the program on failure.

    A load that was cut short left a mark, and is completed.
    """
    mark = state_directory(os.environ) / "loading-the-shipped-data"
    if_empty = not mark.exists()
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch()
    if load(DATA, "local", if_empty=if_empty):
        sys.exit("serve: the shipped data could not be loaded, see above")
    mark.unlink()


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"serve: port {port} cannot be had ({error.strerror}): try make run PORT=8001")


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    """Ends the program where the server ends, or says nothing for a minute."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit("serve: the server ended, see above")
        if answers(port):
            return
        time.sleep(0.1)
    server.terminate()
    sys.exit(f"serve: no answer on port {port} within {START_SECONDS:.0f} s")


def answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        response.read()  # closed before that, it is a reset, and the server tells of it at length
        return response.status == 200
    except OSError:
        return False
    finally:
        connection.close()


def examples(port: int) -> str:
    base = f"http://{HOST}:{port}"
    return f"""
The Landscape API answers on {base} (Ctrl-C ends it). Three requests to try:

  curl '{base}/api/v1/projects?q=survey&limit=3'
  curl {base}/api/v1/technologies/python/projects
  curl -H "Authorization: Bearer $(make -s token SERVICE=tech-audit-tool EMAIL=me@example.org)" \\
       -H 'Content-Type: application/json' -d '{{"name": "My project"}}' {base}/api/v1/projects
"""


def main(port: Annotated[int, typer.Option(min=1, max=65535)] = 8000) -> None:
    """Serve the API on this machine, with the shipped data where the store is empty."""
    require_free(port)
    load_if_empty()
    command = [str(BIN / "chalice"), "local", "--stage", "local", "--port", str(port)]
    with subprocess.Popen([*command, "--no-autoreload"], cwd=ROOT) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        # Whoever started us in the background may have left Ctrl-C switched off.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            wait_until_it_answers(server, port)
            print(examples(port), flush=True)
            server.wait()
        except KeyboardInterrupt:
            print("\nserve: ended")
        finally:
            server.terminate()
