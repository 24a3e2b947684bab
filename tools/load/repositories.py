"""The repositories of a project, as members of the API's body."""

from chalicelib.models.project import REPOSITORY_TYPES
from chalicelib.routes.bodies.project import MOST_LINKS
from tools.load.cleaning import Given, first, spelling


def repositories(given: Given) -> list[dict[str, str]]:
    """One or more repositories for each item. A type without a link is kept."""
    found: list[dict[str, str]] = []
    for item in given.items():
        said = item.members("type", "links", text_is="type")
        name = said["type"].line()
        links = list(filter(any, map(_link, said["links"].items())))
        if not (name or links):
            continue
        if name and spelling(name) not in REPOSITORY_TYPES:
            known = ", ".join(REPOSITORY_TYPES)
            said["type"].correct(f"{{}} is not one of {known}: stored in the description", name)
        found += [_repository(said, name, *link) for link in links or [("", "")]]
    return first(found, MOST_LINKS, given)


def _link(given: Given) -> tuple[str, str]:
    one = given.members("url", "description", text_is="url")
    return one["url"].link(), one["description"].paragraphs()


def _repository(where: Given, name: str, url: str, description: str) -> dict[str, str]:
    """An unknown type becomes `other`, and its name is put before the description."""
    known = spelling(name)
    if known in REPOSITORY_TYPES:
        return {"type": known, "url": url, "description": description}
    if not spelling(description).startswith(known):
        description = where.of(": ".join(filter(None, (name, description)))).paragraphs()
    return {"type": "other", "url": url, "description": description}
