"""The verbs of `python main.py VERB`: proof that the engine needs no Qt."""

from app.cli.main import main

__all__ = ["main"]
