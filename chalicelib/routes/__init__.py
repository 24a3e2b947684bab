"""HTTP, and nothing but HTTP: one builder of a Blueprint for each resource."""
