"""The README names every route with an example, every setting and every command."""

import re

import pytest

from tests.api.test_routes import TABLE
from tests.support.api import ROOT

README = (ROOT / "README.md").read_text()
ROWS = {row.split("|")[1].strip(): row for row in README.splitlines() if row.startswith("| `")}


@pytest.mark.parametrize(("path", "method"), sorted({(path, method) for path, method, *_ in TABLE}))
def test_every_route_has_a_row_with_an_example(path: str, method: str) -> None:
    row = ROWS[f"`{method} {path}`"]
    example = re.search(r"`(curl [^`]+)`", row)
    assert example
    pattern = re.sub(r"\{\w+\}", "[a-z0-9.-]+", path)
    assert re.search(rf"\$API{pattern}([?\" ]|$)", example[1])
    sent = re.search(r"-X (\w+)", example[1])
    assert method == (sent[1] if sent else "POST" if " -d " in example[1] else "GET")


def test_no_row_is_about_a_route_that_is_gone() -> None:
    known = {f"`{method} {path}`" for path, method, *_ in TABLE}
    assert {name for name in ROWS if re.match(r"`[A-Z]+ /", name)} == known


def test_every_setting_that_is_read_has_a_row_and_no_other() -> None:
    source = (ROOT / "chalicelib/settings.py").read_text()
    read = set(re.findall(r'"((?:LANDSCAPE|CORS)_[A-Z_]+)"', source))
    listed = {name.strip("`") for name in ROWS if re.fullmatch(r"`[A-Z_]+`", name)}
    services = {
        f"{s}_{p}"
        for s in ("TECH_AUDIT_TOOL", "DIGITAL_LANDSCAPE")
        for p in ("POOL_ARN", "CLIENT_IDS", "ROLE_ARNS", "HOSTED_UI")
    }
    assert read | services == listed


# What the shells' tools of macOS do not have, or do otherwise; its make is 3.81.
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
