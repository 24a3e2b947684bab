"""Settings: a missing or malformed one stops the start, and the error names it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.bootstrap import create_app, open_store
from chalicelib.settings import AwsAccess, Settings, SettingsError
from ops.stage import stage_environment
from tests.support.api import CONFIG, local_environment

REQUIRED = (
    *("LANDSCAPE_STAGE", "LANDSCAPE_STORE_URL"),
    *("TECH_AUDIT_TOOL_POOL_ARN", "TECH_AUDIT_TOOL_CLIENT_IDS"),
    *("DIGITAL_LANDSCAPE_POOL_ARN", "DIGITAL_LANDSCAPE_CLIENT_IDS"),
)
ARN = "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_AbC123"
CHINA = "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_AbC"
HOSTED_UI = "https://audit.auth.eu-west-2.amazoncognito.com"
NO_ORIGINS = (
    *("*", "null", "x.example", "ftp://x.example", "https://", "https:///", "https://x.example/a"),
    *("https://X.example", "HTTPS://x.example", "https://x.example?a", "https://name:passw0rd@x.a"),
    *("https://x.example:443", "http://x.example:80", "https://x.example:", "https://x.example:0"),
    *("http://x.example:65536", "http://x.example:03000", "http://x.example:٣", "https://x.a b.c"),
    *("https://x.example.", "https://x..example", "https://.example", "https://-x.example"),
    *("https://x-.example", "https://ü.example", "http://1.2.3", "http://1.2.3.256", "http://[::1"),
)
IN_LAMBDA = {
    "LANDSCAPE_STAGE": "dev",
    "LANDSCAPE_STORE_URL": "dynamodb://landscape-dev",
    "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev",
    "AWS_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_SESSION_TOKEN": "hidden too",
}
Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the local stage's settings with the given changes; None removes a setting."""

    def read(**given: str | None) -> Settings:
        environment = local_environment(tmp_path) | given
        return Settings.read({n: value for n, value in environment.items() if value is not None})

    return read


@pytest.mark.parametrize(
    ("given", "error"),
    [
        *(({name: value}, f"{name} is not set") for name in REQUIRED for value in (None, "", "  ")),
        ({"LANDSCAPE_STAGE": "production"}, "LANDSCAPE_STAGE "),
        ({"TECH_AUDIT_TOOL_POOL_ARN": "eu-west-2_AbCdEf"}, "TECH_AUDIT_TOOL_POOL_ARN "),
        ({"DIGITAL_LANDSCAPE_POOL_ARN": ARN.replace("_A", "A")}, "DIGITAL_LANDSCAPE_POOL_ARN "),
        (dict.fromkeys(REQUIRED[2::2], ARN), "DIGITAL_LANDSCAPE_POOL_ARN has the issuer of "),
        (
            {REQUIRED[2]: ARN, REQUIRED[4]: ARN.replace("123456789012", "210987654321")},
            "DIGITAL_LANDSCAPE_POOL_ARN has the issuer of TECH_AUDIT_TOOL_POOL_ARN: set it ",
        ),
        *(
            ({name: ids}, f"{name} holds .* with a comma between two")
            for name in REQUIRED[3::2]
            for ids in ("one two", "one;two", "one,two-three", "one\ttwo", "é", "x" * 129)
        ),
        ({"DIGITAL_LANDSCAPE_HOSTED_UI": f"{HOSTED_UI}/login?x"}, "DIGITAL_LANDSCAPE_HOSTED_UI"),
        ({"LANDSCAPE_REQUIRE_WAF": "no"}, "LANDSCAPE_REQUIRE_WAF "),
        (
            {"LANDSCAPE_REQUIRE_WAF": "true"},
            "LANDSCAPE_REQUIRE_WAF is true on the local stage: set it to false",
        ),
        ({"CORS_ORIGINS": "https://good.example/"}, "CORS_ORIGINS "),
        *(
            ({name: value}, f"{name} holds .*, which no browser sends as an origin: write it like")
            for name in ("CORS_ORIGINS", "DIGITAL_LANDSCAPE_HOSTED_UI")
            for value in NO_ORIGINS
        ),
        ({"AWS_LAMBDA_FUNCTION_NAME": "landscape"}, "LANDSCAPE_STAGE is local on AWS"),
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://x"}, "LANDSCAPE_STAGE is local on AWS"),
        *(
            ({**IN_LAMBDA, name: value}, f"{name} is ")
            for name, value in (
                ("AWS_REGION", ""),
                ("AWS_ACCESS_KEY_ID", ""),
                ("AWS_SECRET_ACCESS_KEY", " "),
                ("AWS_ENDPOINT_URL", "localhost:8000"),
                ("AWS_ENDPOINT_URL", "https://name:passw0rd@localhost"),
                ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000/path"),
                ("LANDSCAPE_DYNAMODB_CLIENT", "botocore"),
            )
        ),
    ],
)
def test_a_missing_or_malformed_setting_is_named_and_no_password_told(
    read: Read, given: dict[str, str | None], error: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{error}") as raised:
        read(**given)
    assert "passw0rd" not in str(raised.value)


@pytest.mark.parametrize("value", [None, "", "true"])
def test_a_deployed_stage_is_shut_without_waf_unless_told_otherwise(
    read: Read, value: str | None
) -> None:
    assert read(LANDSCAPE_STAGE="dev", LANDSCAPE_REQUIRE_WAF=value).require_waf
    assert not read(LANDSCAPE_STAGE="dev", LANDSCAPE_REQUIRE_WAF="false").require_waf
    assert not read(LANDSCAPE_STAGE="local", LANDSCAPE_REQUIRE_WAF=None).require_waf


@pytest.mark.parametrize(
    "url", ["postgres://x", "sqlite", "sqlite:x.db", "sqlite://x.db", "sqlite:///"]
)
def test_a_store_that_is_none_is_named(read: Read, url: str) -> None:
    settings = read(LANDSCAPE_STORE_URL=url)
    with pytest.raises(SettingsError, match=r"^LANDSCAPE_STORE_URL "):
        open_store(settings)


def test_lambdas_environment_says_how_to_reach_dynamodb(read: Read) -> None:
    settings = read(**IN_LAMBDA)
    assert settings.dynamodb == AwsAccess("eu-west-2", "AKID", "hidden", "hidden too", "")
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ({"AWS_ENDPOINT_URL": "http://[::1]:8000"}, "http://[::1]:8000"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_DYNAMODB": "https://b"}, "https://b"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""),
    ],
)
def test_endpoints_are_those_of_the_sdks(read: Read, given: dict[str, str], endpoint: str) -> None:
    dynamodb = read(**IN_LAMBDA, **given).dynamodb
    assert dynamodb
    assert dynamodb.endpoint == endpoint


def test_boto3_is_a_setting_away_inside_lambda_and_the_rule_outside(read: Read) -> None:
    outside = {**IN_LAMBDA, "AWS_LAMBDA_FUNCTION_NAME": None}
    assert read(**IN_LAMBDA, LANDSCAPE_DYNAMODB_CLIENT="boto3").dynamodb is None
    assert read(**outside).dynamodb is None
    assert read(**outside, LANDSCAPE_DYNAMODB_CLIENT="http").dynamodb


def test_a_pool_knows_its_issuer_and_its_hosted_ui_where_there_is_one(read: Read) -> None:
    pool, other = read(TECH_AUDIT_TOOL_POOL_ARN=ARN, TECH_AUDIT_TOOL_HOSTED_UI=HOSTED_UI).pools
    assert (pool.hosted_ui, other.hosted_ui) == (HOSTED_UI, None)
    assert pool.issuer == "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_AbC123"
    assert (pool.id, pool.region) == ("eu-west-2_AbC123", "eu-west-2")
    pool = read(TECH_AUDIT_TOOL_POOL_ARN=CHINA).pools[0]
    assert pool.issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC"


@pytest.mark.parametrize(
    "origin",
    [
        *("http://x.example:443", "https://x.example:80", "http://localhost", "http://[::1]:3000"),
        *("http://192.168.0.1:65535", "https://xn--bcher-kva.example", "https://a-b.1.example"),
    ],
)
def test_what_a_browser_sends_is_an_origin(read: Read, origin: str) -> None:
    assert read(CORS_ORIGINS=origin).cors_origins == {origin}
    assert read(DIGITAL_LANDSCAPE_HOSTED_UI=f"{origin}/").pools[1].hosted_ui == origin


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])
def test_keys_come_from_another_machine_by_https_alone(read: Read, name: str) -> None:
    deployed = {"LANDSCAPE_STAGE": "dev", "LANDSCAPE_REQUIRE_WAF": None}
    for url in ("http://keys.example", "http://10.0.0.1:8000/", "http://localhost.example"):
        with pytest.raises(
            SettingsError, match=r"AWS_ENDPOINT_URL is http://… of .* write https://…"
        ):
            create_app(read(**deployed, **{name: url}))
        create_app(read(**{name: url}))  # the local stage reads keys from files
        create_app(read(**{**IN_LAMBDA, "LANDSCAPE_STORE_URL": "sqlite:"}, **{name: url}))
    for url in (
        "https://keys.example",
        "http://localhost:4566",
        "http://127.0.0.1:1/",
        "http://[::1]",
    ):
        create_app(read(**deployed, **{name: url}))
    with pytest.raises(SettingsError, match=f"^{name} is malformed: write it like https://host"):
        read(**{name: "file:///etc"})


@pytest.mark.parametrize("url", ["http://localhost:8001", "https://a.example/b/c-d_1.2"])
def test_the_documentation_gives_the_problems_their_types(read: Read, url: str) -> None:
    name = "LANDSCAPE_DOCUMENTATION_URL"
    for empty in (None, "", "  "):
        assert read(**{name: empty}).documentation == ""
    for given in (url, f" {url}/ "):
        assert read(**{name: given}).documentation == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "x.example",
            "ftp://a.example",
            "https://me:secret@a.example",
            "https://a.example//",
        ),
        *("https://a.example/?q", "https://a.example/#x", 'https://a.example/"', "https://a.b/$x"),
    ],
)
def test_an_address_that_no_documentation_has_stops_the_start(read: Read, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^LANDSCAPE_DOCUMENTATION_URL is malformed") as error:
        read(LANDSCAPE_DOCUMENTATION_URL=url)
    assert url not in str(error.value)


def test_lists_are_separated_by_commas(read: Read) -> None:
    origins = "http://localhost:3000 , https://landscape.example.org"
    settings = read(TECH_AUDIT_TOOL_CLIENT_IDS="one, two,", CORS_ORIGINS=origins)
    assert settings.pools[0].client_ids == {"one", "two"}
    assert settings.cors_origins == {"http://localhost:3000", "https://landscape.example.org"}


def test_local_files_live_outside_the_project() -> None:
    state = Settings.read(stage_environment("local", {"HOME": "/somebody"}, CONFIG)).state_directory
    assert state == Path("/somebody/.local/state/landscape-api")


def test_the_environment_overrides_the_stages_settings(tmp_path: Path) -> None:
    found = stage_environment("local", {"CORS_ORIGINS": "https://a.example"}, CONFIG)
    assert (found["CORS_ORIGINS"], found["LANDSCAPE_STAGE"]) == ("https://a.example", "local")
    with pytest.raises(SettingsError, match="no stage 'nowhere'"):
        stage_environment("nowhere", {}, CONFIG)
    with pytest.raises(SettingsError, match="cannot be read"):
        stage_environment("local", {}, tmp_path / "config.json")
