"""The rules of the register. No HTTP, no AWS."""
