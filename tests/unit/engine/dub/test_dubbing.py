"""Drawing and pasting: what the network is shown, that frames do not depend on each other, what stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.project import Segment
from app.core.timebase import TimeRange
from app.engine.dub.dubbing import DubbedSegment, NewVoice, Pipeline, PreparedFrame, draw, finished_patch, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import choose_references
from app.engine.faces.mask import paste_mask
from app.engine.media.clip import Clip
from app.engine.media.frame import VideoFrame, plane_view
from app.engine.media.reader import VideoReader
from app.engine.ports import FrameBatch, Image
from app.engine.sound.listener import MelListener
from tests.unit.engine.rendering import FRAMES, GONE, QuickDubber, analysis_of, broken_voice, textured_clip

WHOLE = TimeRange(Fraction(0), Fraction(FRAMES, 25))
THERE = [index for index in range(FRAMES) if index not in GONE]


class Stage:
    """A clip with its frames, a voice, and two ways to dub it: with other references, another place of the voice."""

    def __init__(self, clip: Clip, reader: VideoReader, voice: NewVoice) -> None:
        self.clip, self.reader, self.voice = clip, reader, voice
        self.dubber = QuickDubber()
        self.plan = FacePlan(analysis_of(clip), 0, self.dubber.crop_size, clip.path)
        self.frames = list(reader.frames())
        self.parts = (
            self.part(Segment(WHOLE)),
            self.part(Segment(WHOLE, reference=Fraction(10, 25), silence="close", offset=Fraction(1, 5))),
        )

    def part(self, segment: Segment) -> DubbedSegment:
        return DubbedSegment(segment, self.plan, choose_references(self.reader, self.plan, segment, self.dubber))

    def prepared(self, index: int) -> PreparedFrame:
        return PreparedFrame.of(self.frames[index], self.plan)

    def drawn(self, wanted: list[tuple[int, int]], dubber: QuickDubber | None = None) -> list[Image]:
        """The crops of (frame, way) pairs, drawn together."""
        pairs = [(self.prepared(index), self.parts[way]) for index, way in wanted]
        return draw(pairs, self.voice, dubber or self.dubber)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    clip = textured_clip(folder / "clip.mp4")
    voice = Path(broken_voice(folder / "voice.wav").path)
    with VideoReader(Path(clip.path)) as reader:
        yield Stage(clip, reader, load_voice(voice, Fraction(0), folder / "sound", QuickDubber()).listened())


WANTED = st.lists(st.tuples(st.sampled_from(THERE), st.integers(0, 1)), min_size=1, max_size=19)


@pytest.mark.parametrize("device", ["cpu", "cuda (made up)"])
@given(wanted=WANTED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_a_frame_comes_out_the_same_whichever_others_are_drawn_with_it(
    stage: Stage, device: str, wanted: list[tuple[int, int]]
) -> None:
    dubber = QuickDubber()
    dubber.device = device
    together = stage.drawn(wanted, dubber)
    for pair, crop in zip(wanted, together, strict=True):
        assert np.array_equal(crop, stage.drawn([pair], dubber)[0])
    assert len(set(dubber.drawn)) == 1


def test_nothing_is_drawn_of_nothing(stage: Stage) -> None:
    assert stage.drawn([]) == []


class _Watching(QuickDubber):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[FrameBatch] = []

    def dub(self, frames: FrameBatch, references: object) -> NDArray[np.uint8]:
        self.shown.append(frames)
        return super().dub(frames, references)


@pytest.mark.parametrize("way", [0, 1])
def test_the_network_is_shown_crop_sound_landmarks_and_shares(stage: Stage, way: int) -> None:
    dubber = _Watching()
    (crop,) = stage.drawn([(20, way)], dubber)
    assert crop.shape == (stage.plan.native_size,) * 2 + (3,) and stage.plan.native_size > dubber.crop_size
    (shown,) = dubber.shown
    part = stage.parts[way]
    assert np.array_equal(shown.crops[0], stage.plan.crop(stage.frames[20]))
    assert np.array_equal(shown.points[0], stage.plan.shared_points(20))
    assert np.array_equal(shown.shares[0], part.references.shares(20))
    voice = part.voice_of(stage.voice)
    assert np.array_equal(shown.sounds, voice.windows([stage.frames[20].time], silenced_outside=way == 1))


def test_a_frame_without_the_face_cannot_be_prepared(stage: Stage) -> None:
    with pytest.raises(KeyError):
        stage.prepared(GONE[0])


def test_rows_of_a_batch_stay_together() -> None:
    numbers = np.arange(5)
    batch = FrameBatch(
        np.full((5, 2, 2, 3), numbers[:, None, None, None], np.uint8),
        np.full((5, 80, 4), numbers[:, None, None], np.float32),
        np.full((5, 68, 2), numbers[:, None, None], np.float32),
        np.full((5, 3), numbers[:, None], np.float32),
        numbers.astype(np.float32),
    )
    for rows, expected in (([3, 0, 3], [3, 0, 3]), (slice(1, 3), [1, 2])):
        for part in batch.rows(rows):
            assert part.reshape(len(expected), -1).min(axis=1).tolist() == expected
            assert part.reshape(len(expected), -1).max(axis=1).tolist() == expected


# pasting


def _touched(stage: Stage, index: int) -> NDArray[np.bool_]:
    """Where the mask is above 0 in the frame, at most."""
    width, height = stage.clip.size
    generated = stage.plan.native_crop(stage.frames[index])  # what is like the film is pasted wherever it may be
    patch = finished_patch(stage.prepared(index), stage.parts[0], generated, 1, stage.dubber)
    touched = np.zeros((height, width), np.bool_)
    rows, columns = patch.mask.shape
    touched[patch.top : patch.top + rows, patch.left : patch.left + columns] = patch.mask > 0
    return touched


def _planes(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    return [plane_view(frame, index).copy() for index in range(3)]


def test_outside_the_mask_and_the_segments_no_sample_changes(stage: Stage) -> None:
    """Of luma; a chroma sample changes where it covers a pixel of the mask."""
    spans = TimeRange(Fraction(2, 25), Fraction(9, 25)), TimeRange(Fraction(20, 25), Fraction(32, 25))
    parts = tuple(
        msgspec.structs.replace(part, segment=msgspec.structs.replace(part.segment, range=span))
        for part, span in zip(stage.parts, spans, strict=True)
    )
    before = [_planes(frame.yuv) for frame in stage.frames]
    results = list(Pipeline(parts, stage.voice, stage.dubber).run(stage.frames))
    assert all(
        np.array_equal(a, b)
        for f, p in zip(stage.frames, before, strict=True)
        for a, b in zip(_planes(f.yuv), p, strict=True)
    )
    for frame, source, out in zip(stage.frames, before, results, strict=True):
        inside = any(span.contains(frame.time) for span in spans) and frame.index not in GONE
        assert (out.pts, out.dubbed) == (frame.pts, inside)
        luma, *chroma = (a != b for a, b in zip(source, _planes(out.yuv), strict=True))
        if not inside:
            assert not luma.any() and not any(plane.any() for plane in chroma)
            continue
        touched = _touched(stage, frame.index)
        # beside the mouth, what is nothing like the film is not pasted
        assert not luma[~touched].any() and luma[touched].mean() > 0.25
        blocks = touched[::2, ::2] | touched[1::2, ::2] | touched[::2, 1::2] | touched[1::2, 1::2]
        assert not any(plane[~blocks].any() for plane in chroma)


def test_a_true_crop_of_the_films_size_is_pasted_back_truer_than_a_small_one(stage: Stage) -> None:
    """The picture is made of hard-edged blocks, which the small crop softens."""
    frame, prepared = stage.frames[15], stage.prepared(15)
    errors: list[float] = []
    for true in (stage.plan.native_crop(frame), stage.plan.crop(frame)):
        patch = finished_patch(prepared, stage.parts[0], true, 1, stage.dubber)
        rows, columns = patch.mask.shape
        source = frame.rgb()[patch.top : patch.top + rows, patch.left : patch.left + columns].astype(float)
        errors.append(float((np.abs(patch.rgb - source).mean(axis=2) * patch.mask).sum() / patch.mask.sum()))
    assert errors[0] < 0.7 * errors[1]


@given(st.floats(0.01, 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_a_share_scales_the_mask_alone(stage: Stage, share: float) -> None:
    generated = np.full((stage.plan.native_size,) * 2 + (3,), 90, np.uint8)
    whole, part = (
        finished_patch(stage.prepared(15), stage.parts[0], generated, each, stage.dubber) for each in (1, share)
    )
    np.testing.assert_allclose(part.mask, share * whole.mask, atol=1e-5)
    assert (part.left, part.top) == (whole.left, whole.top) and np.array_equal(part.rgb, whole.rgb)


def test_only_where_the_network_draws_is_pasted(stage: Stage) -> None:
    dubber = QuickDubber()
    dubber.hidden_mask = np.zeros_like(dubber.hidden_mask)
    generated = np.full((stage.plan.native_size,) * 2 + (3,), 90, np.uint8)
    assert finished_patch(stage.prepared(15), stage.parts[0], generated, 1, dubber).mask.size == 0
    assert paste_mask(stage.plan.points_in_crop(15), 64).max() > 0.9


# the voice


@pytest.mark.parametrize("silenced", [False, True])
@given(at=st.fractions(Fraction(-1, 2), Fraction(5, 2), max_denominator=1000), columns=st.sampled_from([20, 24, 32]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_wider_windows_hear_the_same_in_their_middle(stage: Stage, silenced: bool, at: Fraction, columns: int) -> None:
    voices = [msgspec.structs.replace(stage.voice, listener=MelListener(count)) for count in (16, columns)]
    narrow, wide = (voice.windows([at], silenced)[0] for voice in voices)
    assert wide.shape == (80, columns)
    edge = (columns - 16) // 2
    np.testing.assert_allclose(wide[:, edge : edge + 16], narrow, atol=1e-4)


def test_no_times_give_no_windows(stage: Stage) -> None:
    for silenced in (False, True):
        assert stage.voice.windows([], silenced).shape == (0, *QuickDubber.sound_shape)


def test_held_frames_are_dubbed_too(stage: Stage) -> None:
    """The last frame shown again has its own time and the same face."""
    last = stage.frames[-1]
    again = VideoFrame(last.yuv, last.pts + 512, last.time_base, last.index)
    span = TimeRange(Fraction(0), Fraction(FRAMES + 2, 25))
    part = msgspec.structs.replace(stage.parts[0], segment=Segment(span))
    results = list(Pipeline((part,), stage.voice, stage.dubber).run([last, again]))
    assert [out.dubbed for out in results] == [True, True]
