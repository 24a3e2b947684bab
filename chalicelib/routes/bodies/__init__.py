"""What callers may send, in pydantic: imported by the handlers of writes alone."""
