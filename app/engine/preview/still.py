"""One frame as a picture file, as large as it is in the film."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import MediaError
from app.engine.media.clip import Clip
from app.engine.media.opencv import cv2
from app.engine.media.reader import VideoReader
from app.engine.preview.patch import Patch
from app.engine.preview.preview_picture import laid_on
from app.engine.replacing import replacing


def write_still(clip: Clip, index: int, patch: Patch | None, target: Path) -> None:
    """Writes frame `index`, with the new mouth of `patch` on it, as PNG.

    Raises MediaError where it cannot be decoded or written; nothing stands under `target` then that was not there.
    """
    with VideoReader(Path(clip.path), clip.times) as reader:
        rgb = reader.frame_at(clip.time_of(index)).rgb()
    if patch is not None and patch.rgb.size:
        rgb = laid_on(rgb, patch)
    _, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    try:
        with replacing(target) as temporary:
            temporary.write_bytes(png.tobytes())
    except OSError as error:
        raise MediaError(f'"{target}" cannot be written ({error.strerror}): choose another folder or name.') from error
