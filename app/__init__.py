"""Redub: re-lip a clip to a new voice."""

__version__ = "0.1.0"
