"""Which frame shows the network the face."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.face_plan import FacePlan
from app.engine.media.reader import VideoReader
from app.engine.ports import Image
from app.engine.reference_choice import choose_references
from tests.unit.engine.rendering import QuickDubber, analysis_of, textured_clip

SEGMENT = Segment(TimeRange(Fraction(0), Fraction(1)))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[VideoReader]:
    textured_clip(tmp_path / "clip.mp4")
    with VideoReader(tmp_path / "clip.mp4") as opened:
        yield opened


@pytest.fixture
def plan(tmp_path: Path, reader: VideoReader) -> FacePlan:
    return FacePlan(analysis_of(textured_clip(tmp_path / "clip.mp4")), 0, 64, "clip.mp4")


def test_frames_after_the_declared_end_may_serve(reader: VideoReader, plan: FacePlan) -> None:
    expected = choose_references(reader, plan, SEGMENT, QuickDubber())
    reader.info = msgspec.structs.replace(reader.info, duration=Fraction(1, 100))
    found = choose_references(reader, plan, SEGMENT, QuickDubber())
    assert found.spare is not None and expected.spare is not None
    assert (found.main.index, found.spare.index) == (expected.main.index, expected.spare.index)


class _Counting(QuickDubber):
    """Counts what it is shown."""

    shown = 0

    def encode_reference(self, crop: Image) -> Any:
        self.shown += 1
        return super().encode_reference(crop)


def test_no_spare_is_looked_for_without_a_reference(
    reader: VideoReader, plan: FacePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The face is surely seen only where no reference may come from."""
    monkeypatch.setattr(plan, "is_sure", lambda index: index < 5)
    reader.video = msgspec.structs.replace(reader.video, fps=Fraction(5))  # frames in a second, of which some remain
    dubber = _Counting()
    with pytest.raises(FaceError, match="clearly enough"):
        choose_references(reader, plan, SEGMENT, dubber, TimeRange(Fraction(0), Fraction(1, 5)))
    assert dubber.shown == 0
