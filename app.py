"""What Chalice looks for: the settings from the environment, and the app they make."""

import os
import sys
from typing import NoReturn

# `chalice local` restarts when a file in the project changes; byte code written here would do it.
sys.dont_write_bytecode = True

from chalice.app import Request

from chalicelib.bootstrap import create_app, finish_writes, take_out_expired
from chalicelib.errors import RegisterError
from chalicelib.settings import Settings, SettingsError

IN_CHALICE = "AWS_CHALICE_CLI_MODE" in os.environ


def issue_token(service: str, email: str, groups: list[str]) -> str:
    """A development token, for the local stage. Its maker is no part of what is deployed."""
    from tools.token import development_token

    return development_token(settings, service, email, groups)


def user_arn(request: Request) -> str:
    """Whose development credentials signed it, on the local stage. Not deployed either."""
    from tools.credentials import user_arn

    return user_arn(settings, request)


def read_settings() -> Settings:
    """On the local stage those of the file too: Chalice would write them over the environment."""
    if IN_CHALICE and os.environ.get("LANDSCAPE_STAGE") == "local":
        from tools.local import local_settings

        return local_settings()
    return Settings.read(os.environ)


def give_up(error: Exception) -> NoReturn:
    """Whoever runs a command of Chalice's reads one line, and no traceback."""
    if not IN_CHALICE:
        raise error
    from tools.local import give_up

    give_up(error)


try:
    settings = read_settings()
    app = create_app(settings, issue_token=issue_token, user_arn=user_arn)
except (SettingsError, RegisterError) as error:
    give_up(error)


@app.schedule("rate(15 minutes)")
def expire(_: object) -> None:
    """A Lambda of its own: takes out of the IP sets what has expired."""
    take_out_expired(settings)


@app.schedule("rate(15 minutes)")
def finish(_: object) -> None:
    """A Lambda of its own: completes writes to the register that were cut short."""
    finish_writes(settings)
