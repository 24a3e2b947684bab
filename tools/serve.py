"""Serves the API on this machine: loads the shipped data and starts `chalice local`.

make run PORT=8000
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chalicelib.settings import Settings, SettingsError, state_directory
from ops.stage import read_settings
from tools.load.command import reports_of
from tools.load.report import Report, print_summary

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
DEFAULT_PORT = 8000
LARGEST_PORT = 65535
TECHNOLOGIES, PROJECTS = DATA = [ROOT / "data/ons_radar.json", ROOT / "data/ons_projects.json"]
START_SECONDS = 60.0
ENDED = "serve: the server ended. Correct the error above and run the command again"
INTERRUPTED = 130  # the exit code of shells after SIGINT


def main(
    port: Annotated[
        str, typer.Option(metavar="NUMBER", help=f"1 to {LARGEST_PORT}, on {HOST}")
    ] = str(DEFAULT_PORT),
) -> None:
    """Serve the API on this machine. An empty store gets the shipped data.

    The environment overrides the settings of the stage local in .chalice/config.json.
    """
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # SIGINT too: a shell that starts a background job sets it to be ignored.
        signal.signal(ending, signal.default_int_handler)
    try:
        number = free(port)
        load_if_empty(local_settings())
        code = serve(number)
    except KeyboardInterrupt:
        print("\nserve: stopped before the API was ready", flush=True)
        code = INTERRUPTED
    sys.exit(code)


def free(port: str) -> int:
    """The port as a number. Ends the program if it is invalid, or in use."""
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= LARGEST_PORT:
        sys.exit(
            f"serve: the port {port!r} is not a number from 1 to {LARGEST_PORT}."
            f" Run: make run PORT={DEFAULT_PORT}"
        )
    number = int(port)
    if error := refusal(number):
        nearby = range(max(number + 1, DEFAULT_PORT), LARGEST_PORT + 1)
        other = next(one for one in (*nearby, *range(DEFAULT_PORT, number)) if not refusal(one))
        sys.exit(
            f"serve: port {number} is not available ({error}). {other} is free. Run: make run PORT={other}"
        )
    return number


def refusal(port: int) -> str | None:
    """The reason why the port is not available; None if it is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror
    return None


def local_settings() -> Settings:
    """Ends the program if a setting is invalid or belongs to another stage."""
    try:
        settings = read_settings("local", os.environ)
    except SettingsError as error:
        sys.exit(f"serve: {error}")
    if not settings.is_local:
        sys.exit(f"serve: LANDSCAPE_STAGE is {settings.stage} in the environment: unset it")
    return settings


def load_if_empty(settings: Settings) -> None:
    """Loads the shipped technologies and projects into an empty store. Ends the program on failure.

    An interrupted load leaves a mark, and the next call for the same store completes it.
    """
    mark = state_directory(os.environ) / "loading-the-shipped-data"
    is_cut_short = mark.exists() and mark.read_text() == settings.store_url
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(settings.store_url)
    reports = reports_of(DATA, "local", if_empty=not is_cut_short)
    if reports is None:
        print("The store already has data. The shipped data was not loaded.", flush=True)
    elif all(report.is_clean for report in reports):
        print(loaded(reports), flush=True)
    else:
        print_summary(reports, Console(), verbose=False)
        sys.exit(
            "serve: the shipped data was not loaded. Correct the errors above and run the command again"
        )
    mark.unlink()


def loaded(reports: list[Report]) -> str:
    counts = {report.file: report.read for report in reports}
    corrected = sum(len(report.corrections) for report in reports)
    said = f"{counts[str(TECHNOLOGIES)]} technologies and {counts[str(PROJECTS)]} projects loaded"
    if not corrected:
        return f"{said}."
    files = [os.path.relpath(report.file) for report in reports if report.corrections]
    load = [os.path.relpath(BIN / "landscape"), "load --stage local --verbose", *files]
    return f"{said}, {corrected} values corrected. List them with:\n  {' '.join(load)}"


def serve(port: int) -> int:
    """Serves until Ctrl-C or SIGTERM: the exit code. Raises KeyboardInterrupt during the start."""
    command = [str(BIN / "chalice"), "local", "--stage", "local", "--port", str(port)]
    # Only this process handles Ctrl-C and then ends the server: Chalice would print "Aborted!".
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with subprocess.Popen(
        [*command, "--no-autoreload"], cwd=ROOT, stdin=subprocess.DEVNULL
    ) as server:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            wait_until_it_answers(server, port)
            try:
                print(first_screen(port), flush=True)
                server.wait()
            except KeyboardInterrupt:
                print("\nserve: stopped", flush=True)
                return 0
        finally:
            server.terminate()
            server.wait()
    sys.exit(ENDED)


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    """Ends the program if the server ends, or takes no connection within START_SECONDS."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit(ENDED)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"serve: no answer on port {port} within {START_SECONDS:.0f} s. Run the command again")


def first_screen(port: int) -> str:
    base = f"http://{HOST}:{port}"
    return f"""
The Landscape API runs on {base}. Press Ctrl-C to stop it.
Try it in a browser: {base}/docs
Or on the command line:
  curl '{base}/api/v1/projects?q=survey&limit=3'
"""
