"""The directorates of the Digital Landscape: the list, and the moves that belong to them."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.errors import InvalidError
from chalicelib.models.directorate import Directorates
from chalicelib.models.technology import Technology
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.directorate import DirectorateListChangeBody
from chalicelib.services.directorates import DirectorateRegister
from tools.load.cleaning import Given
from tools.load.reading import Found
from tools.load.report import Report

MEMBERS = ("id", "name", "colour", "enabled", "default")


def take_directorates(
    items: Iterable[object], directorates: DirectorateRegister, report: Report
) -> None:
    """Writes the whole list if the register has none. Otherwise changes nothing."""
    place = Given(report, "directorates")
    given = [item.members(*MEMBERS).value for item in place.of(items).items()]
    report.read = len(given)
    body = [{name: each[name] for name in MEMBERS if name in each} for each in given]
    try:
        wanted = parse(DirectorateListChangeBody, {"directorates": body}).to_record()
    except InvalidError as error:
        place.leave_out(str(error))
        return
    current = directorates.get()
    if current.items == wanted.items:
        report.already_there = len(given)
    elif current.version:
        place.leave_out("the register has another list: replace it with PUT /api/v1/directorates")
    else:
        directorates.replace(Directorates(), wanted)
        report.added = len(given)


def of_known_directorates(found: Found[Technology], known: Directorates) -> Found[Technology]:
    """Removes the default directorate from moves, and reports unknown directorates.

    If the register has no directorates, 0 is the default, as in the Digital Landscape.
    """
    default = next((each.id for each in known.items if each.default), 0)
    moves = tuple(
        replace(move, directorate=None) if move.directorate == default else move
        for move in found.draft.moves
    )
    unknown = {move.directorate for move in moves if move.directorate is not None}
    for each in sorted(unknown - {each.id for each in known.items}):
        what = "the register has no directorate {}: load the list of directorates first"
        found.where.correct(what, str(each))
    return replace(found, draft=replace(found.draft, moves=moves))
