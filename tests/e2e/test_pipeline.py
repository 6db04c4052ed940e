"""Before encoding: what lies outside the mask and outside the ranges is the source's, sample for sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import Cancelled
from app.core.project import Segment
from app.core.render_plan import CHUNK
from app.core.timebase import TimeRange
from app.engine.dub.dubbing import DubbedSegment, Pipeline, held, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import GAP, choose_references
from app.engine.faces.blender import crop_to_frame
from app.engine.faces.load_analysis import load_analysis
from app.engine.faces.mask import paste_mask
from app.engine.media.frame import plane_view
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber
from app.engine.progress import CancelToken
from app.wiring import cache_folder, make_detector, make_dubber

RANGES = (TimeRange(Fraction(1, 5), Fraction(1, 2)), TimeRange(Fraction(4, 5), Fraction(1)))


def _planes(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    return [plane_view(frame, index).copy() for index in range(3)]


@pytest.fixture(scope="module")
def network(weights: Path) -> Dubber:
    return make_dubber(str(weights), "cpu", print)


@pytest.fixture
def reader(clip: Path) -> Iterator[VideoReader]:
    with VideoReader(clip) as opened:
        yield opened


@pytest.fixture
def plan(reader: VideoReader, network: Dubber) -> FacePlan:
    analysis, _ = load_analysis(reader, "facemesh", partial(make_detector, "facemesh"), cache_folder())
    return FacePlan(analysis, 0, network.crop_size, str(reader.path))


@pytest.fixture
def pipeline(reader: VideoReader, plan: FacePlan, network: Dubber, voice: Path) -> Pipeline:
    references = choose_references(reader, plan, Segment(RANGES[0]), network)
    parts = tuple(DubbedSegment(Segment(span), plan, references) for span in RANGES)
    return Pipeline(parts, load_voice(voice, Fraction(0), cache_folder() / "sound", network), network)


def test_only_the_mask_changes(reader: VideoReader, plan: FacePlan, pipeline: Pipeline, network: Dubber) -> None:
    sources = [_planes(frame.yuv) for frame in reader.frames()]
    results = [(out.pts, out.dubbed, _planes(out.yuv)) for out in pipeline.run(reader.frames())]
    assert [pts for pts, _, _ in results] == reader.timestamps
    for index, (source, (pts, dubbed, result)) in enumerate(zip(sources, results, strict=True)):
        time = pts * reader.video.time_base
        assert dubbed == any(span.contains(time) for span in RANGES)
        changed = [a != b for a, b in zip(source, result, strict=True)]
        if not dubbed:
            assert not any(plane.any() for plane in changed)
            continue
        touched = _touched(plan, index, network, reader.size)
        assert not changed[0][~touched].any()
        blocks = touched[::2, ::2] | touched[1::2, ::2] | touched[::2, 1::2] | touched[1::2, 1::2]
        assert not changed[1][~blocks].any()
        assert not changed[2][~blocks].any()
        assert changed[0][touched].mean() > 0.5
        _check_place(plan, index, changed[0])


def _touched(plan: FacePlan, index: int, network: Dubber, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where the mask is above 0 in the frame."""
    mask = paste_mask(plan.points_in_crop(index), plan.crop_size, hidden=network.hidden_mask)
    blank = np.zeros((plan.native_size, plan.native_size, 3), np.uint8)
    patch = crop_to_frame(blank, mask, plan.similarity(index), size)
    touched = np.zeros((size[1], size[0]), np.bool_)
    height, width = patch.mask.shape
    touched[patch.top : patch.top + height, patch.left : patch.left + width] = patch.mask > 0
    return touched


def _check_place(plan: FacePlan, index: int, changed: NDArray[np.bool_]) -> None:
    """By the landmarks alone: below the eyes, above the collar, between the ears."""
    points = plan.points(index)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    face = points[8, 1] - points[27, 1]
    assert points[36:48, 1].max() < rows[0] < points[33, 1]
    assert points[57, 1] < rows[-1] < points[8, 1] + 0.35 * face
    assert points[0, 0] - 0.1 * face < columns[0] < points[48, 0]
    assert points[54, 0] < columns[-1] < points[16, 0] + 0.1 * face


def test_the_decoded_frames_are_not_written_to(reader: VideoReader, pipeline: Pipeline) -> None:
    frames = list(reader.frames())
    before = [_planes(frame.yuv) for frame in frames]
    list(pipeline.run(frames))
    for frame, planes in zip(frames, before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(_planes(frame.yuv), planes, strict=True))


def test_no_more_than_a_chunk_is_held(reader: VideoReader, pipeline: Pipeline) -> None:
    taken = given = 0

    def counted() -> Iterator[object]:
        nonlocal taken
        for frame in reader.frames():
            taken += 1
            assert taken - given <= CHUNK
            yield frame

    for _ in pipeline.run(counted()):  # type: ignore[arg-type]
        given += 1
    assert given == taken == len(reader.timestamps)


def test_it_stops_when_asked(reader: VideoReader, pipeline: Pipeline) -> None:
    token = CancelToken()
    stoppable = Pipeline(pipeline._segments, pipeline._voice, pipeline._dubber, cancel=token)
    with pytest.raises(Cancelled):
        for _ in stoppable.run(reader.frames()):
            token.cancel()


def test_the_last_frame_is_held_at_even_steps(reader: VideoReader) -> None:
    step = reader.timestamps[1]
    until = (reader.timestamps[-1] + 3 * step) * reader.video.time_base
    frames = list(held(reader.frames(), until, step))
    assert [frame.pts for frame in frames] == [k * step for k in range(len(reader.timestamps) + 2)]
    assert [frame.index for frame in frames[-3:]] == [len(reader.timestamps) - 1] * 3
    assert list(held(iter([]), until, step)) == []


def test_a_reference_never_serves_its_neighbours(reader: VideoReader, plan: FacePlan, network: Dubber) -> None:
    whole = TimeRange(Fraction(0), reader.info.duration)
    for wanted in (None, Fraction(0), Fraction(3, 5), Fraction(29, 25)):
        references = choose_references(reader, plan, Segment(whole, reference=wanted), network)
        for index in plan.indices:
            choice = references.for_frame(index)
            assert all(abs(choice.items[k].index - index) > GAP for k in np.flatnonzero(choice.shares))
        if wanted is not None:
            assert references.main.time == wanted
