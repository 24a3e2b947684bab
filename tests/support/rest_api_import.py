"""ImportRestApi and PutRestApi of Chalice's Swagger, carried out with the emulator's other calls."""

from typing import Any

REGIONAL = {"types": ["REGIONAL"]}
SIGNED = "sigv4"  # Chalice's value for awsSigv4 in x-amazon-apigateway-authtype
METHODS = ("get", "post", "put", "patch", "delete", "options", "head")


def imported(gateway: Any, document: dict[str, Any]) -> dict[str, Any]:
    """Carries out ImportRestApi."""
    made = gateway.create_rest_api(
        name=document["info"]["title"],
        endpointConfiguration=REGIONAL,
        binaryMediaTypes=document["x-amazon-apigateway-binary-media-types"],
    )
    _apply(gateway, made["id"], document)
    return _described(made)


def overwritten(gateway: Any, api_id: str, document: dict[str, Any]) -> dict[str, Any]:
    """Carries out PutRestApi with mode=overwrite.

    It removes everything that is not in the document, gateway responses included.
    """
    api = {"restApiId": api_id}
    for found in gateway.get_gateway_responses(**api).get("items", []):
        if not found.get("defaultResponse"):
            gateway.delete_gateway_response(responseType=found["responseType"], **api)
    resources = gateway.get_resources(limit=500, **api)["items"]
    for found in sorted(resources, key=lambda one: -one["path"].count("/")):
        if found["path"] != "/":
            gateway.delete_resource(resourceId=found["id"], **api)
            continue
        for method in found.get("resourceMethods", {}):
            gateway.delete_method(resourceId=found["id"], httpMethod=method, **api)
    for found in gateway.get_authorizers(**api)["items"]:
        gateway.delete_authorizer(authorizerId=found["id"], **api)
    _apply(gateway, api_id, document)
    return _described(gateway.get_rest_api(**api))


def _described(api: dict[str, Any]) -> dict[str, Any]:
    configuration = api.get("endpointConfiguration", REGIONAL)
    return {"id": api["id"], "name": api["name"], "endpointConfiguration": configuration}


def _apply(gateway: Any, api_id: str, document: dict[str, Any]) -> None:
    """Applies Chalice's Swagger, call by call."""
    authorizers = {
        name: gateway.create_authorizer(
            restApiId=api_id,
            name=name,
            type="COGNITO_USER_POOLS",
            providerARNs=definition["x-amazon-apigateway-authorizer"]["providerARNs"],
            identitySource="method.request.header.Authorization",
        )["id"]
        for name, definition in document.get("securityDefinitions", {}).items()
        if "x-amazon-apigateway-authorizer" in definition
    }
    resources = {
        found["path"]: found["id"] for found in gateway.get_resources(restApiId=api_id)["items"]
    }
    for path, methods in document["paths"].items():
        resource = _resource(gateway, api_id, resources, path)
        for method in METHODS:
            if method in methods:
                where = {"restApiId": api_id, "resourceId": resource, "httpMethod": method.upper()}
                _put(gateway, where, methods[method], authorizers)


def _resource(gateway: Any, api_id: str, resources: dict[str, str], path: str) -> str:
    if path not in resources:
        outer, _, part = path.rpartition("/")
        parent = _resource(gateway, api_id, resources, outer or "/")
        made = gateway.create_resource(restApiId=api_id, parentId=parent, pathPart=part)
        resources[path] = made["id"]
    return resources[path]


def _authorization(said: dict[str, Any], authorizers: dict[str, str]) -> dict[str, str]:
    names = [name for choice in said.get("security", []) for name in choice]
    if SIGNED in names:
        return {"authorizationType": "AWS_IAM"}
    for name in names:
        if name in authorizers:
            return {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizers[name]}
    return {"authorizationType": "NONE"}


def _put(
    gateway: Any, where: dict[str, str], said: dict[str, Any], authorizers: dict[str, str]
) -> None:
    gateway.put_method(**where, **_authorization(said, authorizers))
    integration = said["x-amazon-apigateway-integration"]
    gateway.put_integration(
        **where,
        type=integration["type"].upper(),
        integrationHttpMethod=integration.get("httpMethod", "POST"),
        uri=integration["uri"],
    )
