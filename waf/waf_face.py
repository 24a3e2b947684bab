"""What an operator sees: the plan, how far it is, and what stands at the end."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from chalicelib.errors import UnavailableError
from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.transport import CallError
from operators.steps import Step, StepError, explain

COLUMNS = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn())
GOES_ON = "The same command goes on from here"


class StoppedError(Exception):
    """Somebody pressed Ctrl-C: says what stands."""


@dataclass
class Face:
    """With `as_json` standard output is left to the one object that `end` prints."""

    as_json: bool
    console: Console = field(init=False)
    answer: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.console = Console(stderr=self.as_json, highlight=False)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def show_plan(self, title: str, steps: Sequence[Step]) -> None:
        table = Table(title=title, title_justify="left", box=None)
        for column in ("what", "was", "is to be"):
            table.add_column(column, overflow="fold")
        for step in steps:
            table.add_row(step.what, step.found, step.wanted, style="" if step.is_due else "dim")
        self.console.print(table)
        self.answer["steps"] = [
            {"what": s.what, "was": s.found, "is_to_be": s.wanted, "is_due": s.is_due}
            for s in steps
        ]

    def carry_out(self, steps: Sequence[Step]) -> None:
        """What is due, in order. Raises StepError, which names what failed; StoppedError."""
        due = [step for step in steps if step.is_due]
        progress = Progress(
            *COLUMNS, MofNCompleteColumn(), console=self.console, disable=not self._is_terminal
        )
        with progress:
            task = progress.add_task("", total=len(due))
            for number, step in enumerate(due, 1):
                progress.update(task, description=step.what)
                if not self._is_terminal:
                    self.say(f"{number}/{len(due)} {step.what}")
                self._make(step, due)
                progress.advance(task)

    def end(self, **answer: Any) -> None:
        """Prints the answer as JSON where that was asked for."""
        if self.as_json:
            json.dump({**self.answer, "done": self.done, **answer}, sys.stdout, indent=2)
            sys.stdout.write("\n")

    @property
    def _is_terminal(self) -> bool:
        return self.console.is_terminal

    def _make(self, step: Step, due: Sequence[Step]) -> None:
        try:
            step.make()
        except KeyboardInterrupt:
            left = ", ".join(each.what for each in due if each.what not in self.done)
            raise StoppedError(f"stopped. Done: {self._said}; left: {left}. {GOES_ON}") from None
        except (FirewallError, UnavailableError, CallError, BotoCoreError, ClientError) as error:
            text = explain(error).rstrip(".")
            raise StepError(f"{step.what}: {text} (done before it: {self._said})") from None
        self.done.append(step.what)

    @property
    def _said(self) -> str:
        return ", ".join(self.done) or "nothing"
