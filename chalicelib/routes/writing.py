"""PUT and PATCH: the members that must stay as they were read, and the new state."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalice.app import Request

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.bodies.common import Body, check_given, parse, read_only
from chalicelib.routes.requests import json_object, pointer

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
M = TypeVar("M", bound=Body)


class Change(Generic[M]):
    """A PUT or a PATCH: checked as far as possible before the resource is read, then against it."""

    def __init__(self, request: Request, model: type[M]) -> None:
        """Raises MalformedError, InvalidError."""
        self.sent = json_object(request)
        self._model = model
        self._is_patch = request.method == "PATCH"
        if self._is_patch:
            check_given(model, self.sent)
        else:
            self._said = parse(model, self.sent)

    def onto(self, read: Mapping[str, object]) -> M:
        """The new state of the resource. `read` is the state that the writer has read.

        Raises InvalidError where a read-only member differs, or the new state breaks a rule.
        """
        require_unchanged(self.sent, read, read_only(self._model))
        return parse(self._model, merge_patch(read, self.sent)) if self._is_patch else self._said


def merge_patch(target: object, patch: object) -> Any:
    """JSON Merge Patch (RFC 7396): `target` with `patch` applied; null removes a member."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def require_unchanged(
    sent: Mapping[str, object], read: Mapping[str, object], members: Iterable[str]
) -> None:
    """Read-only members may be sent as they were read. Raises InvalidError where one differs."""
    flaws = [
        Flaw(pointer(name), "is read-only: omit it, or send the value that you read")
        for name in members
        if name in sent and not _same(sent[name], read.get(name))
    ]
    if flaws:
        raise InvalidError(*flaws)


def _same(sent: object, read: object) -> bool:
    """Equal as JSON: true is not 1. Times are compared as moments: clients may respell them."""
    if isinstance(read, dict) and isinstance(sent, dict):
        return read.keys() == sent.keys() and all(_same(sent[name], read[name]) for name in read)
    if isinstance(read, list) and isinstance(sent, list):
        return len(read) == len(sent) and all(map(_same, sent, read))
    if isinstance(read, str) and isinstance(sent, str) and TIME.fullmatch(read):
        return sent == read or _moment(sent) == _moment(read)
    return bool(sent == read) and isinstance(sent, bool) == isinstance(read, bool)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
