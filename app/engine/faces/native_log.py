"""Keeps the start-up chatter of native libraries out of the terminal, and nothing else."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

_CHATTER = re.compile(rb"^(INFO: |WARNING: All log messages before absl|[IW]\d{4} [\d:.]+ +\d+ \S+:\d+\] )")
"""Notices and warnings of absl and TensorFlow Lite; errors and fatal lines (E, F) do not match."""

_STDERR = 2


def without_chatter(text: bytes) -> bytes:
    """`text` without the lines that are mere notices."""
    return b"".join(line for line in text.splitlines(keepends=True) if not _CHATTER.match(line))


@contextmanager
def quiet_native_log() -> Generator[None]:
    """Holds back what native code writes to standard error meanwhile, then writes all but the notices.

    MediaPipe's logger ignores the usual environment variables (GLOG_minloglevel, TF_CPP_MIN_LOG_LEVEL)
    until it is initialised, which its Python side never does; hence the file descriptor.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # a windowed program on Windows has no standard error: nothing to keep clean
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            held.seek(0)
            _write_all(without_chatter(held.read()))


def _write_all(text: bytes) -> None:
    while text:
        text = text[os.write(_STDERR, text) :]
