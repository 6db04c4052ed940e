"""A file is known by its bytes, and read again only where it may have changed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import Cancelled, MediaError
from app.engine.media import content
from app.engine.media.content import content_hash
from app.engine.progress import CancelToken

TEXT = b"some bytes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    path.write_bytes(TEXT)
    return path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a file was hashed; files are trusted at once, though they were just written."""
    made: list[object] = []

    def counted(*data: bytes) -> object:
        made.append(None)
        return sha256(*data)

    sha256 = hashlib.sha256
    monkeypatch.setattr(content.hashlib, "sha256", counted)
    monkeypatch.setattr(content, "_SETTLED", -1)
    return lambda: len(made)


def test_the_hash_is_that_of_the_bytes(file: Path) -> None:
    assert content_hash(file) == hashlib.sha256(TEXT).hexdigest()


def test_a_file_that_has_not_changed_is_read_once(file: Path, readings: Callable[[], int]) -> None:
    first = content_hash(file)
    assert content_hash(file) == first
    assert readings() == 1


def test_a_file_that_was_just_written_is_read_again(
    file: Path, readings: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be written once more within a tick of the clock."""
    monkeypatch.setattr(content, "_SETTLED", 10**12)
    content_hash(file)
    content_hash(file)
    assert readings() == 2


@pytest.mark.parametrize("later", [0, 1])
def test_a_change_is_seen(file: Path, readings: Callable[[], int], later: int) -> None:
    """Also of as many bytes, with the time of change put back."""
    first, stamp = content_hash(file), file.stat()
    file.write_bytes(TEXT.upper())
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + later))
    assert content_hash(file) == hashlib.sha256(TEXT.upper()).hexdigest() != first


def test_another_file_under_the_name_is_seen(file: Path, tmp_path: Path, readings: Callable[[], int]) -> None:
    content_hash(file)
    other = tmp_path / "other.bin"
    other.write_bytes(TEXT[::-1])
    other.replace(file)
    assert content_hash(file) == hashlib.sha256(TEXT[::-1]).hexdigest()


class _Failing(io.FileIO):
    """A file whose disk fails once its first byte was read."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size != 1:
            raise OSError(errno.EIO, "Input/output error")
        return b"x"


def test_a_disk_that_fails_midway_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", lambda path, _mode: _Failing(str(path)))
    with pytest.raises(MediaError, match=r"file\.bin\" cannot be read \(Input/output error\)"):
        content_hash(file)


def test_hashing_can_be_stopped(file: Path) -> None:
    """Also where there would be nothing left to read."""
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        content_hash(file, token)
