"""The table that is measured on: the shipped projects, each ten times under other names."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
from create import create_table
from load import load_file
from projects_document import places, read_projects
from reading import read
from register import Register, everything
from report import Report

from bench.builds import ROOT, SETTINGS, TABLE
from bench.work import FIREWALL_VALUE, TECHNOLOGIES
from chalicelib.bootstrap import open_store, services
from chalicelib.firewall import secret
from chalicelib.models.project import ProjectQuery
from chalicelib.models.text import name_key
from chalicelib.routes.projects import in_a_list
from chalicelib.services.projects import Projects
from chalicelib.settings import Settings, stage_environment
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client

TIMES = 10
RADAR = ROOT / "data/ons_radar.json"
SHIPPED = ROOT / "data/ons_projects.json"
WHOLE = "PROJECTS-WHOLE"


def fill(url: str) -> int:
    """Makes the table in the AWS behind `url`; gives how many projects are in it."""
    os.environ |= {"AWS_ENDPOINT_URL": url, **credentials()}
    settings = Settings.read(stage_environment("dev", SETTINGS, ROOT / ".chalice/config.json"))
    create_table(boto3.client("dynamodb"), settings.table, "bench")
    store = open_store(settings)
    technologies, projects = services(store)
    register = Register(technologies, projects)
    load_file(RADAR, register)
    take_shipped(register)
    for technology in TECHNOLOGIES:
        technologies.get(technology)  # raises where the POST would bring one into being
    store.cursor_key()
    now = datetime.now(UTC)
    secret.write(Client(BotoTransport(), settings.table), secret.Secret(), (FIREWALL_VALUE,), now)
    return keep_whole(projects)


def credentials() -> dict[str, str]:
    return {
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }


def take_shipped(register: Register) -> None:
    report = Report(str(SHIPPED))
    source = read(Path(SHIPPED), report)
    for record in list(read_projects(places(source.content, report), report)):
        for n in range(1, TIMES + 1):
            name = f"{record.draft.name} {n}"
            register.take_project(replace(record, draft=replace(record.draft, name=name)))


def keep_whole(projects: Projects) -> int:
    """The list once more, whole projects with technologies' names, for a peer that reads it at once."""
    found = list(everything(projects.find, ProjectQuery()))
    table = boto3.resource("dynamodb").Table(TABLE)
    with table.batch_writer() as batch:
        for project, document in zip(found, in_a_list(projects)(found), strict=True):
            sort_key = f"{name_key(project.name)}\0{project.id}"
            batch.put_item({"pk": WHOLE, "sk": sort_key, "document": document})
    return len(found)
