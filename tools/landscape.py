"""The command `landscape`: every tool of the project, and every command of an operator."""

from collections.abc import Callable
from typing import Any

import typer

from container import command as container
from ops import access, deploy, forget, log_role, package, prepare, rollback
from ops.domain import command as domain
from ops.gateway import configure
from ops.status import command as status
from ops.table import create
from tools import credentials, serve, token
from tools.export import command as export
from tools.load import command as load
from tools.openapi import write as openapi
from waf import allowlist, associate

EXIT_CODES = (
    "Exit codes: 0 done or nothing due, 1 failed, 2 misuse, 3 something is due (--status),"
    " 4 deployed, but no request is known to have come through the firewall (deploy)."
)
DEVELOP, OPERATE = "On a developer's machine", "On AWS"
# Each command: its group, its name, what carries it out, and an example.
COMMANDS: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    (DEVELOP, "serve", serve.main, "landscape serve --port 8001"),
    (
        DEVELOP,
        "token",
        token.main,
        "landscape token --service tech-audit-tool --email me@example.org --groups Admin",
    ),
    (
        DEVELOP,
        "credentials",
        credentials.main,
        "landscape credentials --service digital-landscape",
    ),
    (DEVELOP, "load", load.main, "landscape load --stage local data/ons_radar.json --dry-run"),
    (DEVELOP, "export", export.main, "landscape export --stage local --to out --dry-run"),
    (DEVELOP, "openapi", openapi.main, "landscape openapi --check"),
    (OPERATE, "deploy", deploy.main, "landscape deploy --stage dev --dry-run"),
    (OPERATE, "rollback", rollback.main, "landscape rollback --stage dev --dry-run"),
    (OPERATE, "status", status.main, "landscape status --stage dev"),
    (OPERATE, "log-role", log_role.main, "landscape log-role --dry-run"),
    (OPERATE, "prepare", prepare.main, "landscape prepare && chalice deploy --stage dev"),
    (OPERATE, "package", package.main, "landscape package --stage dev --out out"),
    (OPERATE, "table", create.main, "landscape table --stage dev --status"),
    (OPERATE, "gateway", configure.main, "landscape gateway --stage dev --log-days 90"),
    (
        OPERATE,
        "domain",
        domain.main,
        "landscape domain api.example.org --stage dev --certificate ARN --zone ZONE_ID",
    ),
    (
        OPERATE,
        "access",
        access.main,
        "landscape access --stage dev --role arn:aws:iam::123456789012:role/landscape-back-end",
    ),
    (OPERATE, "forget", forget.main, "landscape forget me@example.org --stage dev --dry-run"),
    (OPERATE, "firewall", associate.main, "landscape firewall --stage dev --status"),
)

app = typer.Typer(
    help=f"The Landscape API: its tools, and its operator's commands. {EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for panel, name, main_of, example in COMMANDS:
    register = app.command(name, rich_help_panel=panel, epilog=f"Example: {example}")
    register(main_of)
app.add_typer(
    allowlist.app,
    name="allow",
    rich_help_panel=OPERATE,
    epilog="Example: landscape allow add --me --for 12h --stage dev",
)
app.add_typer(
    container.app,
    name="container",
    rich_help_panel=OPERATE,
    epilog="Example: landscape container deploy --stage dev --dry-run",
)

main = app

if __name__ == "__main__":
    app(prog_name="landscape")
