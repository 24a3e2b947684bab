"""What axe-core finds wrong in a page for people who read it by keyboard or screen reader."""

from playwright.sync_api import Page

from tests.support.machine import NODE

AXE = NODE.parent / "axe-core/axe.min.js"
RUN = """() => axe.run().then(found => found.violations
    .filter(one => ["critical", "serious"].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 160)).join(" | ")}`))"""


def serious(page: Page) -> list[str]:
    """Its critical and serious findings in an open page, by rule, with the elements."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN)
    return found
