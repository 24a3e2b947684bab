"""What operators' scripts share: the steps to a wanted state, carried out where they are due."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

AS_WANTED = "as wanted"
MISSING = "missing"
SESSION = re.compile(r"(:assumed-role/[^/\s]+/)[^\s,\"']+")
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


class StepError(Exception):
    """Names the step that failed, why, and what was done before it."""


@dataclass(frozen=True)
class Step:
    """One thing that should be so: how it was found, and what makes it as wanted."""

    what: str
    found: str
    wanted: str
    make: Callable[[], Any]

    @property
    def is_due(self) -> bool:
        return self.found != self.wanted


def is_anything_due(steps: Iterable[Step]) -> bool:
    return any(step.is_due for step in steps)


def carry_out(title: str, steps: Sequence[Step], *, dry_run: bool) -> Table:
    """Carries out what is due, in order, and gives a table of it. Raises StepError."""
    table = Table(title=title, title_justify="left", box=None)
    for column in ("what", "was", "is to be", "done"):
        table.add_column(column)
    done: list[str] = []
    for step in steps:
        if step.is_due and not dry_run:
            _make(step, done)
        table.add_row(step.what, step.found, step.wanted, _said(step, dry_run=dry_run))
    return table


def _make(step: Step, done: list[str]) -> None:
    try:
        step.make()
    except (BotoCoreError, ClientError) as error:
        before = f" (done before it: {', '.join(done)})" if done else ""
        raise StepError(f"{step.what}: {explain(error)}{before}") from error
    done.append(step.what)


def _said(step: Step, *, dry_run: bool) -> str:
    if not step.is_due:
        return "nothing to do"
    return "would be done" if dry_run else "done"


def difference(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> str:
    """AS_WANTED, MISSING, or the fields of `wanted` in which `found` differs."""
    if found is None:
        return MISSING
    others = sorted(name for name, value in wanted.items() if found.get(name) != value)
    return f"another {', '.join(others)}" if others else AS_WANTED


def explain(error: Exception) -> str:
    """What went wrong, with a word of ours where AWS's does not say what to do, and nobody's name.

    The session name of an assumed role is often the operator's e-mail address.
    """
    said = SESSION.sub(r"\1(session)", str(error))
    if isinstance(error, ClientError) and error.response["Error"].get("Code") in DENIED:
        return f"access denied. {said}. The credentials in use lack that permission"
    return said
