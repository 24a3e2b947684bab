"""Makes the contract, chalicelib/openapi.json, from the routes, the bodies and the access rules."""
