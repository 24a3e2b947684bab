"""A copy of the register to load into for a dry run, so that it tells what the load itself would tell."""

from dataclasses import replace

from register import everything

from chalicelib.bootstrap import open_store, sqlite_path
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import TechnologyQuery
from chalicelib.settings import Settings
from chalicelib.stores.port import Store


def rehearsal_of(settings: Settings) -> Store:
    """A store in memory: all technologies; of the projects no more than a load looks at, their names."""
    copy = open_store(replace(settings, store_url="sqlite:///:memory:"))
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        return copy  # opening it would make it
    store = open_store(settings)
    for technology in everything(store.technologies.find, TechnologyQuery()):
        copy.technologies.add(technology)
    for project in everything(store.projects.find, ProjectQuery()):
        copy.projects.add(Project(project.name, id=project.id), ())
    return copy
