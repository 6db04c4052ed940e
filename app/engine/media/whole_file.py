"""Whether a file is as long as its own structure says: what tells a cut file from one whose last picture stands."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_SEGMENT = 0x18538067
_FLV_HEAD = 13
_TAG_HEAD = 11


def is_whole(path: Path, container: str) -> bool | None:
    """Whether the file ends where it says; None where its container does not say. Raises OSError.

    `container` is FFmpeg's name of it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if "matroska" in container:
            return _matroska(file, size)
        if container == "avi":
            return _avi(file, size)
        if container == "flv":
            return _flv(file, size)
    return None


def _matroska(file: BinaryIO, size: int) -> bool | None:
    """The segment's declared end lies in the file; a segment of unknown length tells nothing."""
    while file.tell() < size:
        kind = _vint(file, keep_marker=True)
        length = _vint(file, keep_marker=False)
        if kind is None or length is None:
            return None
        if kind == _SEGMENT:
            return file.tell() + length <= size
        file.seek(length, 1)
    return None


def _vint(file: BinaryIO, keep_marker: bool) -> int | None:
    """An EBML number; None at the end, and for a length that is left open."""
    head = file.read(1)
    if not head or not head[0]:
        return None
    extra = 8 - head[0].bit_length()
    value = int.from_bytes(head + file.read(extra))
    if keep_marker:
        return value
    marker = 1 << 7 * (extra + 1)
    return None if value == 2 * marker - 1 else value - marker


def _avi(file: BinaryIO, size: int) -> bool:
    """All its RIFF chunks end in the file; one of length 0 was never finished."""
    at = 0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        if head[:4] != b"RIFF":
            break
        length = int.from_bytes(head[4:], "little")
        if not length or at + 8 + length > size:
            return False
        at += 8 + length + length % 2
    return at > 0


def _flv(file: BinaryIO, size: int) -> bool:
    """Its last four bytes are the length of the tag before them."""
    if size < _FLV_HEAD + _TAG_HEAD:
        return False
    file.seek(size - 4)
    length = int.from_bytes(file.read(4))
    if not _TAG_HEAD <= length <= size - _FLV_HEAD:
        return False
    file.seek(size - 4 - length)
    head = file.read(_TAG_HEAD)
    return int.from_bytes(head[1:4]) + _TAG_HEAD == length
