"""Which frames show the network the face, and how much each gives to which frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.errors import FaceError
from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import APART, GAP, OTHERS, Reference, References, choose_references
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.points import head_pose, mouth_opening
from app.engine.media.reader import VideoReader
from app.engine.ports import Points
from tests.unit.engine.rendering import FRAMES, QuickDubber, analysis_of, face_points, textured_clip

SEGMENT = Segment(TimeRange(Fraction(0), Fraction(1)))
LONG = 200
"""Frames of the clips that shares are asked for."""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[VideoReader]:
    textured_clip(tmp_path / "clip.mp4")
    with VideoReader(tmp_path / "clip.mp4") as opened:
        yield opened


@pytest.fixture
def analysis(tmp_path: Path, reader: VideoReader) -> FaceAnalysis:
    return analysis_of(textured_clip(tmp_path / "clip.mp4"), gone=range(0))


@pytest.fixture
def plan(analysis: FaceAnalysis) -> FacePlan:
    return FacePlan(analysis, 0, 64, "clip.mp4")


def indices_of(references: References) -> list[int]:
    return [item.index for item in references.items]


def test_frames_after_the_declared_end_may_serve(reader: VideoReader, plan: FacePlan) -> None:
    expected = choose_references(reader, plan, SEGMENT, QuickDubber())
    reader.info = msgspec.structs.replace(reader.info, duration=Fraction(1, 100))
    assert indices_of(choose_references(reader, plan, SEGMENT, QuickDubber())) == indices_of(expected)


class _Counting(QuickDubber):
    """Counts what it is shown."""

    shown = 0

    def encode_references(self, crops: NDArray[np.uint8], points: NDArray[np.float32]) -> Any:
        self.shown += len(crops)
        return super().encode_references(crops, points)


def test_no_others_are_looked_for_without_a_first_one(
    reader: VideoReader, plan: FacePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The face is surely seen only where no reference may come from."""
    monkeypatch.setattr(plan, "is_sure", lambda index: index < 5)
    reader.video = msgspec.structs.replace(reader.video, fps=Fraction(5))  # frames in a second, of which some remain
    dubber = _Counting()
    with pytest.raises(FaceError, match="clearly enough"):
        choose_references(reader, plan, SEGMENT, dubber, TimeRange(Fraction(0), Fraction(1, 5)))
    assert dubber.shown == 0


def test_references_have_the_films_size_and_keep_apart(reader: VideoReader, plan: FacePlan) -> None:
    """In a clip with room for three: 40 frames, of which the first one chosen leaves at least half on one side."""
    found = choose_references(reader, plan, SEGMENT, QuickDubber())
    assert len(found.items) == 3 and not found.chosen and len(found.sets) == 1
    assert plan.native_size > plan.crop_size
    for item in found.items:
        assert item.crop.shape == (plan.native_size, plan.native_size, 3)
        assert np.array_equal(item.crop, plan.native_crop(reader.frame_at(item.time)))
        assert np.array_equal(item.points, plan.shared_points(item.index))
    second = abs(found.items[1].index - found.main.index)
    farthest = max(abs(index - found.main.index) for index in plan.indices)
    assert second >= min(APART, farthest)


def test_a_clip_without_room_has_fewer_references(
    reader: VideoReader, plan: FacePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "is_sure", lambda index: index in (7, 11))
    found = choose_references(reader, plan, SEGMENT, QuickDubber())
    assert sorted(indices_of(found)) == [7, 11]
    monkeypatch.setattr(plan, "is_sure", lambda index: index == 11)
    found = choose_references(reader, plan, SEGMENT, QuickDubber())
    assert indices_of(found) == [11]
    assert found.for_frame(11).shares.tolist() == [1]


def moving_face(analysis: FaceAnalysis) -> FaceAnalysis:
    """Face 0 with a wide mouth up to frame 13, its lips shut up to frame 26, its head turned from there on."""
    points = np.stack([face_points(64, 42, 22)] * FRAMES)
    points[:13, 64:68, 1] += 6
    points[13:27, 60:68, 1] = points[13:27, 60:68, 1].mean(axis=1, keepdims=True)
    points[27:, 30, 0] += 8
    whole = msgspec.structs.replace(analysis.tracks[0], points=points)
    return msgspec.structs.replace(analysis, tracks=(whole, analysis.tracks[1]))


def test_an_open_mouth_shut_lips_and_a_turned_head_are_chosen(reader: VideoReader, analysis: FaceAnalysis) -> None:
    plan = FacePlan(moving_face(analysis), 0, 64, "clip.mp4")
    first, second, third = choose_references(reader, plan, SEGMENT, QuickDubber()).items
    opened = [float(mouth_opening(plan.points(item.index))) for item in (first, second, third)]
    assert first.index < 13 and opened[0] > 0.2
    assert 13 <= second.index < 27 and opened[1] < 0.06
    poses = head_pose(np.stack([plan.points(item.index) for item in (first, third)]))
    assert third.index >= 27 and poses[1, 0] - poses[0, 0] > 0.1


def test_a_named_reference_leads_and_has_one_to_stand_in(reader: VideoReader, plan: FacePlan) -> None:
    found = choose_references(reader, plan, msgspec.structs.replace(SEGMENT, reference=Fraction(12, 25)), QuickDubber())
    assert found.chosen and len(found.items) == 2 and found.main.index == 12
    assert abs(found.items[1].index - 12) >= APART


def test_a_network_that_takes_one_at_a_time_is_shown_one(reader: VideoReader, plan: FacePlan) -> None:
    dubber = QuickDubber()
    dubber.max_references = 1
    found = choose_references(reader, plan, SEGMENT, dubber)
    assert len(found.items) == len(found.sets) == 2
    for index in plan.indices:
        choice = found.for_frame(index)
        assert choice.shares.tolist() == [1] and choice.leading == 0
        place = found.items.index(choice.items[0])
        assert choice.encoded is found.sets[place]
        assert place == int(found.shares(index).argmax())


# shares


class Posed(FacePlan):
    """A plan of which only the landmarks are asked: a head that turns to and fro."""

    def __init__(self, widest: float = 0.0, frames: float = 100.0) -> None:
        """`widest`: the greatest turn, as `head_pose` counts; `frames`: to turn there and back."""
        self.widest, self.frames = widest, frames

    def __contains__(self, index: int) -> bool:
        return 0 <= index < LONG

    def turn(self, index: int) -> float:
        return self.widest * math.sin(2 * math.pi * index / self.frames)

    def points(self, index: int) -> Points:
        points = face_points(100, 80, 40)
        points[30, 0] += np.float32(40 * self.turn(index))
        return points


def references(indices: list[int], plan: FacePlan | None = None, chosen: bool = False) -> References:
    """Prepared as one set."""
    nothing = np.zeros((1, 1, 3), np.uint8), np.zeros((68, 2), np.float32)
    items = tuple(Reference(index, Fraction(index, 25), *nothing) for index in indices)
    return References(plan or Posed(), items, ("all",), chosen)


PLACES = st.integers(0, LONG - 1)
PLANS = st.builds(Posed, st.floats(0, 0.4), st.floats(60, 400))
ANY = st.builds(references, st.lists(PLACES, min_size=1, max_size=3, unique=True), PLANS)
NAMED = st.builds(references, st.lists(PLACES, min_size=1, max_size=2, unique=True), PLANS, st.just(True))


@st.composite
def spread(draw: st.DrawFn, chosen: bool = False) -> References:
    """Two or three references, as far apart as a clip with room has them."""
    first = draw(st.integers(0, 60))
    steps = draw(st.lists(st.integers(APART, 60), min_size=1, max_size=1 if chosen else 2))
    places = draw(st.permutations([first + sum(steps[:k]) for k in range(len(steps) + 1)]))
    return references(places, draw(PLANS), chosen)


@given(ANY | NAMED, PLACES)
def test_no_reference_serves_itself_or_a_neighbour(found: References, index: int) -> None:
    shares = found.shares(index)
    away = np.array([abs(item.index - index) for item in found.items])
    assert shares.shape == away.shape and shares.dtype == np.float32
    assert shares.min() >= 0 and shares.max() > 0
    if away.max() > GAP:
        assert away[shares > 0].min() > GAP
    else:
        assert np.flatnonzero(shares).tolist() == [int(away.argmax())]


@given(spread() | spread(chosen=True))
def test_one_reference_fades_into_another(found: References) -> None:
    """Only the shares' ratios count: no frame is drawn from much else than the one before."""
    shares = np.stack([found.shares(index) for index in range(LONG)])
    parts = shares / shares.sum(axis=1, keepdims=True)
    assert max(np.abs(one - other).max() for one, other in pairwise(parts)) < 0.45


@given(spread(chosen=True), PLACES)
def test_a_named_reference_gives_all_but_close_by(found: References, index: int) -> None:
    shares = found.shares(index) / found.shares(index).sum()
    away = abs(found.main.index - index)
    assert shares[0] == pytest.approx(min(max(away / GAP - 1, 0), 1), abs=1e-6)


@given(spread(), PLACES, st.floats(0, 0.4), st.floats(2000, 4000))
def test_the_one_in_the_frames_pose_gives_most(found: References, index: int, widest: float, frames: float) -> None:
    """Of those that are far enough from the frame, but for the first one's precedence; each gives something.

    While the head turns slowly, as poses around the frame count too.
    """
    found = msgspec.structs.replace(found, plan=Posed(widest, frames))
    assert isinstance(found.plan, Posed)
    here = found.plan.turn(index)
    far = [k for k, item in enumerate(found.items) if abs(item.index - index) >= 2 * GAP]
    apart = [abs(found.plan.turn(found.items[k].index) - here) for k in far]
    shares = np.array([found.shares(index)[k] * (OTHERS if k == 0 else 1) for k in far])
    assert shares.min() > 0
    assert shares.max() == pytest.approx(shares[int(np.argmin(apart))], rel=0.1)


def test_in_one_pose_the_first_gives_most() -> None:
    assert references([10, 50, 90]).shares(130).tolist() == pytest.approx([1, OTHERS, OTHERS])


def test_all_are_prepared_and_shown_at_once() -> None:
    found = references([10, 50, 90], Posed(0.3))
    choice = found.for_frame(52)
    assert (choice.encoded, choice.items) == ("all", found.items)
    assert np.array_equal(choice.shares, found.shares(52))
    assert choice.shares[1] == 0 and choice.leading == int(choice.shares.argmax())
