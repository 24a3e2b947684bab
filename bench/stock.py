"""The tables that are measured on: the shipped projects, each ten times under other names, and the radar."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
from create import create_table
from load import load_file
from projects_document import places, read_projects
from reading import read
from register import Register, everything
from report import Report

from bench.builds import CREDENTIALS, PEERS_TABLE, ROOT, SETTINGS
from bench.work import BODY, FIREWALL_VALUE
from chalicelib.bootstrap import open_store, services
from chalicelib.firewall import secret
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import HIDDEN_RINGS, TechnologyQuery
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import NewProjectBody
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies
from chalicelib.settings import Settings, stage_environment
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client

TIMES = 10
CONFIG = ROOT / ".chalice/config.json"


def fill(url: str) -> None:
    """Makes both contenders' tables in the AWS behind `url`."""
    os.environ |= {"AWS_ENDPOINT_URL": url, **CREDENTIALS}
    settings = Settings.read(stage_environment("dev", SETTINGS, CONFIG))
    create_table(boto3.client("dynamodb"), settings.table, "bench")
    store = open_store(settings)
    technologies, projects = services(store)
    register = Register(technologies, projects)
    load_file(ROOT / "data/ons_radar.json", register)
    take_shipped(register)
    projects.admit(parse(NewProjectBody, BODY).to_draft())
    store.cursor_key()
    now = datetime.now(UTC)
    secret.write(Client(BotoTransport(), settings.table), secret.Secret(), (FIREWALL_VALUE,), now)
    fill_peers(technologies, projects)


def take_shipped(register: Register) -> None:
    path = ROOT / "data/ons_projects.json"
    report = Report(str(path))
    for record in list(read_projects(places(read(path, report).content, report), report)):
        for n in range(1, TIMES + 1):
            name = f"{record.draft.name} {n}"
            register.take_project(replace(record, draft=replace(record.draft, name=name)))


def fill_peers(technologies: Technologies, projects: Projects) -> None:
    """The same documents, as the peer keeps them: each an item, and all whole in an index by name."""
    kind, name = ({"AttributeName": each, "AttributeType": "S"} for each in ("kind", "name"))
    listed = [
        {"AttributeName": "kind", "KeyType": "HASH"},
        {"AttributeName": "name", "KeyType": "RANGE"},
    ]
    table = boto3.resource("dynamodb").create_table(
        TableName=PEERS_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, kind, name],
        GlobalSecondaryIndexes=[
            {"IndexName": "by-name", "KeySchema": listed, "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    with table.batch_writer() as batch:
        for item in peers_items(technologies, projects):
            batch.put_item(item)


def peers_items(technologies: Technologies, projects: Projects) -> Iterator[dict[str, Any]]:
    """Of technologies only those on the radar are listed together."""
    for text in everything(projects.find, ProjectQuery()):
        project = json.loads(text)
        used = {use["technology"] for use in project["technologies"]} or {"none"}
        more = {"technologies": used, "contacts": "[]", "version": project["version"]}
        yield {**_peers_item("PROJECT", "PROJECT", project), **more}
    for text in everything(technologies.find, TechnologyQuery()):
        found = json.loads(text)
        kind = "HIDDEN" if found["ring"] in HIDDEN_RINGS else "RADAR"
        yield _peers_item("TECHNOLOGY", kind, found)


def _peers_item(what: str, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{what}#{document['id']}",
        "kind": kind,
        "name": f"{name_key(document['name'])}\0{document['id']}",
        "document": json.dumps(document),
    }
