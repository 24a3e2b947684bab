"""The floor: no framework, no table, a constant answer."""


def handler(event: object, context: object) -> dict[str, object]:  # noqa: ARG001 - Lambda's signature
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"status":"ok"}',
    }
