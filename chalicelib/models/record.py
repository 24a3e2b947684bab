"""Conversion of records to documents, and of documents of any release to records.

A document may hold members that are unknown to this release, and may lack members that it expects.
Unknown members are kept in the record's `rest` and written back. Missing ones have their defaults.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar


class Record(Protocol):
    """A frozen dataclass whose field `rest` holds the unknown members."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def rest(self) -> Mapping[str, Any]: ...


R = TypeVar("R", bound=Record)
T = TypeVar("T")


def record_from(kind: type[R], document: Mapping[str, Any], **made: Any) -> R:
    """A record of `kind`; `made` are the members that differ from their JSON."""
    members = kind.__dataclass_fields__
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in document.items():
        if name not in members or name == "rest":
            rest[name] = value
        elif name not in made:
            known[name] = tuple(value) if isinstance(value, list) else value
    return kind(**{**known, **made, "rest": rest})


def document_of(record: Record, *, stored: bool, **made: Any) -> dict[str, Any]:
    """The record's members, with the values in `made`. `stored`: with the unknown members."""
    document = dict(record.rest) if stored else {}
    for name in record.__dataclass_fields__:
        if name in made:
            document[name] = made[name]
        elif name != "rest":
            value = getattr(record, name)
            document[name] = list(value) if isinstance(value, tuple) else value
    return document


def changed_members(new: Record, old: Record, among: Iterable[str]) -> set[str]:
    """The members in `among` that differ."""
    return {name for name in among if getattr(new, name) != getattr(old, name)}


def form_of(*kinds: type[Record]) -> str:
    """A text that differs between releases whose records have different members."""
    return "/".join(",".join(kind.__dataclass_fields__) for kind in kinds)


def carry_rest(new: T, old: T) -> T:
    """`new` with the unknown members of each equal record in `old`: clients do not send them back."""
    if isinstance(new, tuple) and isinstance(old, tuple):
        return tuple(_of_equal(one, old) for one in new)  # type: ignore[return-value]
    return old if new == old else new


def _of_equal(one: Any, others: tuple[Any, ...]) -> Any:
    equal = next((other for other in others if other == one), one)
    return replace(one, rest=equal.rest)
