"""The contenders as Lambda runs them, and their tables: the radar, and the projects ten times."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from compileall import compile_dir
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import boto3

from bench.figures import Row
from bench.work import FIREWALL_VALUE, GIVEN
from chalicelib.bootstrap import Services, open_store, services
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import HIDDEN_RINGS, TechnologyQuery
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import NewProjectBody
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.prepare import prepare
from ops.stage import stage_environment
from ops.table.create import create_table
from tools.load.command import load_file
from tools.load.register import Register, everything
from waf import secret

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "bench/peers/fastapi_mangum"
KEPT = ROOT / ".bench"
LARGEST_ZIP = 5.0  # MB
# Packages of Lambda's runtime, which a zip does not need.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
UNCHECKED = PycInvalidationMode.UNCHECKED_HASH  # Python does not check the source


@dataclass(frozen=True)
class Contender:
    """A handler, the folders on its path, and its settings. `package` is the zip to upload."""

    handler: str
    path: tuple[Path, ...]
    package: Path
    environment: Mapping[str, str]


def ours(place: Path) -> Contender:
    """Runs `landscape prepare` and `chalice package` in a copy of the project with all settings."""
    project = place / "project"
    left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, project / name, ignore=left_out)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, project)
    config = project / ".chalice/config.json"
    stages = json.loads(config.read_text())
    stages["stages"]["dev"]["environment_variables"].update(GIVEN["settings"])
    config.write_text(json.dumps(stages))
    prepare(project)
    command = [f"{sys.exec_prefix}/bin/chalice", "package", "--stage", "dev", "made"]
    environment = {**os.environ, **GIVEN["credentials"]}
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)
    package = project / "made/deployment.zip"
    ZipFile(package).extractall(place / "ours")
    resources = json.loads((project / "made/sam.json").read_text())["Resources"]
    made = resources["APIHandler"]["Properties"]
    return Contender(made["Handler"], (place / "ours",), package, made["Environment"]["Variables"])


def peer(place: Path) -> Contender:
    own, package, packages = place / "peer", place / "peer.zip", installed(PEER, place)
    shutil.copytree(PEER, own, ignore=shutil.ignore_patterns("*.txt", "__pycache__"))
    with ZipFile(package, "w", ZIP_DEFLATED) as archive:
        for folder in (own, packages):
            compile_dir(folder, quiet=1, force=True, invalidation_mode=UNCHECKED)
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                name = path.relative_to(folder)
                if path.suffix != ".pyc" and not name.parts[0].startswith(IN_THE_RUNTIME):
                    archive.write(path, name)
    claims = GIVEN["claims"]
    settings = {"TABLE": "peer", "CLIENT_IDS": claims["aud"], "ISSUER": claims["iss"]}
    return Contender("app.handler", (own, packages), package, settings)


def installed(peer: Path, place: Path) -> Path:
    """The folder of a peer's packages. Installs them again if the requirements or Python changed."""
    requirements = peer / "requirements.txt"
    wanted = f"{sys.version}\n{requirements.read_text()}"
    packages = KEPT / sha256(wanted.encode()).hexdigest()[:12]
    if not packages.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, "--target", place / "part", "-r", requirements], check=True)
        (place / "part").rename(packages)
    return packages


def size(*both: Contender) -> Row:
    ours, peer = ([each.package.stat().st_size / 1e6] for each in both)
    return Row("package", "zip, without the SDK", "MB", ours, peer, target=LARGEST_ZIP)


def fill_tables(url: str, place: Path) -> None:
    """Creates both contenders' tables in the AWS behind `url`."""
    os.environ |= {"AWS_ENDPOINT_URL": url, **GIVEN["credentials"]}
    config = ROOT / ".chalice/config.json"
    settings = Settings.read(stage_environment("dev", GIVEN["settings"], config))
    create_table(boto3.client("dynamodb"), settings.table, "bench")
    store = open_store(settings)
    fill(services(store), place)
    store.cursor_key()
    client, now = Client(BotoTransport(), settings.table), datetime.now(UTC)
    secret.write(client, secret.Secret(), (FIREWALL_VALUE,), now)
    table = boto3.resource("dynamodb").create_table(
        TableName="peer",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind", "name")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-name",
                "KeySchema": [
                    {"AttributeName": "kind", "KeyType": "HASH"},
                    {"AttributeName": "name", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    with table.batch_writer() as batch:
        for item in peers_items(services(store)):
            batch.put_item(item)


def fill(found: Services, place: Path) -> None:
    """Loads the records of both contenders into the register."""
    many = place / "projects.json"
    shipped, projects = (ROOT / "data/ons_projects.json").read_text(), []
    for n in range(1, 11):
        for project in json.loads(shipped)["projects"]:
            project["details"][0]["name"] += f" {n}"
            projects.append(project)
    many.write_text(json.dumps({"projects": projects}))
    for path in (ROOT / "data/ons_radar.json", many):
        load_file(path, Register(found))
    found.projects.admit(parse(NewProjectBody, GIVEN["body"]).to_draft())


def peers_items(found: Services) -> Iterator[dict[str, Any]]:
    """The same documents as ours. Technologies outside the radar get a kind of their own."""
    for text in everything(found.projects.find, ProjectQuery()):
        project = json.loads(text)
        used = {use["technology"] for use in project["technologies"]} or {"none"}
        more = {"technologies": used, "contacts": "[]", "version": project["version"]}
        yield {**peers_item("PROJECT", project), "kind": "PROJECT", **more}
    for text in everything(found.technologies.find, TechnologyQuery()):
        technology = json.loads(text)
        kind = "HIDDEN" if technology["ring"] in HIDDEN_RINGS else "RADAR"
        yield {**peers_item("TECHNOLOGY", technology), "kind": kind}


def peers_item(what: str, document: dict[str, Any]) -> dict[str, Any]:
    name = f"{name_key(document['name'])}\0{document['id']}"
    return {"id": f"{what}#{document['id']}", "name": name, "document": json.dumps(document)}
