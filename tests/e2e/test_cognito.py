"""Real tokens of two emulated Cognito user pools, verified by an API that runs outside Lambda."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from tests.support.api import Api, local_environment, through_app
from tests.support.emulator import Emulator, UserPool

USER = "user@example.org"
REVIEWER = "reviewer@example.org"
UNVERIFIED = "unverified@example.org"


@dataclass
class World:
    emulator: Emulator
    audit: UserPool
    landscape: UserPool

    def api(self, state: Path, token: str = "", clients: str = "") -> Api:
        """A newly started API on the dev stage, outside Lambda. Its requests have this token."""
        environment = local_environment(
            state,
            LANDSCAPE_STAGE="dev",
            TECH_AUDIT_TOOL_POOL_ARN=self.audit.arn,
            TECH_AUDIT_TOOL_CLIENT_IDS=clients or self.audit.client_id,
            DIGITAL_LANDSCAPE_POOL_ARN=self.landscape.arn,
            DIGITAL_LANDSCAPE_CLIENT_IDS=self.landscape.client_id,
            AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=self.emulator.url,
        )
        settings = Settings.read(environment)
        return Api(through_app(create_app(settings)), settings).with_token(token)

    @property
    def user(self) -> str:
        return self.audit.tokens(USER)["IdToken"]

    @property
    def reviewer(self) -> str:
        return self.landscape.tokens(REVIEWER)["IdToken"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """These tests stop the emulator, so they have their own."""
    emulator = Emulator(tmp_path_factory.mktemp("cognito")).start()
    made = World(emulator, UserPool(emulator, "tech-audit-tool"), UserPool(emulator, "landscape"))
    made.audit.add_user(USER, "Admin")
    made.audit.add_user(UNVERIFIED, verified=False)
    made.landscape.add_user(REVIEWER, "reviewer", "Admin")
    yield made
    emulator.stop()


def test_an_id_token_of_either_pool_says_who_is_calling(world: World, tmp_path: Path) -> None:
    expected = {
        world.user: ("tech-audit-tool", USER, ["Admin"]),
        world.reviewer: ("digital-landscape", REVIEWER, ["Admin", "reviewer"]),
    }
    for token, who in expected.items():
        me = world.api(tmp_path, token).get("/api/v1/me").json
        assert (me["service"], me["email"], me["groups"]) == who


def test_a_group_counts_in_its_own_pool_alone(world: World, tmp_path: Path) -> None:
    for token, status in ((world.reviewer, 403), (world.user, 404)):
        api = world.api(tmp_path, token)
        assert api("DELETE", "/api/v1/projects/some", if_match="*").status == status


def test_an_access_token_is_refused_and_told_so(world: World, tmp_path: Path) -> None:
    answer = world.api(tmp_path, world.audit.tokens(USER)["AccessToken"]).get("/api/v1/me")
    assert answer.status == 403
    assert "ID token" in answer.json["detail"]


def test_another_client_and_an_unverified_email_are_refused(world: World, tmp_path: Path) -> None:
    other = world.audit.add_client("another")
    token = world.audit.tokens(USER, other)["IdToken"]
    assert world.api(tmp_path, token).get("/api/v1/me").status == 403
    both = f"{world.audit.client_id},{other}"
    assert world.api(tmp_path, token, both).get("/api/v1/me").status == 200
    unverified = world.audit.tokens(UNVERIFIED)["IdToken"]
    assert world.api(tmp_path, unverified).get("/api/v1/me").status == 403


def test_a_project_and_a_move_carry_who_the_tokens_say(world: World, tmp_path: Path) -> None:
    user = world.api(tmp_path, world.user)
    uses = [{"technology": "Python", "category": "languages"}]
    made = user("POST", "/api/v1/projects", {"name": "Real", "technologies": uses})
    assert made.status == 201
    contacts = user.get("/api/v1/projects/real/contacts").json
    assert [contact["email"] for contact in contacts["contacts"]] == [USER]
    assert contacts["updated_by"] == USER
    reviewer = user.with_token(world.reviewer)
    moved = reviewer("POST", "/api/v1/technologies/python/moves", {"ring": "adopt"})
    assert moved.json["moves"][-1]["author"] == REVIEWER
    assert user("PATCH", "/api/v1/projects/real", {"stage": None}, if_match="*").status == 200


def test_a_rotated_key_is_found_and_a_pool_may_be_down(world: World, tmp_path: Path) -> None:
    before, reviewers = world.user, world.reviewer
    api = world.api(tmp_path, before)
    assert api.get("/api/v1/me").status == 200

    world.emulator.stop()
    assert api.get("/api/v1/me").status == 200  # this pool's keys are cached
    waiting = api.with_token(reviewers).get("/api/v1/me")  # this pool's keys were never fetched
    assert waiting.status == 503
    assert 1 <= int(waiting.headers["retry-after"]) <= 61

    world.emulator.drop_signing_keys()
    world.emulator.start()
    after = world.user
    assert len({jwt.get_unverified_header(token)["kid"] for token in (before, after)}) == 2
    assert world.api(tmp_path, after).get("/api/v1/me").status == 200
    assert world.api(tmp_path, before).get("/api/v1/me").status == 401
