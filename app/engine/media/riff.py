"""How much sound a WAV file holds: by its own header, checked against the file.

A program that writes to a pipe does not know the size when it writes the header and puts 0, the largest number or
something near 2 GiB there; such a size says nothing, and the sound goes on to the end of the file.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec

OPEN_SIZE = 0x7F00_0000
"""Bytes from which a size that the file falls short of is what streaming writers put there."""

_KINDS = (b"RIFF", b"RF64", b"BW64")
_FORMAT_BYTES = 16


class WavData(msgspec.Struct, frozen=True):
    """The chunk of samples in a WAV file."""

    present: int
    """Bytes of samples that are in the file."""
    missing: int
    """Bytes that the header promises and the file does not hold; 0 where the header leaves the size open."""
    bytes_per_second: int

    @property
    def seconds(self) -> Fraction | None:
        """Of the sound in the file, for a constant rate of data; None where the header does not tell it."""
        return Fraction(self.present, self.bytes_per_second) if self.bytes_per_second else None

    @property
    def missing_seconds(self) -> Fraction:
        """Length in seconds of the sound that is announced and missing."""
        return Fraction(self.missing, self.bytes_per_second) if self.bytes_per_second else Fraction(self.missing)


def wav_data(path: Path) -> WavData | None:
    """Looks at the chunks of a WAV file; None where it is another kind of file or has no samples. Raises OSError."""
    size, rate, told_long = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in _KINDS or head[8:] != b"WAVE":
            return None
        while len(chunk := file.read(8)) == 8:
            name, told, at = chunk[:4], int.from_bytes(chunk[4:], "little"), file.tell()
            if name == b"data":
                return _data(size - at, told_long or told, rate)
            if name == b"ds64":
                told_long = int.from_bytes(file.read(16)[8:], "little")
            if name == b"fmt ":
                rate = int.from_bytes(file.read(_FORMAT_BYTES)[8:12], "little")
            file.seek(at + told + told % 2)
    return None


def _data(there: int, told: int, rate: int) -> WavData:
    """The chunk where the file goes on for `there` bytes and the header tells of `told`."""
    if told == 0 or (told > there and told >= OPEN_SIZE):
        return WavData(there, 0, rate)
    return WavData(min(told, there), max(0, told - there), rate)
