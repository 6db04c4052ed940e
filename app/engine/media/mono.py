"""Mono sound that is read in pieces, so that hours of it take no more memory than a minute."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_BYTES = np.dtype(np.float32).itemsize


class MonoSound(Protocol):
    """Mono samples that are read in pieces: an array, or a file."""

    def __len__(self) -> int:
        """The number of samples."""
        ...

    def __getitem__(self, span: slice, /) -> NDArray[np.float32]:
        """The samples from `span.start` to `span.stop`."""
        ...


def padded(sound: MonoSound, start: int, length: int) -> NDArray[np.float32]:
    """`length` samples from `start`, with silence beyond both ends."""
    piece = np.zeros(length, np.float32)
    low, high = max(start, 0), min(start + length, len(sound))
    if low < high:
        piece[low - start : high - start] = sound[low:high]
    return piece


class StoredSound:
    """A file of bare 32-bit floats as mono sound, for any number of threads.

    The file is mapped, so that it may vanish from its folder meanwhile; each piece is copied out and its pages are
    given back at once. An array over the map would hold every page that was ever looked at: all of the sound.
    """

    def __init__(self, path: Path, unused: int = 0, channel: int | None = None) -> None:
        """`unused` bytes at the end of the file are no sound. Raises OSError where the file cannot be read.

        ValueError where it is empty.
        """
        self.channel = channel
        """The one channel of the recording that this is, from 0; None where it is a mix of all."""
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._count = (len(self._map) - unused) // _BYTES

    def __len__(self) -> int:
        """The number of samples."""
        return self._count

    def __getitem__(self, span: slice) -> NDArray[np.float32]:
        """The samples of a slice without a step, n; not to be written to."""
        first, stop, step = span.indices(len(self))
        if step != 1:
            raise ValueError(f"sound is read without a step, not by {step}")
        piece = self._map[first * _BYTES : max(stop, first) * _BYTES]
        if hasattr(self._map, "madvise"):  # not on Windows, which trims a process by itself
            self._map.madvise(mmap.MADV_DONTNEED)
        return np.frombuffer(piece, np.float32)
