"""What the export dialog tells of the disk and the clip."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.core.text import bytes_text
from app.engine.export.export_choices import ExportChoices
from app.engine.media.clip import Clip
from app.ui.session import Session


def first_folder(choices: ExportChoices, session: Session) -> Path:
    """Where the last export went, if it is still there; else beside the clip."""
    last = Path(choices.folder) if choices.folder else None
    if last is not None and last.is_dir():
        return last
    return Path(session.project.clip).absolute().parent if session.project.clip else Path.home()


def free_bytes(folder: Path) -> int | None:
    """Bytes left on the disk of a folder; None where there is no such folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def room_problem(target: Path, need: int) -> list[str]:
    """A sentence where the disk has less than `need` bytes left."""
    free = free_bytes(target.parent)
    if free is None or need <= free:
        return []
    return [
        f"The disk has {bytes_text(free)} left and the file needs about {bytes_text(need)}: free some room or "
        "choose another folder."
    ]


def rate_text(clip: Clip | None) -> str:
    """The clip's rate, which is the export's."""
    if clip is None:
        return "as the clip"
    video = clip.info.video
    fps = f"{float(clip.fps):.3f}".rstrip("0").rstrip(".")
    if video is not None and video.variable:
        return f"{fps} fps on average; it varies, and every frame keeps its own time"
    return f"{fps} fps, as the clip"
