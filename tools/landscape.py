"""The command `landscape`, with all commands for developers and operators."""

import sys
from pkgutil import resolve_name

import typer

EXIT_CODES = (
    "Exit codes: 0 done or nothing due, 1 failed, 2 misuse, 3 something is due (--status),"
    " 4 deployed, but no request was seen to pass the firewall (deploy)."
)
DEVELOP, OPERATE = "On a developer's machine", "On AWS"
# For each command: group, name, function or typer app, example.
COMMANDS = (
    (DEVELOP, "serve", "tools.serve:main", "landscape serve --port 8001"),
    (
        DEVELOP,
        "token",
        "tools.token:main",
        "landscape token --service tech-audit-tool --email me@example.org --groups Admin",
    ),
    (
        DEVELOP,
        "credentials",
        "tools.credentials:main",
        "landscape credentials --service digital-landscape",
    ),
    (
        DEVELOP,
        "load",
        "tools.load.command:main",
        "landscape load --stage local data/ons_radar.json --dry-run",
    ),
    (
        DEVELOP,
        "export",
        "tools.export.command:main",
        "landscape export --stage local --to out --dry-run",
    ),
    (DEVELOP, "openapi", "tools.openapi.write:main", "landscape openapi --check"),
    (OPERATE, "deploy", "ops.deploy:main", "landscape deploy --stage dev --dry-run"),
    (OPERATE, "rollback", "ops.rollback:main", "landscape rollback --stage dev --dry-run"),
    (OPERATE, "status", "ops.status.command:main", "landscape status --stage dev"),
    (OPERATE, "log-role", "ops.log_role:main", "landscape log-role --dry-run"),
    (OPERATE, "prepare", "ops.prepare:main", "landscape prepare && chalice deploy --stage dev"),
    (OPERATE, "package", "ops.package:main", "landscape package --stage dev --out out"),
    (OPERATE, "table", "ops.table.create:main", "landscape table --stage dev --status"),
    (
        OPERATE,
        "gateway",
        "ops.gateway.configure:main",
        "landscape gateway --stage dev --log-days 90",
    ),
    (
        OPERATE,
        "domain",
        "ops.domain.command:main",
        "landscape domain api.example.org --stage dev --certificate ARN --zone ZONE_ID",
    ),
    (
        OPERATE,
        "access",
        "ops.access:main",
        "landscape access --stage dev --role arn:aws:iam::123456789012:role/landscape-back-end",
    ),
    (OPERATE, "forget", "ops.forget:main", "landscape forget me@example.org --stage dev --dry-run"),
    (OPERATE, "firewall", "waf.associate:main", "landscape firewall --stage dev --status"),
    (OPERATE, "allow", "waf.allowlist:app", "landscape allow add --me --for 12h --stage dev"),
    (
        OPERATE,
        "container",
        "container.command:app",
        "landscape container deploy --stage dev --dry-run",
    ),
)


def application(only: str = "") -> typer.Typer:
    """The commands, or the one command that `only` names: the import of all takes half a second."""
    app = typer.Typer(
        help=f"Commands for developers and operators of the Landscape API. {EXIT_CODES}",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # without a callback, typer drops the name of a single command
    for panel, name, path, example in COMMANDS:
        if only in ("", name):
            found, epilog = resolve_name(path), f"Example: {example}"
            if isinstance(found, typer.Typer):
                app.add_typer(found, name=name, rich_help_panel=panel, epilog=epilog)
            else:
                app.command(name, rich_help_panel=panel, epilog=epilog)(found)
    return app


def main() -> None:
    """Runs the command in `sys.argv`."""
    given = {name for _, name, *_ in COMMANDS} & {*sys.argv[1:2]}
    application(*given)(prog_name="landscape")


if __name__ == "__main__":
    main()
