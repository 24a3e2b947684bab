"""Pydantic models of request bodies. Only the handlers of writes import them."""
