"""Landscape API: one register of an organisation's projects and technologies."""

__version__ = "1.0.0"
