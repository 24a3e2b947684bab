"""A progress bar for those who wait."""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

T = TypeVar("T")
PATIENCE_SECONDS = 1.0


def watched(items: Sequence[T], label: str) -> Iterator[T]:
    """The items, one by one; after a second a bar on stderr, where that is a terminal."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(label.replace("[", r"\["), total=len(items))
    begun = monotonic()
    try:
        for number, item in enumerate(items):
            bar.update(task, completed=number)
            if not bar.live.is_started and monotonic() - begun > PATIENCE_SECONDS:
                bar.start()
            yield item
    finally:
        bar.stop()
