"""The findings of axe-core in a page: faults for people who use a keyboard or a screen reader."""

from collections.abc import Collection

from playwright.sync_api import Page

from tests.support.machine import NODE

AXE = NODE.parent / "axe-core/axe.min.js"
RUN = """([excused, ours]) => axe.run().then(found => found.violations
    .filter(one => ["critical", "serious"].includes(one.impact))
    .map(({id, nodes}) => ({id, nodes: nodes.filter(({target}) =>
        !excused.includes(id) || document.querySelector(target[0]).matches(ours))}))
    .filter(({nodes}) => nodes.length)
    .map(({id, nodes}) => `${id}: ${nodes.map(node => node.html.slice(0, 160)).join(" | ")}`))"""


def serious(page: Page, excused: Collection[str] = (), ours: str = "*") -> list[str]:
    """The critical and serious findings in an open page, by rule, with the elements.

    The rules in `excused` apply only to elements that match the selector `ours`.
    """
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN, [list(excused), ours])
    return found
