"""The output of an operator's command: the plan, its progress, the result and the errors."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console as Terminal
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from chalicelib.firewall.errors import FirewallError
from chalicelib.settings import STAGES, SettingsError
from ops.steps import (
    AWS_FAILURES,
    GOES_ON,
    OperatorError,
    Step,
    StepError,
    StoppedError,
    carry_out,
    document,
    explain,
    is_anything_due,
    tally,
)

# The exit codes of every command. 0: done, or nothing is due.
FAILED, MISUSED, DUE, UNPROVEN, INTERRUPTED = 1, 2, 3, 4, 130
COLUMNS = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn())
NOTHING = "nothing to change"
DUE_TEXT = "something is due; nothing was changed"

StageName = Annotated[str, typer.Option("--stage", help=" or ".join(STAGES[1:]))]
Yes = Annotated[bool, typer.Option("--yes", help="delete without asking")]
AlarmTopic = Annotated[str, typer.Option(help="ARN of the SNS topic that receives the alarms")]
Pace = Annotated[float, typer.Option(min=0, hidden=True, help="factor for every wait")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="print what is due, and change nothing")]
Status = Annotated[
    bool, typer.Option("--status", help="like --dry-run, and exit with 3 if something is due")
]


@dataclass
class Console:
    """`command` is the prefix of each error. With `as_json` only `end` prints to standard output.

    With `is_verbose` a plan lists unchanged steps too.
    """

    command: str
    as_json: bool = False
    is_verbose: bool = False
    terminal: Terminal = field(init=False)
    answer: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.terminal = Terminal(stderr=self.as_json, highlight=False)

    def say(self, text: str) -> None:
        self.terminal.print(text, markup=False, soft_wrap=True)

    def note(self, text: str, style: str = "") -> None:
        """Prints indented text, folded between words to the width of the terminal."""
        self.terminal.print(Padding(Text(text, style, overflow="fold"), (0, 0, 0, 2), expand=False))

    def show_plan(self, title: str, steps: Sequence[Step], *, every: bool = False) -> None:
        """Lists the due steps and counts the others; with `every` lists all. The JSON has all."""
        self.steps += steps
        self.terminal.print(Text(f"{title}: {tally(steps) or NOTHING}", overflow="fold"))
        for step in steps:
            if step.is_due or every or self.is_verbose:
                self.note(step.line, "" if step.is_due else "dim")
        self.answer["steps"] = document(steps)

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Carries out the due steps in order. Raises StepError, StoppedError."""
        total, is_terminal = sum(step.is_due for step in steps), self.terminal.is_terminal
        progress = Progress(
            *COLUMNS, MofNCompleteColumn(), console=self.terminal, disable=not is_terminal
        )
        with progress:
            task = progress.add_task("", total=total)

            def show(step: Step) -> None:
                progress.update(task, description=step.what, completed=len(self.done))
                if not is_terminal:
                    self.say(f"{len(self.done) + 1}/{total} {step.what}")

            carry_out(steps, self.done, show)
            progress.update(task, completed=total)

    def bring_about(
        self, title: str, steps: Sequence[Step], *, dry_run: bool, status: bool, question: str = ""
    ) -> int:
        """Shows the plan, asks `question` if there is one, carries out the due steps.

        Returns the exit code. Raises OperatorError if the answer is no; StepError, StoppedError.
        """
        self.show_plan(title, steps, every=status)
        is_due, looks_only = is_anything_due(steps), dry_run or status
        if is_due and not looks_only:
            require_yes(question, yes=not question)
            self.carry_out(steps)
        self.say(NOTHING if not is_due else DUE_TEXT if looks_only else "done")
        self.end(is_due=is_due and looks_only)
        return DUE if is_due and status else 0

    def end(self, **answer: Any) -> None:
        """Prints `answer` as JSON if --json was passed."""
        if self.as_json:
            json.dump({**self.answer, "done": self.done, **answer}, sys.stdout, indent=2)
            sys.stdout.write("\n")

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Prints an error, with the command before each line, and ends the program."""
        try:
            yield
        except StepError as error:
            self._fail(_goes_on(str(error)))
        except (OperatorError, SettingsError, FirewallError) as error:
            self._fail(str(error))
        except AWS_FAILURES as error:
            self._fail(_goes_on(explain(error)) if self.done else explain(error))
        except StoppedError as error:
            self._fail(str(error), INTERRUPTED)
        except (KeyboardInterrupt, typer.Abort):
            self._fail(f"stopped. {self._what_stands()}{GOES_ON}", INTERRUPTED)

    def _what_stands(self) -> str:
        """Empty if no plan was shown: the command may then have made changes that are not counted."""
        if "steps" not in self.answer:
            return ""
        return f"Done: {', '.join(self.done)}. " if self.done else "Nothing was changed. "

    def _fail(self, text: str, status: int = FAILED) -> NoReturn:
        self.end(error=text)
        sys.stderr.writelines(f"{self.command}: {line}\n" for line in text.splitlines())
        sys.exit(status)


def require_yes(question: str, *, yes: bool) -> None:
    """Asks for confirmation, unless `yes`. Takes y and yes, typed or piped.

    Raises OperatorError for any other answer, and at the end of the input.
    """
    if yes:
        return
    sys.stderr.write(f"{question} [y/N]: ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.stderr.write("\n")
    if answer.strip().lower() not in ("y", "yes"):
        raise OperatorError(
            "nothing was changed: the answer was not yes. Pass --yes to skip the question"
        )


def _goes_on(text: str) -> str:
    return text if GOES_ON in text else f"{text.rstrip('.')}. {GOES_ON}"
