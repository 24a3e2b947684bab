"""README is short and its links lead somewhere; docs/ names every route and every setting."""

import re
from pathlib import Path

import pytest

from tests.api.test_routes import TABLE
from tests.support.api import ROOT

README = (ROOT / "README.md").read_text()


# A route in bold, its callers, and a block with the example.
EXAMPLE = r"^\*\*`([A-Z]+ /[^`\n]*)`\*\* [A-Z][^\n]*\n\n```sh\n(curl [^`]+)\n```$"
ROUTES = dict(re.findall(EXAMPLE, (ROOT / "docs/routes.md").read_text(), re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub creates them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_has_at_most_900_words() -> None:
    assert len(README.split()) <= 900


def test_every_link_of_the_readme_leads_to_a_file_and_a_heading() -> None:
    links = re.findall(r"\]\((?!https://)([^)#]*)#?([^)]*)\)", README)
    assert links
    for path, anchor in links:
        target = ROOT / (path or "README.md")
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), (path, anchor)


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ("run it", "`make run`"),
        ("call it", "](#calls)"),
        ("deploy it", "`make deploy STAGE=dev`"),
        ("let yourself in", "allowlist.py add --me"),
        ("add a field", "](CONTRIBUTING.md#add-a-field-to-a-project)"),
    ],
)
def test_a_newcomers_question_is_answered_in_the_readmes_first_table(
    task: str, answer: str
) -> None:
    (row,) = re.findall(rf"^\| {task} \|.*$", README.split("\n## ")[0], re.MULTILINE)
    assert answer in row


@pytest.mark.parametrize(("path", "method"), sorted({(path, method) for path, method, *_ in TABLE}))
def test_every_route_has_an_example(path: str, method: str) -> None:
    example = ROUTES[f"{method} {path}"]
    pattern = re.sub(r"\{\w+\}", "[a-z0-9.-]+", path)
    assert re.search(rf"\$API{pattern}([?\" ]|$)", example)
    sent = re.search(r"-X (\w+)", example)
    assert method == (sent[1] if sent else "POST" if " -d " in example else "GET")


def test_no_example_is_about_a_route_that_is_gone() -> None:
    known = {f"{method} {path}" for path, method, *_ in TABLE}
    assert ROUTES.keys() == known


def test_every_setting_that_is_read_is_described_and_no_other() -> None:
    source = (ROOT / "chalicelib/settings.py").read_text()
    read = set(re.findall(r'"((?:LANDSCAPE|CORS)_[A-Z_]+)"', source))
    page = (ROOT / "docs/settings.md").read_text()
    listed = set(re.findall(r"^\*\*`([A-Z_]+)`\*\* \S", page, re.MULTILINE))
    services = {
        f"{s}_{p}"
        for s in ("TECH_AUDIT_TOOL", "DIGITAL_LANDSCAPE")
        for p in ("POOL_ARN", "CLIENT_IDS", "ROLE_ARNS", "HOSTED_UI")
    }
    assert read | services == listed


# Options that the shell tools of macOS lack or treat differently. Its make is 3.81.
ONLY_GNU = re.compile(
    r"sed -i |sed .*s/[^/]*/[^/]*\\t|date (-d|--date)|base64 -w|readlink -f|xargs -r|grep -\w*P"
    r"|stat -c|\btac\b|sha256sum|\.ONESHELL|\$\(file "
)


@pytest.mark.parametrize(
    "path", ["README.md", "CONTRIBUTING.md", "Makefile", ".ci/run", "docs/*.md"]
)
def test_no_shell_command_needs_gnus_tools(path: str) -> None:
    found = {
        f"{file.name}: {line}"
        for file in ROOT.glob(path)
        for line in file.read_text().splitlines()
        if ONLY_GNU.search(line)
    }
    assert not found


@pytest.mark.parametrize("target", ["run", "test", "check", "soak", "bench", "token", "openapi"])
def test_every_command_is_in_the_readme_and_the_makefile(target: str) -> None:
    assert f"make {target}" in README or f"make -s {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
