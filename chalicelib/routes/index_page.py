"""The index as a page, for a browser. Only a request that prefers HTML imports this module."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

HTML = "text/html"
STYLE = (
    ":root{color-scheme:light dark;background:#fff;color:#1f2328}a{color:#0a4fb3}"
    "body{margin:0 auto;max-width:40rem;padding:0 1rem 2rem;font:1.0625rem/1.5 system-ui,sans-serif}"
    "dt{font-weight:700;float:left;clear:left;min-width:5rem}dd{margin-left:5.5rem}"
    "li{margin:.5rem 0}img{display:block;max-width:100%;height:auto}"
    "@media(prefers-color-scheme:dark){:root{background:#16181d;color:#e4e6e6}a{color:#8ab8ff}}"
)
POLICY = {
    "default-src": "'none'",
    "style-src": f"'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Type": f"{HTML}; charset=utf-8",
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
}
# The links of the index that a browser can open without a token, as they are read on the page.
SHOWN = {
    "docs": "Try requests",
    "contract": "The contract, OpenAPI 3.1",
    "projects": "Projects",
    "technologies": "Technologies",
    "radar": "The technology radar, JSON",
    "health": "Health",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Landscape API</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Landscape API</h1>
<p>Software projects and the technologies they use.</p>
<dl><dt>Service</dt><dd>{service}</dd><dt>Stage</dt><dd>{stage}</dd><dt>Version</dt><dd>{version}</dd></dl>
<ul>
{links}
</ul>
<img src="{radar}" alt="The technology radar as a drawing">
</main>
</body>
</html>
"""


def page(index: Mapping[str, str], links: Mapping[str, str]) -> str:
    """The service, stage and version of `index`, and the `links`. A browser shows the radar as a drawing."""
    items = (f'<li><a href="{escape(links[name])}">{text}</a></li>' for name, text in SHOWN.items())
    texts = {name: escape(text) for name, text in index.items()}
    radar = escape(links["radar"])
    return PAGE.format(style=STYLE, links="\n".join(items), radar=radar, **texts)
