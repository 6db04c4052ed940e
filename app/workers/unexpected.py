"""Errors that nobody foresaw, in threads that must go on."""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)


def unexpected(what: str, error: Exception) -> str:
    """Logs `error`, which is being handled, with its stacks; returns a sentence that begins with `what` went wrong.

    A thread that dies of such an error would leave the editor without its work and without a word.
    """
    _log.exception("%s", what)
    return f"{what} ({type(error).__name__}: {error}): this is a fault of Redub's, and it is in the log."
