"""The parts of a request: id, path, query parameters, preconditions and JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from chalice.app import MultiDict, Request

from chalicelib.errors import MOST_FLAWS, Flaw, InvalidError, MalformedError
from chalicelib.models.caller import Caller

# Every route also exists under this prefix, for callers that sign with an IAM role.
IAM = "/iam"
LONGEST_PARAMETER = 200
# RFC 9110, 8.8.3. Not compiled: re does it at the first request with such a header.
ENTITY_TAG = r'(W/)?"([^\x00-\x20"\x7f]*)"'
TAG_LIST = rf"[ \t,]*{ENTITY_TAG}([ \t]*,[ \t,]*{ENTITY_TAG})*[ \t,]*"
PLAIN_ID = re.compile(r"[\w=+/-]{1,128}", re.ASCII)
BOM = b"\xef\xbb\xbf"
DEEPEST = 50
TOO_DEEP = f"The body is nested too deeply: use at most {DEEPEST} levels"
NOT_UTF8 = "The body is not UTF-8: encode it as UTF-8"
UNFIT_TEXT = "must not contain control characters, direction changes or half a surrogate pair"
# No text may hold these: control characters except tab and line ends, signs that change the
# direction of writing, and halves of surrogate pairs.
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: its name, its description in the contract, and its values if limited."""

    name: str
    about: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """The argument of a handler: the request, and its parts that were checked."""

    request: Request
    path: Mapping[str, str]
    query: dict[str, str]
    authenticated: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Raises LookupError on a route without an action, which has none."""
        if self.authenticated is None:
            raise LookupError("a public route has no caller")
        return self.authenticated


def prefers(request: Request, kind: str, default: str = "application/json") -> bool:
    """Whether Accept prefers the media type `kind` to `default`; False where both are equal."""
    accept = request.headers.get("accept", "")
    return _quality(accept, kind) > _quality(accept, default)


def _quality(accept: str, kind: str) -> float:
    """The q of the most specific range that has `kind` (RFC 9110, 12.5.1). A malformed q is 0."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *details = (detail.strip() for detail in part.split(";"))
        q = next((detail[2:] for detail in details if detail.startswith("q=")), "1")
        if name in ranges:
            found[name] = float(q) if re.fullmatch(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", q) else 0.0
    return next((found[name] for name in ranges if name in found), 0.0)


def request_id(request: Request) -> str:
    """The gateway's id of this request; without a gateway, an id that is made here and kept.

    A caller can set the gateway's id. If it is too long or has unsafe characters, it is replaced.
    """
    if not PLAIN_ID.fullmatch(request.context.get("requestId") or ""):
        request.context["requestId"] = _extended_id(request) or _own_id(request)
    found: str = request.context["requestId"]
    return found


def request_ids(request: Request) -> dict[str, str]:
    """The ids of this request in a problem and in the log; the extended one only from a gateway."""
    extended = _extended_id(request)
    more = {"extended_request_id": extended} if extended else {}
    return {"request_id": request_id(request), **more}


def _extended_id(request: Request) -> str:
    """The gateway's id that no caller can set; empty where there is none."""
    found: str = request.context.get("extendedRequestId") or ""
    return found if PLAIN_ID.fullmatch(found) else ""


def _own_id(request: Request) -> str:
    from uuid import uuid4  # 2 ms, which requests behind the gateway save

    own: str | None = getattr(request.lambda_context, "aws_request_id", None)
    return own or str(uuid4())


def path_of(request: Request) -> str:
    """The path as the caller sent it, with the stage or base path and with ids."""
    path: str = request.context.get("path", request.path)
    return path.rstrip("/") or "/"


def prefix(request: Request) -> str:
    """The part of the caller's path before ours: a stage or a base path, then `/iam`."""
    parts = _segments(path_of(request))
    own = len(_segments(request.path.removeprefix(IAM)))
    return "".join(f"/{part}" for part in parts[: len(parts) - own])


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def parameters(request: Request, taken: Iterable[Parameter]) -> dict[str, str]:
    """The query parameters. Raises InvalidError for unknown or repeated ones, and unfit values."""
    given = request.query_params or MultiDict({})
    known = {parameter.name: parameter.choices for parameter in taken}
    found: dict[str, str] = {}
    flaws = []
    for name in islice(given, MOST_FLAWS):
        values = given.getlist(name)
        if name not in known:
            cure = f"this path accepts {', '.join(known)}" if known else "remove it"
            flaws.append(Flaw(pointer(name), f"unknown query parameter: {cure}"))
        elif len(values) != 1:
            flaws.append(Flaw(pointer(name), "must be given only once"))
        elif flaw := name != "cursor" and _unfit(values[0], known[name]):
            flaws.append(Flaw(pointer(name), flaw))
        else:  # services.cursors checks a cursor
            found[name] = values[0]
    if flaws:
        raise InvalidError(*flaws)
    return found


def _unfit(value: str, choices: tuple[str, ...]) -> str:
    if UNFIT.search(value):
        return UNFIT_TEXT
    if len(value) > LONGEST_PARAMETER:
        return f"must have at most {LONGEST_PARAMETER} characters"
    return f"must be one of {', '.join(choices)}" if choices and value not in choices else ""


def pointer(*parts: str | int) -> str:
    """A JSON Pointer (RFC 6901). Its parts can come from a caller, so long ones are cut."""
    texts = (str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts[:10])
    return "".join(f"/{text}" for text in texts)


def entity_tags(header: str) -> list[tuple[bool, str]]:
    """The tags in an If-Match or If-None-Match: (weak, opaque).

    Empty for `*`, and for a header that is not wholly a list of tags, as `"1", x` and `*, "1"`.
    """
    if not re.fullmatch(TAG_LIST, header):
        return []
    return [(bool(weak), tag) for weak, tag in re.findall(ENTITY_TAG, header)]


def body_bytes(request: Request) -> bytes:
    """The body as it was sent. Raises MalformedError if it cannot be decoded."""
    try:
        body = request.raw_body
    except ValueError:
        raise MalformedError(NOT_UTF8) from None
    return body.encode() if isinstance(body, str) else body


def json_object(request: Request) -> dict[str, object]:
    """The body, a JSON object. Raises MalformedError for any other, InvalidError for unfit text.

    A byte order mark before it is ignored, as RFC 8259 allows.
    """
    body = body_bytes(request).removeprefix(BOM)
    if not body:
        raise MalformedError("The body is empty: send a JSON object")
    try:
        value = json.loads(
            body.decode(),
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except UnicodeError:
        raise MalformedError(NOT_UTF8) from None
    except RecursionError:
        raise MalformedError(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        what, _, _ = error.msg.partition(" (")  # the rest is advice for Python
        raise MalformedError(f"The body is not JSON: {what} at {where}") from None
    except ValueError as error:
        raise MalformedError(f"The body is not JSON: {_wording(error)}") from None
    if not isinstance(value, dict):
        raise MalformedError("The body must be a JSON object")
    flaws = list(islice(_unfit_texts(value, ()), MOST_FLAWS))
    if flaws:
        raise InvalidError(*flaws)
    return value


def _wording(error: ValueError) -> str:
    return "a number has too many digits" if "digits" in str(error) else str(error)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _unfit_texts(value: object, place: tuple[str | int, ...]) -> Iterator[Flaw]:
    members: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, str):
        if UNFIT.search(value):
            yield Flaw(pointer(*place), UNFIT_TEXT)
    elif isinstance(value, dict):
        if any(UNFIT.search(name) for name in value):
            yield Flaw(pointer(*place), "must not have names with control characters")
        members = ((name, value[name]) for name in value if not UNFIT.search(name))
    elif isinstance(value, list):
        members = enumerate(value)
    if len(place) == DEEPEST:
        raise MalformedError(TOO_DEEP)
    for name, member in members:
        yield from _unfit_texts(member, (*place, name))
