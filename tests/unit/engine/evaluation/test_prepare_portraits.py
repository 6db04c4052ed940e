"""Portraits as training material: the faces aligned, what is unusable named, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.evaluation.prepare import CANVAS
from app.engine.evaluation.prepare_portraits import COLUMNS, FOLDER, FORMAT, Portrait, prepare_portraits, read_portraits
from app.engine.faces.aligner import ALIGNED_POINTS, FACE
from app.engine.faces.mesh_detector import DepthDetector
from app.engine.media.opencv import cv2
from app.engine.ports import Image
from models.data import portraits as reading
from tests.unit.engine.rendering import face_points

CROP = 64
TIP = 30
"""The landmark that pictures have a white spot on."""


class _KnownFace:
    """Finds the face that `draw` drew: as far to the right as the first pixel is red, as large as it is green."""

    def detect(self, image: Image) -> NDArray[np.float32] | None:
        x, eyes, _ = (float(value) for value in image[0, 0])
        if eyes == 0:
            return None
        depth = np.linspace(-0.5, 0.5, 68) * eyes
        return np.column_stack([face_points(x, 60, eyes), depth]).astype(np.float32)


DETECTOR = cast("DepthDetector", _KnownFace())


def draw(file: Path, x: int = 80, eyes: int = 40) -> Path:
    """A grey picture with a white spot on the tip of the nose, and what there is to know in its first pixel."""
    picture = np.full((160, 200, 3), 90, np.uint8)
    tip = face_points(x, 60, eyes)[TIP]
    cv2.circle(picture, (round(float(tip[0]) * 16), round(float(tip[1]) * 16)), 3 * 16, (255, 255, 255), -1, shift=4)
    picture[0, 0] = (x, eyes, 0)
    cv2.imwrite(str(file), picture[..., ::-1])
    return file


def portrait(file: Path, person: str = "somebody") -> Portrait:
    return Portrait(file, "CC0", person, "best")


def write_catalogue(folder: Path, rows: list[tuple[str, ...]], columns: tuple[str, ...] = (*COLUMNS, "size")) -> None:
    (folder / "catalog.csv").write_text("".join(",".join(row) + "\n" for row in (columns, *rows)))


def test_a_catalogue_is_read(tmp_path: Path) -> None:
    write_catalogue(
        tmp_path,
        [
            ("one.jpg", "CC0", "ada", "a", "9"),
            ("two.jpg", "not cleared yet", "ben", "a", "9"),
            ("sub/three.png", "CC BY 4.0", "cyn", "b", "9"),
        ],
    )
    (tmp_path / "four.jpg").write_bytes(b"")
    assert read_portraits(tmp_path) == [
        Portrait(tmp_path / "one.jpg", "CC0", "ada", "a"),
        Portrait(tmp_path / "sub" / "three.png", "CC BY 4.0", "cyn", "b"),
    ]


def test_without_a_catalogue_all_pictures_are_taken(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "notes.txt", "c.webp"):
        (tmp_path / name).write_bytes(b"")
    found = read_portraits(tmp_path)
    assert [one.file.name for one in found] == ["a.jpeg", "b.PNG", "c.webp"]
    assert [one.person for one in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "holds no portraits"),
        (b"file,licence,person,tier\na.jpg,not cleared,x,y\n", "holds no portraits"),
        (b"file,licence,person\na.jpg,CC0,x\n", r"catalog\.csv, line 2, has not all columns"),
        (b"file,licence,person,tier\na.jpg,CC0,x,y\nb.jpg,CC0\n", r"catalog\.csv, line 3, has not all columns"),
        (b"\xff\xfe\x00binary", r"catalog\.csv cannot be read"),
    ],
)
def test_a_bad_folder_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "catalog.csv").write_bytes(content)
    with pytest.raises(MediaError, match=words):
        read_portraits(tmp_path)


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="nowhere is no folder"):
        read_portraits(tmp_path / "nowhere")


def test_what_is_written_is_what_training_reads(tmp_path: Path) -> None:
    pictures = [portrait(draw(tmp_path / f"{k}.png", 70 + 20 * k), f"person {k}") for k in range(3)]
    done: list[int] = []
    assert prepare_portraits(pictures, tmp_path, CROP, DETECTOR, pytest.fail, done.append) == 3
    assert done == [1, 2, 3]
    read = reading.load_portraits(tmp_path / FOLDER)
    assert FORMAT == reading.FORMAT
    assert len(read) == 3
    assert read.pictures.shape == (3, round(CROP * CANVAS), round(CROP * CANVAS), 3)
    assert read.points.shape == (3, 68, 3) and read.points.dtype == np.float32
    listed = json.loads((tmp_path / FOLDER / "portraits.json").read_text())["portraits"]
    assert listed[1] == {"file": "1.png", "person": "person 1", "licence": "CC0", "tier": "best"}
    assert not list(tmp_path.glob(".*"))


@given(x=st.integers(40, 160), eyes=st.integers(12, 60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_faces_are_aligned_with_their_landmarks(tmp_path: Path, x: int, eyes: int) -> None:
    """Wherever and however large they are: eyes and nose in their places, depth in the same measure."""
    prepare_portraits([portrait(draw(tmp_path / "one.png", x, eyes))], tmp_path, CROP, DETECTOR, pytest.fail)
    read = reading.load_portraits(tmp_path / FOLDER)
    np.testing.assert_allclose(read.points[0, ALIGNED_POINTS, :2], FACE.template, atol=1e-3)
    assert np.ptp(read.points[0, :, 2]) == pytest.approx(1 / FACE.side, rel=1e-3)  # one eye distance
    assert (np.diff(read.points[0, :, 2]) > 0).all()
    picture = read.pictures[0].astype(float).mean(axis=2)
    edge = (len(picture) - CROP) / 2
    column, row = read.points[0, TIP, :2] * CROP - 0.5 + edge
    white = picture > 170
    rows, columns = np.nonzero(white)
    assert (columns.mean(), rows.mean()) == pytest.approx((column, row), abs=0.75)


def test_what_cannot_be_used_is_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    files = [
        draw(tmp_path / "good.png"),
        tmp_path / "missing.png",
        tmp_path / "broken.jpg",
        tmp_path / "empty.jpg",
        draw(tmp_path / "nobody.png", eyes=0),
    ]
    said: list[str] = []
    assert prepare_portraits([portrait(file) for file in files], tmp_path, CROP, DETECTOR, said.append) == 1
    assert [Path(line.split(": left out")[0]).name for line in said] == [file.name for file in files[1:]]
    assert [("read" in line, "no face" in line) for line in said] == [(True, False)] * 3 + [(False, True)]
    assert len(reading.load_portraits(tmp_path / FOLDER)) == 1


def test_portraits_are_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is found, and where writing is stopped half-way, what was there stays."""
    good = portrait(draw(tmp_path / "good.png"))
    prepare_portraits([good], tmp_path, CROP, DETECTOR, pytest.fail)
    before = {file.name: file.read_bytes() for file in (tmp_path / FOLDER).iterdir()}

    def stop(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(json, "dumps", stop)
        prepare_portraits([good, good], tmp_path, CROP, DETECTOR, pytest.fail)
    with pytest.raises(MediaError, match="none of 1 portraits shows a face"):
        prepare_portraits([portrait(draw(tmp_path / "nobody.png", eyes=0))], tmp_path, CROP, DETECTOR, lambda _: None)
    assert {file.name: file.read_bytes() for file in (tmp_path / FOLDER).iterdir()} == before
    assert not list(tmp_path.glob(".*"))
    prepare_portraits([good, good], tmp_path, CROP, DETECTOR, pytest.fail)
    assert len(reading.load_portraits(tmp_path / FOLDER)) == 2
