"""Where a project keeps its source: `source_control` of the Tech Audit Tool's document."""

from cleaning import count_unknown, line, link, listed, mapping, paragraphs, spelling
from report import Place

from chalicelib.models.project import REPOSITORY_TYPES
from chalicelib.routes.bodies.common import LONGEST_TEXT
from chalicelib.routes.bodies.project import MOST_LINKS


def read_repositories(value: object, place: Place) -> list[dict[str, str]]:
    """As the API's body says them; a kind of source control without a link is kept too."""
    found: list[dict[str, str]] = []
    for item, where in listed(value, place):
        said = {"type": item} if isinstance(item, str) else mapping(item, where)
        count_unknown(said, ("type", "links"), where)
        given = line(said.get("type"), where.at("type"))
        links = _links(said.get("links"), where.at("links"))
        if given or links:
            found += [_repository(given, *one) for one in links or [("", "")]]
    if len(found) > MOST_LINKS:
        place.mend(f"{len(found)} where at most {MOST_LINKS} fit: the rest dropped")
    return found[:MOST_LINKS]


def _links(value: object, place: Place) -> list[tuple[str, str]]:
    found = []
    for item, where in listed(value, place):
        said = {"url": item} if isinstance(item, str) else mapping(item, where)
        count_unknown(said, ("url", "description"), where)
        url = link(said.get("url"), where.at("url"))
        if url:
            found.append((url, paragraphs(said.get("description"), where.at("description"))))
    return found


def _repository(given: str, url: str, description: str) -> dict[str, str]:
    """A type that the register does not know is `other`; what it was called goes before the description."""
    known = spelling(given)
    if known in REPOSITORY_TYPES:
        return {"type": known, "url": url, "description": description}
    told = ": ".join(part for part in (given, description) if part)
    return {"type": "other", "url": url, "description": told[:LONGEST_TEXT]}
