"""Sets of videos as folders hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.evaluation.video_folder import read_video_folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()


def test_files_of_one_name_belong_together_and_missing_dubs_are_told(tmp_path: Path) -> None:
    put(tmp_path, "real/a.mp4", "real/b.mp4", "Ours/a.mp4", "Ours/b.mov", "Theirs/b.mp4", "notes/read.txt")
    videos, skipped = read_video_folder(tmp_path)
    found = [(v.real.name, v.dubbed.name, v.name) for v in videos]
    assert found == [("a.mp4", "a.mp4", "Ours"), ("b.mp4", "b.mov", "Ours"), ("b.mp4", "b.mp4", "Theirs")]
    assert ["no dub of" in row.reason and "a.mp4" in row.reason for row in skipped] == [True]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Ours/a.mp4"], "cannot be read"),
        (["real/a.txt", "Ours/a.mp4"], "no video in real/"),
        (["real/a.mp4"], "no folder with a method"),
        (["real/a.mp4", "copy-reference/a.mp4"], "every report"),
    ],
)
def test_what_is_no_set_is_refused(tmp_path: Path, names: list[str], said: str) -> None:
    put(tmp_path, *names)
    with pytest.raises(MediaError, match=said):
        read_video_folder(tmp_path)
