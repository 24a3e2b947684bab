"""The Digital Landscape's list of directorates: written where the register has none yet."""

from collections.abc import Iterable

from chalicelib.errors import InvalidError
from chalicelib.models.directorate import Directorates
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.directorate import DirectoratesChangeBody
from chalicelib.services.directorates import DirectorateRegister
from tools.load.cleaning import Given
from tools.load.report import Report

MEMBERS = ("id", "name", "colour", "enabled", "default")


def take_directorates(
    items: Iterable[object], directorates: DirectorateRegister, report: Report
) -> None:
    """All of them or none: the list is one record."""
    place = Given(report, "directorates")
    given = [item.members(*MEMBERS).value for item in place.of(items).items()]
    report.read = len(given)
    body = [{name: each[name] for name in MEMBERS if name in each} for each in given]
    try:
        wanted = parse(DirectoratesChangeBody, {"directorates": body}).to_record()
    except InvalidError as error:
        place.leave_out(str(error))
        return
    current = directorates.get()
    if current.items == wanted.items:
        report.already_there = len(given)
    elif current.version:
        place.leave_out("the register has others: replace them with PUT /api/v1/directorates")
    else:
        directorates.replace(Directorates(), wanted)
        report.added = len(given)
