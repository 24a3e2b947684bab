"""The servers under steady load: the container, and FastAPI on uvicorn, each with both stores."""

import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread

import jwt

from bench.contenders import PEER, ROOT, fill, fill_tables, installed, peers_items
from bench.load import Server
from bench.measure import Endpoint
from bench.work import GIVEN
from chalicelib.bootstrap import open_store, services
from chalicelib.settings import COGNITO_ENDPOINT, Settings
from ops.stage import stage_environment
from tests.support.api import free_port
from tests.support.emulator import Emulator
from tools.token import claims, signing_key

CONFIG = ROOT / ".chalice/config.json"
UVICORN = ROOT / "bench/peers/fastapi_uvicorn"
WORKERS = 2  # as in container/__main__.py
WRITER = "writer@example.org"
Environment = Mapping[str, str]


class Keys(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Logs nothing."""


def user_pool(place: Path, stack: ExitStack) -> tuple[str, str]:
    """The URL of the user pools' keys, and an administrator's token that they verify."""
    settings = Settings.read(stage_environment("dev", GIVEN["settings"], CONFIG))
    pool = settings.pools[0]
    kid, key = signing_key(place, pool.service)
    public = place / "pools" / pool.id / ".well-known/jwks.json"
    public.parent.mkdir(parents=True)
    (place / f"{pool.service}.jwks.json").rename(public)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Keys, directory=place / "pools"))
    Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    said = claims(pool, WRITER, ["Admin"], hours=12)
    token = jwt.encode(said, key, algorithm="RS256", headers={"kid": kid})
    return f"http://127.0.0.1:{server.server_port}", token


def dynamodb(place: Path, stack: ExitStack) -> Endpoint:
    """The endpoint for DynamoDB, with both contenders' tables."""
    emulator = Emulator(place).start()
    stack.callback(emulator.stop)
    fill_tables(emulator.url, place)
    endpoint = Endpoint(emulator.url, place)
    stack.callback(endpoint.stop)
    return endpoint


def sqlite_files(place: Path) -> tuple[Environment, Environment]:
    """A database file for each contender, with the same records as the tables in DynamoDB."""
    ours, peers = {"LANDSCAPE_STORE_URL": f"sqlite:///{place}/ours.db"}, f"{place}/peer.db"
    settings = stage_environment("dev", {**GIVEN["settings"], **ours}, CONFIG)
    store = open_store(Settings.read(settings))
    fill(services(store), place)
    with closing(sqlite3.connect(peers)) as connection, connection:
        connection.executescript((UVICORN / "schema.sql").read_text())
        nothing = {"version": 0, "contacts": "[]"}
        items = [nothing | item for item in peers_items(services(store))]
        connection.executemany(
            "INSERT INTO items VALUES (:id, :kind, :name, :version, :document, :contacts)", items
        )
    return ours, {"STORE": "rows", "DATABASE": peers}


def start_ours(given: Environment, keys_url: str, stack: ExitStack) -> Server:
    own = {"LANDSCAPE_REQUIRE_WAF": "false", COGNITO_ENDPOINT: keys_url}
    stage = stage_environment("dev", {**GIVEN["settings"], **own, **given}, CONFIG)
    port, health_port = free_port(), free_port()
    options = f"-m container --port {port} --health-port {health_port}"
    return start([sys.executable, *options.split()], stage, port, stack)


def start_peer(given: Environment, keys_url: str, place: Path, stack: ExitStack) -> Server:
    said, port = GIVEN["claims"], free_port()
    own = {
        "PYTHONPATH": f"{UVICORN}:{PEER}:{installed(UVICORN, place)}",
        "TABLE": "peer",
        "CLIENT_IDS": said["aud"],
        "ISSUER": said["iss"],
        "KEYS_URL": f"{keys_url}/{said['iss'].rpartition('/')[2]}/.well-known/jwks.json",
    }
    python = str(Path(sys.executable).resolve())  # without our packages
    options = f"-S -P -m uvicorn main:app --port {port} --workers {WORKERS}"
    quiet = "--no-access-log --log-level warning"
    return start([python, *options.split(), *quiet.split()], {**own, **given}, port, stack)


def start(command: Sequence[str], given: Environment, port: int, stack: ExitStack) -> Server:
    """Starts a server and waits for it. Its output goes through a pipe, as a container's does."""
    log = Popen(["cat"], stdin=PIPE, stdout=DEVNULL)
    common = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        **GIVEN["credentials"],
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = Popen(command, cwd=ROOT, env={**common, **given}, stdout=log.stdin)
    stack.callback(log.communicate)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    server = Server(port, process)
    server.wait()
    return server
