"""The figures as a table: on the terminal, and in docs/performance.md between its markers."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from bench.cost import Assumed, Prices, dollars
from bench.figures import Ratio, Spread
from bench.results import Results, Row

HEADS = ("", "ours", "FastAPI", "floor", "ratio", "target", "")
COST_WORK = ("GET /api/v1/projects?limit=50", "POST /api/v1/projects")


def cells(row: Row) -> tuple[str, ...]:
    reached = {None: "", True: "reached", False: "**missed**"}[row.is_reached]
    values = (row.ours, row.peer, row.floor)
    return (
        f"{row.group}: {row.what}",
        *(value(each, row.unit) for each in values),
        times(row.ratio),
        "" if row.target is None else limit(row),
        reached,
    )


def value(found: Spread | None, unit: str) -> str:
    """The median, with its quartiles where it has any."""
    if found is None:
        return ""
    text = number(found.median)
    if found.low != found.high:
        text += f" ({number(found.low)}–{number(found.high)})"
    return f"{text} {unit}".strip()


def times(found: Ratio | None) -> str:
    if found is None:
        return ""
    if found.low == found.high:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def limit(row: Row) -> str:
    return f"≤ {row.target:.2f}" if row.ratio else f"≤ {row.target:g} {row.unit}"


def number(found: float) -> str:
    """Three figures, and never an exponent."""
    if found == int(found) or abs(found) >= 100:
        return f"{found:,.0f}"
    return (
        f"{found:.1f}"
        if abs(found) >= 10
        else f"{found:.2f}"
        if abs(found) >= 0.1
        else f"{found:.4f}"
    )


def on_terminal(results: Results) -> Table:
    table = Table(title=conditions(results), title_justify="left")
    for n, head in enumerate(HEADS):
        table.add_column(head, justify="left" if n in (0, 6) else "right", no_wrap=n > 0)
    before = None
    for row in results.rows:
        if before and row.group != before:
            table.add_section()
        before = row.group
        marked = [cell.replace("**missed**", "[bold red]missed[/]") for cell in cells(row)]
        table.add_row(*marked)
    return table


def conditions(results: Results) -> str:
    return ", ".join(f"{name} {said}" for name, said in results.made.items())


def markdown(results: Results, prices: Prices, assumed: Assumed) -> str:
    """All that stands between the markers."""
    parts = [
        f"Measured: {conditions(results)}.",
        in_markdown(HEADS, [cells(row) for row in results.rows]),
        in_markdown(("calls to DynamoDB", "ours", "FastAPI"), list(call_cells(results))),
        cost_text(results, prices, assumed),
    ]
    return "\n\n".join(part for part in parts if part)


def in_markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Nothing where there are no rows."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def call_cells(results: Results) -> Iterator[tuple[str, ...]]:
    for each in results.calls:
        for kind, calls in (("cold", each.cold), ("warm", each.warm)):
            if calls:
                yield f"{each.what}, {kind}", str(calls["ours"]), str(calls["fastapi"])


def cost_text(results: Results, prices: Prices, assumed: Assumed) -> str:
    """A million requests on Lambda: once with the times as measured, once with DynamoDB's own added."""
    rows = list(cost_cells(results, prices, assumed))
    if not rows:
        return ""
    return (
        f"US dollars for a million requests, calculated: Lambda's list prices of {prices.as_of} in"
        f" {prices.region} for x86 (${prices.per_gb_second:.10f} per GB-second,"
        f" ${prices.per_million_requests:.2f} per million requests), {assumed.memory_mb} MB and so"
        f" one vCPU for both, times as measured here, rounded up to whole milliseconds, the start"
        f" included.\n\n"
        + in_markdown(
            ("request", "new environments", "call takes", "ours", "FastAPI", "ratio"), rows
        )
    )


def cost_cells(results: Results, prices: Prices, assumed: Assumed) -> Iterator[tuple[str, ...]]:
    for what in COST_WORK:
        cold, warm = results.find("cold", what), results.find("warm, p50", what)
        calls = next((each for each in results.calls if each.what == what), None)
        if not (cold and cold.peer and warm and warm.peer and calls):
            continue
        for call_ms in (0.0, assumed.call_ms):
            for share in assumed.cold_shares:
                ours, peer = (
                    dollars(
                        one.median + calls.cold[name] * call_ms,
                        other.median + calls.warm[name] * call_ms,
                        share,
                        prices,
                        assumed.memory_mb,
                    )
                    for name, one, other in (
                        ("ours", cold.ours, warm.ours),
                        ("fastapi", cold.peer, warm.peer),
                    )
                )
                said = f"{share:.1%}", f"+ {call_ms:g} ms", f"{ours:.2f}", f"{peer:.2f}"
                yield what, *said, f"{ours / peer:.2f}"
