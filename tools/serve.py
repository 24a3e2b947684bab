"""Serves the API on this machine: the shipped data in, `chalice local` up, a request to try.

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
INTERRUPTED = 130  # as shells say it


def main(
    port: Annotated[
        str, typer.Option(metavar="NUMBER", help=f"1 to {LARGEST_PORT}, on {HOST}")
    ] = str(DEFAULT_PORT),
) -> None:
    """Serve the API on this machine, with the shipped data where the store is empty.

    Settings in the environment go before those of the stage local in .chalice/config.json.
    """
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Ctrl-C too: whoever started us in the background may have left it switched off.
        signal.signal(ending, signal.default_int_handler)
    try:
        number = free(port)
        load_if_empty(local_settings())
        code = serve(number)
    except KeyboardInterrupt:
        print("\nserve: stopped before it answered", flush=True)
        code = INTERRUPTED
    sys.exit(code)


def free(port: str) -> int:
    """Ends the program where `port` is no number of a port, or another program has it."""
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= LARGEST_PORT:
        sys.exit(
            f"serve: the port is {port!r}, not a number from 1 to {LARGEST_PORT}:"
            f" make run PORT={DEFAULT_PORT}"
        )
    number = int(port)
    if error := refusal(number):
        nearby = range(max(number + 1, DEFAULT_PORT), LARGEST_PORT + 1)
        other = next(one for one in (*nearby, *range(DEFAULT_PORT, number)) if not refusal(one))
        sys.exit(
            f"serve: port {number} cannot be had ({error}). {other} is free: make run PORT={other}"
        )
    return number


def refusal(port: int) -> str | None:
    """Why this machine does not give us the port; None where it does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror
    return None


def local_settings() -> Settings:
    """Ends the program where a setting is wrong, or is another stage's."""
    try:
        settings = read_settings("local", os.environ)
    except SettingsError as error:
        sys.exit(f"serve: {error}")
    if not settings.is_local:
        sys.exit(f"serve: LANDSCAPE_STAGE is {settings.stage} in the environment: unset it")
    return settings


def load_if_empty(settings: Settings) -> None:
    """The shipped technologies and projects, where the store has none. Ends the program on failure.

    A load of the same store that was cut short left a mark, and is completed.
    """
    mark = state_directory(os.environ) / "loading-the-shipped-data"
    is_cut_short = mark.exists() and mark.read_text() == settings.store_url
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(settings.store_url)
    reports = reports_of(DATA, "local", if_empty=not is_cut_short)
    if reports is None:
        print("The store has data already, so the shipped data were not loaded.", flush=True)
    elif all(report.is_clean for report in reports):
        print(loaded(reports), flush=True)
    else:
        print_summary(reports, Console(), verbose=False)
        sys.exit("serve: the shipped data could not be loaded, see above")
    mark.unlink()


def loaded(reports: list[Report]) -> str:
    counts = {report.file: report.read for report in reports}
    remarks = sum(len(report.corrections) for report in reports)
    said = f"{counts[str(TECHNOLOGIES)]} technologies and {counts[str(PROJECTS)]} projects loaded"
    if not remarks:
        return f"{said}."
    files = [os.path.relpath(report.file) for report in reports if report.corrections]
    load = [os.path.relpath(BIN / "landscape"), "load --stage local --verbose", *files]
    return f"{said}; {remarks} remarks on the data:\n  {' '.join(load)}"


def serve(port: int) -> int:
    """The exit code, when Ctrl-C or SIGTERM has ended it. Raises KeyboardInterrupt before it answers."""
    command = [str(BIN / "chalice"), "local", "--stage", "local", "--port", str(port)]
    # Ctrl-C is for this process, which then ends the server: Chalice would say "Aborted!" of its own.
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
                print("\nserve: ended", flush=True)
                return 0
        finally:
            server.terminate()
            server.wait()
    sys.exit("serve: the server ended, see above")


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    """Ends the program where the server ends, or takes no connection for a minute."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit("serve: the server ended, see above")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"serve: no answer on port {port} within {START_SECONDS:.0f} s")


def first_screen(port: int) -> str:
    base = f"http://{HOST}:{port}"
    return f"""
The Landscape API answers on {base}. Ctrl-C ends it.
Try it in a browser: {base}/docs
Or on the command line:
  curl '{base}/api/v1/projects?q=survey&limit=3'
"""
