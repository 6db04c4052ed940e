"""What may go wrong in a network, each as one sentence for the user."""

from __future__ import annotations


class ModelError(Exception):
    """One full sentence: which weights, data or device, what is wrong with it and what to do."""
