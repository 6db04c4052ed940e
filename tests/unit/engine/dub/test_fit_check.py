"""Whether weights know a face, on networks whose worth is known."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import Cancelled
from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.fit_check import FRAMES as JUDGED
from app.engine.dub.fit_check import check_fit
from app.engine.dub.reference_choice import GAP, choose_references
from app.engine.dub.report import FitCheck
from app.engine.media.opencv import cv2
from app.engine.media.reader import VideoReader
from app.engine.ports import FrameBatch
from app.engine.progress import CancelToken
from tests.unit.engine.rendering import QuickDubber, analysis_of, textured_clip

SEGMENT = Segment(TimeRange(Fraction(0), Fraction(1)))


class Copying(QuickDubber):
    """Draws the reference that gives most."""

    def dub(self, frames: FrameBatch, references: Any) -> NDArray[np.uint8]:
        self.drawn.append(len(frames.crops))
        return references.crops[frames.shares.argmax(axis=1)]


class Knowing(QuickDubber):
    """Draws what it should, as sharp as the small crop is."""

    def dub(self, frames: FrameBatch, references: Any) -> NDArray[np.uint8]:
        side = references.crops.shape[1]
        return np.stack([cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC) for crop in frames.crops])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fit") / "clip.mp4"


@pytest.fixture(scope="module")
def plan(file: Path) -> FacePlan:
    return FacePlan(analysis_of(textured_clip(file)), 0, QuickDubber.crop_size, "clip.mp4")


@pytest.fixture
def reader(file: Path, plan: FacePlan) -> Iterator[VideoReader]:
    with VideoReader(file) as opened:
        yield opened


def fit_of(dubber: QuickDubber, reader: VideoReader, plan: FacePlan, segment: Segment = SEGMENT) -> FitCheck:
    references = choose_references(reader, plan, segment, dubber)
    return check_fit(reader, plan, segment, references, dubber, reader.path.parent / "sound")


def test_who_pastes_the_reference_gains_nothing(reader: VideoReader, plan: FacePlan) -> None:
    dubber = Copying()
    assert plan.native_size > plan.crop_size
    assert fit_of(dubber, reader, plan).score == 0
    assert dubber.drawn == [1] * JUDGED


def test_it_stops_between_two_frames(reader: VideoReader, plan: FacePlan) -> None:
    dubber, cancel = Copying(), CancelToken()
    references = choose_references(reader, plan, SEGMENT, dubber)
    cancel.cancel()
    with pytest.raises(Cancelled):
        check_fit(reader, plan, SEGMENT, references, dubber, reader.path.parent / "sound", cancel)
    assert dubber.drawn == []


def test_who_draws_the_true_mouth_gains_much(reader: VideoReader, plan: FacePlan) -> None:
    dubber = Knowing()
    found = fit_of(dubber, reader, plan)
    assert found.score is not None and found.score > 3
    for known, words in ((found.score - 1, "fit this face"), (found.score + 1, "do not know this face well")):
        dubber.known_fit = known
        again = fit_of(dubber, reader, plan)
        assert (again.score, again.known) == (found.score, known)
        assert words in again.sentence


def test_frames_near_a_reference_are_not_judged(reader: VideoReader, plan: FacePlan) -> None:
    """They are not what a dub is drawn from; where there are no others, the segment is too short."""
    dubber = Copying()
    (first, *_) = choose_references(reader, plan, SEGMENT, dubber).items
    near = TimeRange(Fraction(max(first.index - GAP + 1, 0), 25), Fraction(first.index + GAP, 25))
    found = fit_of(dubber, reader, plan, Segment(near))
    assert found.score is None and "too short" in found.sentence and dubber.drawn == []


def test_a_silent_clip_is_not_judged(reader: VideoReader, plan: FacePlan) -> None:
    reader.info = msgspec.structs.replace(reader.info, audio=None)
    found = fit_of(Copying(), reader, plan)
    assert found.score is None and "no sound" in found.sentence
