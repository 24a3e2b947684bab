"""Lists: limit, cursor, and the link to the next page."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.errors import Flaw, InvalidError
from chalicelib.models.page import Page, Position
from chalicelib.models.text import as_json, words
from chalicelib.routes.requests import Call, Parameter, path_of, pointer
from chalicelib.services.cursors import Cursors

MOST_WORDS = 10  # each is compared with every word of up to 500 rows
Q = Parameter(
    "q",
    f"At most {MOST_WORDS} words. Each is the beginning of a word in a project's name, short name or"
    " programme, or in a technology's name or aliases",
)
PAGING = (
    Parameter("limit", "The maximum number of items on a page"),
    Parameter(
        "cursor",
        "The `next_cursor` of the previous page. It is valid only with the same filters and order",
    ),
)
PAGE = {parameter.name for parameter in PAGING}
DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100

Find = Callable[[Position | None, int], Page[str]]  # a page of JSON texts


class Listing:
    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    def answer(self, call: Call, find: Find, owner: str = "") -> Response:
        """The page for the call's parameters. A cursor is valid for the same filters only.

        `owner` is the list's owner where the path names none. Raises InvalidError, MalformedError.
        """
        request, given = call.request, call.query
        limit = _limit(given)
        filters = {name: value for name, value in given.items() if name not in PAGE}
        place = request.path, request.uri_params or None  # {} or None, by the entrance
        binding = json.dumps([*place, sorted(filters.items()), owner])
        cursor = given.get("cursor")
        after = None if cursor is None else self._cursors.open(cursor, binding)
        page = find(after, limit)
        headers = {}
        following = None
        if page.next is not None:
            following = self._cursors.seal(page.next, binding)
            query = urlencode({**given, "cursor": following})
            headers["Link"] = f'<{path_of(request)}?{query}>; rel="next"'
        body = f'{{"items":[{",".join(page.items)}],"next_cursor":{as_json(following)}}}'
        return Response(body, {"Content-Type": "application/json", **headers}, 200)


def _limit(given: dict[str, str]) -> int:
    text = given.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_LIMIT):
        raise InvalidError(
            Flaw(pointer("limit"), f"must be a whole number from 1 to {LARGEST_LIMIT}")
        )
    return int(text)


def search_words(given: dict[str, str]) -> tuple[str, ...]:
    """The words of `q`. Raises InvalidError if it is given with no word or with too many."""
    found = words(given.get("q", ""))
    if "q" in given and not found:
        raise InvalidError(Flaw(pointer("q"), "must contain a word"))
    if len(found) > MOST_WORDS:
        raise InvalidError(Flaw(pointer("q"), f"must contain at most {MOST_WORDS} words"))
    return found
