"""The writes of a transaction, and what it means that it was cancelled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import RegisterError
from chalicelib.stores.dynamodb.transport import HELD_UP, REFUSED, CallError


@dataclass(frozen=True, slots=True)
class Action:
    """One of a transaction's writes, and the error that a failed condition of it stands for."""

    write: Mapping[str, Any]
    refused: Callable[[], RegisterError] | None = None


def refusal(actions: Sequence[Action], error: CallError) -> Exception | None:
    """What a cancelled transaction means; None where it was only held up.

    The first action with a reason decides. One that is held up comes before a refusal behind it:
    the transaction that holds it up may be half visible, and is the reason that should be named.
    """
    for action, reason in zip(actions, error.reasons, strict=False):
        if reason in HELD_UP:
            return None
        if reason == REFUSED and action.refused:
            return action.refused()
        if reason != "None":
            return error
    return error
