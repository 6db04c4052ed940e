"""Opening a media file by its name as it is, and what is said where that fails."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer

from app.core.errors import MediaError
from app.engine.media.file_check import check_file


def ffmpeg_name(path: Path) -> str:
    """A file's name as FFmpeg takes it for one: from the root on, so that no colon in it reads as a protocol's."""
    return str(path.absolute())


@contextmanager
def open_input(path: Path) -> Generator[InputContainer]:
    """The opened container. Raises MediaError where the file is missing, damaged or no media file."""
    check_file(path)
    try:
        container = av.open(ffmpeg_name(path), "r", metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(
            f'"{path}" cannot be opened as video or sound (it is damaged, cut short or another kind of file): '
            "try another copy of it."
        ) from error
    with container:
        yield container


def damaged(path: Path, what: str) -> MediaError:
    """The error for a file that opens but cannot be decoded to its end."""
    return MediaError(f'"{path}" is damaged or cut short ({what}): use another copy of it, or repair and re-encode it.')
