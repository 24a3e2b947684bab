"""The documentation site of `make docs`: its pages and links, and a server for a browser."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

from tests.support.api import ROOT

NOT_A_PAGE = "404.html"  # its links work at any depth


def build(target: Path) -> Path:
    done = subprocess.run(
        ["make", "--no-print-directory", "docs", f"SITE={target}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def pages(site: Path) -> list[str]:
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name for name in found if name != NOT_A_PAGE)


@dataclass
class Html(HTMLParser):
    """The links of a page, and its ids."""

    text: str
    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.add(value)


def broken(site: Path, page: str) -> Iterator[str]:
    """The broken links of a page. Links to other hosts are not checked."""
    for link in Html((site / page).read_text()).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        goal = (site / page).parent / unquote(parts.path) if parts.path else site / page
        goal = goal / "index.html" if goal.is_dir() else goal
        if not goal.is_file():
            yield link
        elif parts.fragment and parts.fragment != "__top":
            ids = Html(goal.read_text()).ids if goal.suffix == ".html" else set()
            if unquote(parts.fragment) not in ids:
                yield link


def elsewhere(site: Path) -> set[str]:
    """The links of all pages to other hosts."""
    links = (link for page in pages(site) for link in Html((site / page).read_text()).links)
    return {link for link in links if urlsplit(link).netloc}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serves the site on loopback. Yields its URL."""
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
