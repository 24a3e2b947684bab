"""What an operator sees of a command: the plan, its progress, the end, and why it failed."""

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

# The exit codes of every command; 0 says done, or that nothing is due.
FAILED, MISUSED, DUE, UNPROVEN, INTERRUPTED = 1, 2, 3, 4, 130
COLUMNS = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn())
NOTHING = "nothing to change"
DUE_TEXT = "something is due; nothing was changed"

StageName = Annotated[str, typer.Option("--stage", help=" or ".join(STAGES[1:]))]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask before something is deleted")]
AlarmTopic = Annotated[str, typer.Option(help="ARN of the SNS topic that alarms go to")]
Pace = Annotated[float, typer.Option(min=0, hidden=True, help="multiplies every wait")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")]
Status = Annotated[
    bool, typer.Option("--status", help="as --dry-run, and exit 3 when something is due")
]


@dataclass
class Console:
    """`command` begins each error. With `as_json` standard output is left to what `end` prints.

    With `is_verbose` a plan shows what is unchanged, too.
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
        """Set in, and folded between words where the terminal is narrow."""
        self.terminal.print(Padding(Text(text, style, overflow="fold"), (0, 0, 0, 2), expand=False))

    def show_plan(self, title: str, steps: Sequence[Step], *, every: bool = False) -> None:
        """What is due, a line each, and how much is not; with `every` that too. The JSON has all of them."""
        self.steps += steps
        self.terminal.print(Text(f"{title}: {tally(steps) or NOTHING}", overflow="fold"))
        for step in steps:
            if step.is_due or every or self.is_verbose:
                self.note(step.line, "" if step.is_due else "dim")
        self.answer["steps"] = document(steps)

    def carry_out(self, steps: Sequence[Step]) -> None:
        """What is due, in order. Raises StepError, which names what failed; StoppedError."""
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
        """Shows the plan, carries out what is due, and gives the exit code. Asks first where there is a question.

        Raises OperatorError where the answer is no, StepError.
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
        """Prints the answer as JSON where that was asked for."""
        if self.as_json:
            json.dump({**self.answer, "done": self.done, **answer}, sys.stdout, indent=2)
            sys.stdout.write("\n")

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Ends the program with one line, or one for each flaw, where something is in the way."""
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
        """Empty where no plan was shown: a command may then have changed what is not counted here."""
        if "steps" not in self.answer:
            return ""
        return f"Done: {', '.join(self.done)}. " if self.done else "Nothing was changed. "

    def _fail(self, text: str, status: int = FAILED) -> NoReturn:
        self.end(error=text)
        sys.stderr.writelines(f"{self.command}: {line}\n" for line in text.splitlines())
        sys.exit(status)


def require_yes(question: str, *, yes: bool) -> None:
    """Asks, unless it is `yes` beforehand. Takes y and yes, typed or piped; the end of the input is a no.

    Raises OperatorError where the answer is no.
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
            "nothing was changed: the answer was not yes (--yes says it beforehand)"
        )


def _goes_on(text: str) -> str:
    return text if GOES_ON in text else f"{text.rstrip('.')}. {GOES_ON}"
