"""What a request says: its id, its place, its query parameters, its preconditions, its JSON."""

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from chalice.app import Request

from chalicelib.errors import Flaw, InvalidError, MalformedError

LONGEST_PARAMETER = 200
ENTITY_TAG = re.compile(r'(W/)?"([^"]*)"')
# What no text may hold: control characters but tab and line ends, and halves of surrogate pairs.
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def request_id(request: Request) -> str:
    """The gateway's id of this request; on a developer's machine, one made here and kept."""
    own = getattr(request.lambda_context, "aws_request_id", None) or str(uuid.uuid4())
    found: str = request.context.setdefault("requestId", own)
    return found


def prefix(request: Request) -> str:
    """What stands before our paths in the caller's URL: `/dev` on a stage, a base path, or nothing."""
    parts = _segments(request.context.get("path", request.path))
    own = len(_segments(request.path))
    return "".join(f"/{part}" for part in parts[: len(parts) - own])


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def parameters(request: Request, known: Iterable[str]) -> dict[str, str]:
    """The query parameters, each at most once. Raises InvalidError for all others, and unfit values."""
    given = request.query_params
    known = tuple(known)
    found: dict[str, str] = {}
    flaws = []
    for name in given or ():
        values = given.getlist(name) if given else []
        if name not in known:
            flaws.append(
                Flaw(pointer(name), f"unknown query parameter; known are {', '.join(known)}")
            )
        elif len(values) != 1:
            flaws.append(Flaw(pointer(name), "given more than once"))
        elif name == "cursor":  # services.cursors knows a good one
            found[name] = values[0]
        elif UNFIT.search(values[0]):
            flaws.append(Flaw(pointer(name), "holds a control character or half a surrogate pair"))
        elif len(values[0]) > LONGEST_PARAMETER:
            flaws.append(Flaw(pointer(name), "is too long"))
        else:
            found[name] = values[0]
    if flaws:
        raise InvalidError(*flaws)
    return found


def one_of(given: dict[str, str], name: str, choices: Iterable[str]) -> str | None:
    """The value of a query parameter with fixed values. Raises InvalidError for any other."""
    value = given.get(name)
    if value is not None and value not in choices:
        raise InvalidError(Flaw(pointer(name), f"not one of {', '.join(choices)}"))
    return value


def pointer(*parts: str | int) -> str:
    """A JSON Pointer (RFC 6901); long names, which are the caller's, are cut."""
    texts = (str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{text}" for text in texts)


def entity_tags(header: str) -> list[tuple[bool, str]]:
    """The tags that an If-Match or If-None-Match lists: (weak, opaque)."""
    return [(bool(weak), tag) for weak, tag in ENTITY_TAG.findall(header)]


def body_bytes(request: Request) -> bytes:
    """The body as it was sent. Raises MalformedError where the gateway's form of it cannot be undone."""
    try:
        body = request.raw_body
    except ValueError:
        raise MalformedError("The body is not UTF-8") from None
    return body.encode() if isinstance(body, str) else body


def json_object(request: Request) -> dict[str, Any]:
    """The body, a JSON object. Raises MalformedError where it is none, InvalidError for unfit text in it."""
    try:
        value = json.loads(
            body_bytes(request).decode(),
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except UnicodeError:
        raise MalformedError("The body is not UTF-8") from None
    except RecursionError:
        raise MalformedError("The body is nested too deeply") from None
    except ValueError as error:
        raise MalformedError(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedError("The body is not a JSON object")
    flaws = list(_unfit_texts(value, ()))
    if flaws:
        raise InvalidError(*flaws)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _unfit_texts(value: Any, place: tuple[str | int, ...]) -> Iterable[Flaw]:
    if isinstance(value, str):
        if UNFIT.search(value):
            yield Flaw(pointer(*place), "holds a control character or half a surrogate pair")
    elif isinstance(value, dict):
        for name, member in value.items():
            if UNFIT.search(name):
                yield Flaw(
                    pointer(*place), "has a name with a control character or half a surrogate pair"
                )
            else:
                yield from _unfit_texts(member, (*place, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _unfit_texts(member, (*place, number))
