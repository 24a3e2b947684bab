"""A copy of the register to load into for a dry run, so that it tells what the load itself would tell."""

import json
from dataclasses import replace

from register import everything

from chalicelib.bootstrap import open_store, services, sqlite_path
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import TechnologyQuery, technology_from
from chalicelib.settings import Settings
from chalicelib.stores.port import Store


def rehearsal_of(settings: Settings) -> Store:
    """A store in memory: all technologies; of the projects no more than a load looks at, their names."""
    copy = open_store(replace(settings, store_url="sqlite:///:memory:"))
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        return copy  # opening it would make it
    technologies, projects = services(open_store(settings))
    for text in everything(technologies.find, TechnologyQuery()):
        technology = technology_from(json.loads(text))
        if technology.move_count > len(technology.moves):
            newest_first = tuple(everything(technologies.moves, technology.id))
            technology = replace(technology, moves=newest_first[::-1])
        copy.technologies.add(technology)
    for text in everything(projects.find, ProjectQuery()):
        project = json.loads(text)
        copy.projects.add(Project(project["name"], id=project["id"]))
    return copy
