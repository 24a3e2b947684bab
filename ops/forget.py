"""`landscape forget`: removes an e-mail address from contacts, moves, last writers, stored answers.

    landscape forget rita@example.org --stage dev --dry-run

Addresses are compared as the register compares them, without the case of A to Z. The whole register
is read, before and after. A record that held the address gets a new version, without a last writer.
After an interruption the same command resumes. It never prints the address.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, TypeVar

import typer

from chalicelib.bootstrap import open_store, sqlite_path
from chalicelib.errors import NotFoundError, UnknownTechnologyError, VersionMismatchError
from chalicelib.models.caller import email_key, is_email
from chalicelib.models.project import Contact, Project
from chalicelib.models.technology import Technology
from chalicelib.services.clock import Clock, timestamp, utc_now
from chalicelib.settings import STAGES, Settings
from chalicelib.stores.port import Store, Traces
from ops.console import DUE, DUE_TEXT, AsJson, Console, DryRun, Status
from ops.stage import stage_environment
from ops.steps import OperatorError, Step, is_anything_due

R = TypeVar("R", Project, Technology)
PASSES = 5  # over the register, at most; the last one finds nothing
TRIES = 50  # to write a record that others write too
NOWHERE = "none"
WRITTEN_BY_OTHERS = (NotFoundError, UnknownTechnologyError, VersionMismatchError)
KEPT = (
    "Not changed: backups (point-in-time recovery covers 35 days), logs, exported files,"
    " the allow-list and the user pools"
)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """`key` is the address by email_key. `successor` replaces the only contact of a project."""

    store: Store
    key: str
    successor: str = ""
    clock: Clock = utc_now

    def traces(self) -> tuple[Traces, frozenset[str]]:
        """The records with the address, and the projects that must keep their only contact.

        Reads the whole register.
        """
        found = self.store.personal_data().traces(self.key)
        return found, frozenset(filter(self._is_bound, found.contacts))

    def plan(self, found: Traces, bound: frozenset[str]) -> list[Step]:
        data = self.store.personal_data()
        projects = (found.contacts | found.projects) - bound
        technologies = found.technologies | found.moves.keys()
        unfinished, receipts = len(found.unfinished), len(found.receipts)
        of_projects = {
            "as contact": found.contacts - bound,
            "as last writer": projects & found.projects,
        }
        moves = {"as author of moves": sum(found.moves.values())}
        return [
            _step("unfinished writes", {"": unfinished}, partial(data.finish, found.unfinished)),
            _step(
                "projects",
                {how: len(ids) for how, ids in of_projects.items()},
                partial(_each, self.forget_in_project, projects),
            ),
            _step(
                "technologies",
                {**moves, "as last writer": len(found.technologies)},
                partial(_each, self.forget_in_technology, technologies),
            ),
            _step(
                "stored answers (Idempotency-Key)",
                {"": receipts},
                partial(data.remove_receipts, found.receipts),
            ),
        ]

    def forget_in_project(self, project_id: str) -> None:
        """Raises OperatorError if others keep writing it."""
        projects = self.store.projects
        for _ in range(TRIES):
            project = projects.get(project_id)
            changed = project and self._without(project)
            if project is None or changed is None or changed == project:
                return
            with suppress(*WRITTEN_BY_OTHERS):
                projects.replace(project, self._next(changed))
                return
        raise _busy(f"the project {project_id}")

    def forget_in_technology(self, technology_id: str) -> None:
        """Raises OperatorError if others keep writing it."""
        technologies = self.store.technologies
        for _ in range(TRIES):
            technology = technologies.get(technology_id)
            if technology is None or self._unnamed(technology) == technology:
                break
            with suppress(*WRITTEN_BY_OTHERS):
                technologies.replace(technology, self._next(self._unnamed(technology)))
                break
        else:
            raise _busy(f"the technology {technology_id}")
        self.store.personal_data().forget_older(technology_id, self.key)

    def _is_bound(self, project_id: str) -> bool:
        project = self.store.projects.get(project_id)
        return project is not None and self._without(project) is None

    def _without(self, project: Project) -> Project | None:
        """None if no contact would be left. A successor gets the roles of the first contact."""
        contacts = tuple(each for each in project.contacts if each.key != self.key)
        if project.contacts and not contacts:
            if not self.successor:
                return None
            contacts = (Contact(self.successor, project.contacts[0].roles),)
        by = None if self._is(project.updated_by) else project.updated_by
        return replace(project, contacts=contacts, updated_by=by)

    def _unnamed(self, technology: Technology) -> Technology:
        moves = tuple(
            replace(move, author=None) if self._is(move.author) else move
            for move in technology.moves
        )
        by = None if self._is(technology.updated_by) else technology.updated_by
        return replace(technology, moves=moves, updated_by=by)

    def _next(self, record: R) -> R:
        """The record's next version, without a last writer."""
        now = timestamp(self.clock())
        return replace(record, version=record.version + 1, updated_at=now, updated_by=None)

    def _is(self, address: str | None) -> bool:
        return address is not None and email_key(address) == self.key


def _step(what: str, counts: dict[str, int], make: Callable[[], None]) -> Step:
    found = ", ".join(f"{count:,} {how}".strip() for how, count in counts.items() if count)
    return Step(what, found or NOWHERE, NOWHERE, make)


def _each(forget: Callable[[str], None], ids: Iterable[str]) -> None:
    for each in sorted(ids):
        forget(each)


def _busy(what: str) -> OperatorError:
    return OperatorError(f"others keep writing {what}: run the same command again")


def carry_out(forgetting: Forgetting, console: Console, *, looks_only: bool) -> int:
    """Returns the exit code. Raises StepError, OperatorError, errors.UnavailableError."""
    found, bound = forgetting.traces()
    steps = forgetting.plan(found, bound)
    console.show_plan("the address in the register", steps)
    is_due = is_anything_due(steps) or bool(bound)
    if not looks_only:
        for _ in range(PASSES):
            if not is_anything_due(steps):
                break
            console.carry_out(steps)
            found, bound = forgetting.traces()
            steps = forgetting.plan(found, bound)
    for text in sorted(found.texts):
        console.say(f"{text}: a text contains the address; edit it through the API")
    console.say(KEPT)
    if not looks_only:
        _require_gone(steps, bound)
    for project_id in sorted(bound if looks_only else ()):
        console.say(_of_bound(project_id))
    console.say(_outcome(is_due=is_due, looks_only=looks_only))
    console.end(is_due=is_due and looks_only, texts=sorted(found.texts), kept_elsewhere=KEPT)
    return DUE if is_due and looks_only else 0


def _outcome(*, is_due: bool, looks_only: bool) -> str:
    if not is_due:
        return "the register does not contain the address"
    return DUE_TEXT if looks_only else "done: the register no longer contains the address"


def _require_gone(steps: list[Step], bound: frozenset[str]) -> None:
    lines = [_of_bound(project_id) for project_id in sorted(bound)]
    lines += [
        f"{step.what}: still {step.found}; run the same command again in a minute"
        for step in steps
        if step.is_due
    ]
    if lines:
        raise OperatorError("\n".join(lines))


def _of_bound(project_id: str) -> str:
    return (
        f"the project {project_id} has no other contact: add one, or name one with --replace-with"
    )


def open_register(stage: str) -> Store:
    """The store of `stage`. Raises SettingsError, OperatorError, errors.UnavailableError."""
    settings = Settings.read(stage_environment(stage, os.environ))
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        # Opening it would create it.
        raise OperatorError("there is no register on this machine: check LANDSCAPE_STORE_URL")
    return open_store(settings)


def main(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="e-mail address to remove")],
    stage: Annotated[str, typer.Option(help=" or ".join(STAGES))],
    replace_with: Annotated[
        str, typer.Option(help="new contact of a project that would have none")
    ] = "",
    dry_run: DryRun = False,
    status: Status = False,
    as_json: AsJson = False,
) -> None:
    """Remove an e-mail address from the register: contacts, authors, last writers, stored answers.

    A project always keeps a contact: if it has no other, the command names it and leaves it. Backups,
    logs, exported files, the allow-list and the user pools do not change.
    """
    key, successor = email_key(email.strip()), replace_with.strip()
    if not key:
        raise typer.BadParameter("is empty: pass an e-mail address", param_hint="EMAIL")
    if successor and not is_email(successor):
        raise typer.BadParameter("is not an e-mail address", param_hint="--replace-with")
    if email_key(successor) == key:
        raise typer.BadParameter(
            "is the address to remove: pass another one", param_hint="--replace-with"
        )
    console = Console("forget", as_json)
    with console.failures():
        forgetting = Forgetting(open_register(stage), key, successor)
        code = carry_out(forgetting, console, looks_only=dry_run or status)
        sys.exit(code if status else 0)
