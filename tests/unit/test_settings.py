"""Settings: a missing or malformed one stops the start, by name; nothing is guessed."""

from pathlib import Path

import pytest

from chalicelib.bootstrap import open_store
from chalicelib.settings import AwsAccess, Settings, SettingsError, stage_environment
from tests.support import CONFIG, local_environment

REQUIRED = (
    "LANDSCAPE_STAGE",
    "LANDSCAPE_STORE_URL",
    "TECH_AUDIT_TOOL_POOL_ARN",
    "TECH_AUDIT_TOOL_CLIENT_IDS",
    "DIGITAL_LANDSCAPE_POOL_ARN",
    "DIGITAL_LANDSCAPE_CLIENT_IDS",
)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_setting_is_named(tmp_path: Path, name: str, value: str | None) -> None:
    environment = local_environment(tmp_path)
    environment.pop(name)
    if value is not None:
        environment[name] = value
    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        Settings.read(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANDSCAPE_STAGE", "production"),
        ("TECH_AUDIT_TOOL_POOL_ARN", "eu-west-2_AbCdEf"),
        ("DIGITAL_LANDSCAPE_POOL_ARN", "arn:aws:cognito-idp:eu-west-2:1:userpool/x"),
        ("LANDSCAPE_REQUIRE_WAF", "no"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://good.example,good.example/path"),
        ("CORS_ORIGINS", "https://good.example/"),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} "):
        Settings.read(local_environment(tmp_path, **{name: value}))


@pytest.mark.parametrize("value", [None, "", "true"])
def test_a_deployed_stage_is_shut_without_waf_unless_told_otherwise(
    tmp_path: Path, value: str | None
) -> None:
    environment = local_environment(tmp_path, LANDSCAPE_STAGE="dev")
    environment.pop("LANDSCAPE_REQUIRE_WAF")
    if value is not None:
        environment["LANDSCAPE_REQUIRE_WAF"] = value
    assert Settings.read(environment).require_waf
    environment["LANDSCAPE_REQUIRE_WAF"] = "false"
    assert not Settings.read(environment).require_waf


def test_the_local_stage_has_no_waf_to_require(tmp_path: Path) -> None:
    environment = local_environment(tmp_path)
    environment.pop("LANDSCAPE_REQUIRE_WAF")
    assert not Settings.read(environment).require_waf
    with pytest.raises(SettingsError, match=r"^LANDSCAPE_REQUIRE_WAF is true on the local stage"):
        Settings.read(local_environment(tmp_path, LANDSCAPE_REQUIRE_WAF="true"))


@pytest.mark.parametrize(
    "url", ["postgres://x", "sqlite", "sqlite:x.db", "sqlite://x.db", "sqlite:///"]
)
def test_a_store_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    settings = Settings.read(local_environment(tmp_path, LANDSCAPE_STORE_URL=url))
    with pytest.raises(SettingsError, match=r"^LANDSCAPE_STORE_URL "):
        open_store(settings)


def test_two_services_do_not_share_a_pool(tmp_path: Path) -> None:
    environment = local_environment(tmp_path)
    arn = environment["TECH_AUDIT_TOOL_POOL_ARN"]
    with pytest.raises(SettingsError, match=r"^DIGITAL_LANDSCAPE_POOL_ARN "):
        Settings.read({**environment, "DIGITAL_LANDSCAPE_POOL_ARN": arn})


IN_LAMBDA = {
    "LANDSCAPE_STAGE": "dev",
    "LANDSCAPE_STORE_URL": "dynamodb://landscape-dev",
    "AWS_LAMBDA_FUNCTION_NAME": "landscape-api-dev",
    "AWS_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_SESSION_TOKEN": "hidden too",
}


def test_lambdas_environment_says_how_to_reach_dynamodb(tmp_path: Path) -> None:
    settings = Settings.read(local_environment(tmp_path, **IN_LAMBDA))
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
def test_endpoints_are_those_of_the_sdks(
    tmp_path: Path, given: dict[str, str], endpoint: str
) -> None:
    settings = Settings.read(local_environment(tmp_path, **IN_LAMBDA, **given))
    assert settings.dynamodb
    assert settings.dynamodb.endpoint == endpoint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_REGION", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", " "),
        ("AWS_ENDPOINT_URL", "localhost:8000"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000/path"),
        ("LANDSCAPE_DYNAMODB_CLIENT", "botocore"),
    ],
)
def test_what_lambdas_environment_lacks_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is "):
        Settings.read(local_environment(tmp_path, **{**IN_LAMBDA, name: value}))


def test_a_password_in_an_endpoint_is_refused_and_not_told(tmp_path: Path) -> None:
    given = {**IN_LAMBDA, "AWS_ENDPOINT_URL": "https://name:passw0rd@localhost"}
    with pytest.raises(SettingsError, match=r"^AWS_ENDPOINT_URL is ") as raised:
        Settings.read(local_environment(tmp_path, **given))
    assert "passw0rd" not in str(raised.value)


def test_boto3_is_a_setting_away_inside_lambda_and_the_rule_outside(tmp_path: Path) -> None:
    inside = local_environment(tmp_path, **IN_LAMBDA)
    outside = {n: v for n, v in inside.items() if n != "AWS_LAMBDA_FUNCTION_NAME"}
    assert Settings.read({**inside, "LANDSCAPE_DYNAMODB_CLIENT": "boto3"}).dynamodb is None
    assert Settings.read(outside).dynamodb is None
    assert Settings.read({**outside, "LANDSCAPE_DYNAMODB_CLIENT": "http"}).dynamodb


def test_the_local_stage_does_not_start_in_lambda(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^LANDSCAPE_STAGE is local inside Lambda"):
        Settings.read(local_environment(tmp_path, AWS_LAMBDA_FUNCTION_NAME="landscape-api-local"))


def test_a_pool_knows_its_issuer(tmp_path: Path) -> None:
    arn = "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_AbC123"
    pool = Settings.read(local_environment(tmp_path, TECH_AUDIT_TOOL_POOL_ARN=arn)).pools[0]
    assert pool.issuer == "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_AbC123"
    assert (pool.id, pool.region) == ("eu-west-2_AbC123", "eu-west-2")
    china = "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_AbC"
    pool = Settings.read(local_environment(tmp_path, TECH_AUDIT_TOOL_POOL_ARN=china)).pools[0]
    assert pool.issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC"


def test_lists_are_separated_by_commas(tmp_path: Path) -> None:
    settings = Settings.read(
        local_environment(
            tmp_path,
            TECH_AUDIT_TOOL_CLIENT_IDS="one, two,",
            CORS_ORIGINS="http://localhost:3000 , https://landscape.example.org",
        )
    )
    assert settings.pools[0].client_ids == {"one", "two"}
    assert settings.cors_origins == {"http://localhost:3000", "https://landscape.example.org"}


def test_local_files_live_outside_the_project() -> None:
    environment = stage_environment("local", {"HOME": "/home/somebody"}, CONFIG)
    assert Settings.read(environment).state_directory == Path(
        "/home/somebody/.local/state/landscape-api"
    )


def test_the_environment_overrides_the_stages_settings(tmp_path: Path) -> None:
    found = stage_environment("local", {"CORS_ORIGINS": "https://a.example"}, CONFIG)
    assert found["CORS_ORIGINS"] == "https://a.example"
    assert found["LANDSCAPE_STAGE"] == "local"
    with pytest.raises(SettingsError, match="no stage 'nowhere'"):
        stage_environment("nowhere", {}, CONFIG)
    with pytest.raises(SettingsError, match="cannot be read"):
        stage_environment("local", {}, tmp_path / "config.json")


def test_a_hosted_ui_is_an_origin_or_not_there(tmp_path: Path) -> None:
    origin = "https://audit.auth.eu-west-2.amazoncognito.com"
    environment = local_environment(tmp_path, TECH_AUDIT_TOOL_HOSTED_UI=origin)
    assert [pool.hosted_ui for pool in Settings.read(environment).pools] == [origin, None]
    environment["DIGITAL_LANDSCAPE_HOSTED_UI"] = f"{origin}/login?x"
    with pytest.raises(SettingsError, match="DIGITAL_LANDSCAPE_HOSTED_UI"):
        Settings.read(environment)
