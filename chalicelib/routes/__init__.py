"""The HTTP layer, and nothing else: one builder of a Blueprint for each resource."""
