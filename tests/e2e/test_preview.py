"""What the editor shows is what the export writes, drawn by a real network."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.project import Project, Segment
from app.core.render_plan import RenderRequest, placed
from app.core.timebase import TimeRange
from app.engine.dub.dubbing import DubbedSegment, Pipeline, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import GAP, choose_references
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.clip import open_clip, open_voice
from app.engine.media.frame import VideoFrame
from app.engine.media.reader import VideoReader
from app.engine.ports import Dubber, FrameBatch
from app.engine.preview.patch import Patch
from app.engine.preview.preview_picture import laid_on
from app.engine.preview.segment_render import SegmentRenderer
from app.wiring import cache_folder, make_detector, make_dubber

SPAN = TimeRange(Fraction(1, 5), Fraction(4, 5))
PROJECT = Project(offset=Fraction(1, 10), segments=(Segment(SPAN, feather=1.5, silence="close"),))


@pytest.fixture(scope="module")
def network(weights: Path) -> Dubber:
    return make_dubber(str(weights), "cpu", print)


@pytest.fixture
def analysis(clip: Path) -> FaceAnalysis:
    with VideoReader(clip) as reader:
        return load_analysis(reader, "facemesh", partial(make_detector, "facemesh"), cache_folder())[0]


@pytest.fixture
def renderer(clip: Path, voice: Path, analysis: FaceAnalysis, network: Dubber) -> Iterator[SegmentRenderer]:
    made = SegmentRenderer(open_clip(clip), analysis, network, cache_folder())
    made.set_voice(open_voice(voice))
    yield made
    made.close()


def rendered(renderer: SegmentRenderer, indices: list[int]) -> dict[int, Patch]:
    """The patches of these frames, asked for in one request."""
    segment = placed(PROJECT, PROJECT.segments_of(renderer.clip.whole)[0])
    request = RenderRequest(segment, tuple(indices), tuple(f"d-{index}" for index in indices))
    frames = [frame for part in renderer.render_parts(request) for frame in part]
    assert not any(frame.problem for frame in frames)
    return {int(frame.key[2:]): frame.patch for frame in frames if frame.patch is not None}


def test_the_preview_is_the_export(
    renderer: SegmentRenderer, clip: Path, voice: Path, analysis: FaceAnalysis, network: Dubber
) -> None:
    indices = list(renderer.clip.indices_in(SPAN))
    alone = rendered(renderer, [indices[6]])
    patches = alone | rendered(renderer, [index for index in indices[::-1] if index not in alone])
    segment = PROJECT.segments_of(renderer.clip.whole)[0]
    with VideoReader(clip) as reader:
        plan = FacePlan(analysis, 0, network.crop_size, str(clip))
        part = DubbedSegment(segment, plan, choose_references(reader, plan, segment, network))
        sound = load_voice(voice, PROJECT.offset, cache_folder() / "sound", network)
        pipeline = Pipeline((part,), sound, network)
        frames = list(reader.frames())
        for frame, out in zip(frames, pipeline.run(frames), strict=True):
            assert out.dubbed == (frame.index in patches)
            if out.dubbed:
                result = VideoFrame(out.yuv, frame.pts, frame.time_base, frame.index).rgb()
                assert np.array_equal(laid_on(frame.rgb(), patches[frame.index]), result)
                assert not np.array_equal(frame.rgb(), result)


def test_frames_are_the_same_with_and_without_attention(
    renderer: SegmentRenderer, network: Dubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = PROJECT.segments_of(renderer.clip.whole)[0]
    indices = [8, 9, 10]
    before = rendered(renderer, indices)
    looks = {index: renderer.attention(PROJECT, segment, index, network.attention_layers[-1]) for index in indices}
    drawn: list[NDArray[np.uint8]] = []
    true = network.dub

    def watched(frames: FrameBatch, references: object) -> NDArray[np.uint8]:
        drawn.append(true(frames, references))
        return drawn[-1]

    monkeypatch.setattr(network, "dub", watched)
    after = rendered(renderer, indices)
    for index, picture in zip(indices, np.concatenate(drawn), strict=True):
        assert np.array_equal(before[index].rgb, after[index].rgb)
        difference = np.abs(picture.astype(int) - looks[index].generated)
        assert difference.max() <= 1 and (difference > 0).mean() < 1e-3
        assert looks[index].maps.sum(axis=2) == pytest.approx(1, abs=1e-4)


def test_sources_are_those_of_the_same_frame(renderer: SegmentRenderer, network: Dubber) -> None:
    segment = PROJECT.segments_of(renderer.clip.whole)[0]
    seen = renderer.sources(PROJECT, segment, 9)
    look = renderer.attention(PROJECT, segment, 9, network.attention_layers[-1])
    assert np.abs(seen.generated.astype(int) - look.generated).max() <= 1
    assert 2 <= len(seen.references) <= 4, "of many it consults as many as it fuses"
    assert seen.side == network.crop_size
    assert seen.choice.sum(axis=0) == pytest.approx(1, abs=1e-4)
    assert seen.fetched.min() >= 0 and seen.fetched.max() <= 1
    near = [k for k, item in enumerate(seen.references) if abs(item.index - 9) <= GAP]
    assert all(seen.choice[k].max() < 1e-6 for k in near)
