"""Landscape API: one register of an organisation's projects and technologies."""

__version__ = "0.1.0"
