"""Sets of videos as a CSV names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import MediaError, UserError
from app.engine.evaluation.video_set import check_names, is_video_set, read_video_set

HEAD = "real,dubbed,name,voice\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("r.mp4", "a.mp4", "b.mp4", "v.wav"):
        (tmp_path / name).touch()
    return tmp_path


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "set.csv"
    file.write_text(text, encoding)
    return file


def test_rows_become_videos_relative_to_the_file(folder: Path) -> None:
    text = HEAD + "r.mp4,a.mp4,Ours,v.wav\n" + f"{folder / 'r.mp4'}, b.mp4 ,Theirs,\n"
    videos, skipped = read_video_set(written(folder, text))
    assert [(v.real.name, v.dubbed.name, v.name, v.voice and v.voice.name, v.line) for v in videos] == [
        ("r.mp4", "a.mp4", "Ours", "v.wav", 2),
        ("r.mp4", "b.mp4", "Theirs", None, 3),
    ]
    assert skipped == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_voice_may_be_missing_and_more_columns_are_allowed(folder: Path, encoding: str) -> None:
    file = written(folder, "name,dubbed,real,note\nOurs,a.mp4,r.mp4,x\n", encoding)
    assert is_video_set(file)
    videos, _ = read_video_set(file)
    assert (videos[0].name, videos[0].voice) == ("Ours", None)


def test_broken_rows_are_told_with_their_lines(folder: Path) -> None:
    rows = ["r.mp4,a.mp4,Ours,", "r.mp4,gone.mp4,Ours,", "r.mp4", "r.mp4,a.mp4,,", ",a.mp4,Ours,", "r.mp4,b.mp4,real,",
            "r.mp4,b.mp4,Theirs,gone.wav", "r.mp4,b.mp4,Theirs,"]  # fmt: skip
    videos, skipped = read_video_set(written(folder, HEAD + "\n".join(rows)))
    assert [video.line for video in videos] == [2, 9]
    assert [row.line for row in skipped] == [3, 4, 5, 6, 7, 8]
    assert "gone.mp4" in skipped[0].reason and "does not exist" in skipped[0].reason
    assert "column dubbed" in skipped[1].reason
    assert "gone.wav" in skipped[5].reason


@pytest.mark.parametrize(
    ("text", "said"),
    [("real,name\nr,a\n", "lacks the column dubbed"), (HEAD, "has no row"), ("real;dubbed;name\nr;a;b\n", "commas")],
)
def test_what_is_no_set_is_refused(folder: Path, text: str, said: str) -> None:
    file = written(folder, text)
    assert is_video_set(file)
    with pytest.raises(MediaError, match=said):
        read_video_set(file)


def test_a_catalogue_is_no_set(folder: Path) -> None:
    assert not is_video_set(written(folder, "file,licence,speaker\nreal.mp4,CC0,x\n"))
    assert not is_video_set(folder / "nothing.csv")
    (folder / "bytes.csv").write_bytes(bytes(range(128, 256)))
    assert not is_video_set(folder / "bytes.csv")


def test_names_are_their_own() -> None:
    check_names(["a", "b"])
    with pytest.raises(UserError, match="every report"):
        check_names(["copy-reference"])
    with pytest.raises(UserError, match='Two videos are called "a"'):
        check_names(["a", "b", "a"])
