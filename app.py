"""The module that Chalice imports: it reads the settings and makes the app."""

import os
import sys
from typing import NoReturn

# `chalice local` restarts when a file in the project changes, so this process writes no byte code.
sys.dont_write_bytecode = True

from chalice.app import Request

from chalicelib.bootstrap import create_app, finish_writes, take_out_expired
from chalicelib.errors import RegisterError
from chalicelib.settings import Settings, SettingsError

IN_CHALICE = "AWS_CHALICE_CLI_MODE" in os.environ


def issue_token(service: str, email: str, groups: list[str]) -> str:
    """A development token, for the local stage. `tools` is not deployed."""
    from tools.token import development_token

    return development_token(settings, service, email, groups)


def user_arn(request: Request) -> str:
    """The ARN of the development credentials that signed `request`, for the local stage."""
    from tools.credentials import user_arn

    return user_arn(settings, request)


def read_settings() -> Settings:
    """The settings from the environment, on the local stage with those of .chalice/config.json."""
    if IN_CHALICE and os.environ.get("LANDSCAPE_STAGE") == "local":
        from tools.local import local_settings

        return local_settings()
    return Settings.read(os.environ)


def give_up(error: Exception) -> NoReturn:
    """Raises `error`, or under a command of Chalice's prints one line and exits."""
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
    """A Lambda function of its own: removes expired entries from the IP sets."""
    take_out_expired(settings)


@app.schedule("rate(15 minutes)")
def finish(_: object) -> None:
    """A Lambda function of its own: completes interrupted writes to the register."""
    finish_writes(settings)
