"""Serves the API in a container: `python -m container --port 8080 --health-port 8081`.

The settings are the stage's environment variables, as for the Lambda. Exit codes: 0 after SIGTERM,
1 for a wrong setting, 2 for misuse.
"""

import argparse
import os
import signal
import sys
from dataclasses import replace
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from chalicelib.bootstrap import create_app, open_store
from chalicelib.errors import UnavailableError
from chalicelib.routes.problems import problem_types
from chalicelib.routes.telemetry import log
from chalicelib.settings import Settings, SettingsError
from container.server import Server
from container.worker import Worker

HOST, PORT, HEALTH_PORT = "127.0.0.1", 8080, 8081
WORKERS = 2
REQUEST_SECONDS = 29  # as API Gateway allows
OPTIONS: dict[str, Any] = {
    "workers": WORKERS,
    "worker_class": Worker,
    "threads": 8,
    "keepalive": 75,  # seconds; longer than the load balancer's 60, so it never uses a closed connection
    "graceful_timeout": 25,  # seconds; ECS kills after 30
    "limit_request_line": 8190,  # bytes
    "forwarded_allow_ips": "",  # ignore headers about a request's origin
    "forwarder_headers": "",
    "control_socket_disable": True,
    "worker_tmp_dir": "/dev/shm",  # noqa: S108 - for heartbeats; the root file system is read-only
    "loglevel": "warning",
}


class Starter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    def spawn_worker(self) -> Any:
        """Blocks SIGTERM until the new worker can handle it (Worker.init_signals).

        The inherited handler would lose the signal, and the worker would run until it is killed.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


class Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, settings: Settings, health_port: int, **options: Any) -> None:
        self._settings = settings
        self._health_port = health_port
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        Starter(self).run()

    def load(self) -> Server:
        """Runs in each worker, because processes may not share the connections of a store."""
        store = open_store(self._settings)
        app, types = create_app(self._settings, store), problem_types(self._settings.documentation)
        return Server(app, store, self._health_port, types)


def settings_of(environment: dict[str, str]) -> Settings:
    """The stage's settings, without roles. Raises SettingsError, also on the local stage."""
    settings = Settings.read(environment)
    if settings.is_local:
        raise SettingsError(
            "LANDSCAPE_STAGE is local, and a container accepts no development tokens: set it to dev"
            " or prod, or run landscape serve"
        )
    return replace(settings, roles=())  # no load balancer verifies signatures


def main() -> None:
    parser = argparse.ArgumentParser(
        "container", description="Serve the API behind a load balancer."
    )
    parser.add_argument("--host", default=HOST, help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=PORT, help="port of the API (%(default)s)")
    parser.add_argument(
        "--health-port",
        type=int,
        default=HEALTH_PORT,
        help="port of /live and /ready (%(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=int,
        default=REQUEST_SECONDS,
        help="time limit of a request in seconds: head, body and answer (%(default)s)",
    )
    serve(**vars(parser.parse_args()))


def serve(host: str, port: int, health_port: int, timeout: int = REQUEST_SECONDS) -> None:
    """Runs until SIGTERM. Ends the program with 1 for a wrong setting."""
    if region := os.environ.get("AWS_REGION"):  # ECS sets this one; boto3 reads only the other
        os.environ.setdefault("AWS_DEFAULT_REGION", region)
    binds = [f"{host}:{port}", f"{host}:{health_port}"]
    try:
        settings = settings_of(dict(os.environ))
        gunicorn = Gunicorn(settings, health_port, **OPTIONS, bind=binds, timeout=timeout)
        gunicorn.load()  # finds a wrong setting, and imports once for all workers
    except (SettingsError, UnavailableError) as error:
        sys.exit(f"container: {error}")
    log({"stage": settings.stage, "serves": port, "health": health_port, "workers": WORKERS})
    gunicorn.run()


if __name__ == "__main__":
    main()
