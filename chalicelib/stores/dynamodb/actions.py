"""The writes of a transaction, and the errors of a cancelled one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import RegisterError
from chalicelib.stores.dynamodb.transport import HELD_UP, REFUSED, CallError


@dataclass(frozen=True, slots=True)
class Action:
    """One of a transaction's writes, and the error to raise if its condition fails."""

    write: Mapping[str, Any]
    refused: Callable[[], RegisterError] | None = None


def refusal(actions: Sequence[Action], error: CallError) -> Exception | None:
    """The error that a cancelled transaction stands for; None if it should be repeated.

    The first action with a reason decides. A conflict before a failed condition means None: the other
    transaction may be half visible, so the condition must be checked again.
    """
    for action, reason in zip(actions, error.reasons, strict=False):
        if reason in HELD_UP:
            return None
        if reason == REFUSED and action.refused:
            return action.refused()
        if reason != "None":
            return error
    return error
