"""The editor's frames are the export's, and an edit renders no more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import FaceError, MediaError, UserError, WeightsError
from app.core.project import SEGMENT_FIELDS, Project, Segment
from app.core.render_plan import RenderRequest, network_inputs, placed
from app.core.timebase import TimeRange
from app.engine.dub.dubbing import DubbedSegment, Pipeline, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.reference_choice import GAP, Choice, choose_references
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice
from app.engine.media.frame import VideoFrame
from app.engine.media.reader import VideoReader
from app.engine.ports import FrameBatch, Image
from app.engine.preview.patch import Patch
from app.engine.preview.preview_picture import laid_on
from app.engine.preview.segment_render import SegmentRenderer
from app.engine.progress import CancelToken
from tests.unit.core.strategies import another_value
from tests.unit.engine.rendering import FRAMES, GONE, QuickDubber, analysis_of, broken_voice, textured_clip

WHOLE = TimeRange(Fraction(0), Fraction(FRAMES, 25))
SOME = Segment(WHOLE)


def span(start: str, stop: str) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(stop))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("render")


@pytest.fixture(scope="module")
def clip(folder: Path) -> Clip:
    return textured_clip(folder / "clip.mp4")


@pytest.fixture(scope="module")
def voice(folder: Path) -> Voice:
    return broken_voice(folder / "voice.wav")


@pytest.fixture(scope="module")
def analysis(clip: Clip) -> FaceAnalysis:
    return analysis_of(clip)


@pytest.fixture
def renderer(clip: Clip, voice: Voice, analysis: FaceAnalysis, folder: Path) -> Iterator[SegmentRenderer]:
    made = SegmentRenderer(clip, analysis, QuickDubber(), folder)
    made.set_voice(voice)
    yield made
    made.close()


def request_of(project: Project, segment: Segment, indices: list[int]) -> RenderRequest:
    return RenderRequest(placed(project, segment), tuple(indices), tuple(f"d-{index}" for index in indices))


def patches_of(
    renderer: SegmentRenderer, request: RenderRequest, cancel: CancelToken | None = None
) -> list[tuple[str, Patch | None]]:
    """(key, patch) of each frame of a request; no patch where it failed."""
    return [(frame.key, frame.patch) for part in renderer.render_parts(request, cancel) for frame in part]


def rendered(renderer: SegmentRenderer, project: Project) -> dict[int, Patch]:
    """The patches of all dubbed frames of a project, by index; in the plan's own chunks."""
    patches: dict[int, Patch] = {}
    for segment in project.segments_of(renderer.clip.whole):
        plan = FacePlan(renderer.analysis, segment.face, renderer.dubber.crop_size, "")
        indices = [index for index in renderer.clip.indices_in(segment.range) if index in plan]
        for first in range(0, len(indices), 8):
            chunk = indices[first : first + 8][::-1]
            for key, patch in patches_of(renderer, request_of(project, segment, chunk)):
                assert patch is not None
                patches[int(key[2:])] = patch
    return patches


def exported(renderer: SegmentRenderer, project: Project) -> list[tuple[bool, Image, Image]]:
    """(dubbed, source, result) as RGB of every frame that the export's pipeline gives."""
    clip, dubber = renderer.clip, renderer.dubber
    with VideoReader(Path(clip.path)) as reader:
        parts: list[DubbedSegment] = []
        for segment in project.segments_of(clip.whole):
            plan = FacePlan(renderer.analysis, segment.face, dubber.crop_size, clip.path)
            parts.append(DubbedSegment(segment, plan, choose_references(reader, plan, segment, dubber)))
        sound = load_voice(Path(renderer._voice_of.path), project.offset, renderer._cache / "sound", dubber)
        frames = list(reader.frames())
        results = []
        for frame, out in zip(frames, Pipeline(tuple(parts), sound, dubber).run(frames), strict=True):
            result = VideoFrame(out.yuv, frame.pts, frame.time_base, frame.index)
            results.append((out.dubbed, frame.rgb(), result.rgb()))
        return results


PROJECTS = {
    "plain": Project(),
    "late voice": Project(offset=Fraction(-3, 10)),
    "the face at the edge": Project(face=1),
    "a chosen reference": Project(reference=Fraction(1, 2)),
    "three segments": Project(
        offset=Fraction(1, 7),
        segments=(
            Segment(span("0.1", "0.5"), feather=0.25, strength=0.6),
            Segment(span("0.5", "0.83"), offset=Fraction(-2, 5), feather=3),
            Segment(span("1.2", "1.6"), face=1, reference=Fraction(1, 5)),
        ),
    ),
    "shut in silence": Project(segments=(msgspec.structs.replace(SOME, silence="close"),)),
    "filmed in silence": Project(segments=(msgspec.structs.replace(SOME, silence="keep", offset=Fraction(1, 25)),)),
    "not at all": Project(segments=(msgspec.structs.replace(SOME, strength=0.0),)),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_preview_is_the_export(renderer: SegmentRenderer, name: str) -> None:
    project = PROJECTS[name]
    patches = rendered(renderer, project)
    frames = exported(renderer, project)
    for index, (dubbed, source, result) in enumerate(frames):
        if index not in patches:
            assert not dubbed
            continue
        assert np.array_equal(laid_on(source, patches[index]), result), f"frame {index}"
        assert dubbed == (patches[index].rgb.size > 0)
        assert dubbed != np.array_equal(source, result)
        assert patches[index].left % 2 == patches[index].top % 2 == 0
    expected = {"not at all": 0, "plain": FRAMES - len(GONE), "the face at the edge": FRAMES}
    if name in expected:
        assert sum(dubbed for dubbed, _, _ in frames) == expected[name]


def test_a_large_picture_without_colour_tags(tmp_path: Path, voice: Voice) -> None:
    """Its matrix is guessed by its size, which a piece of it must not be guessed by."""
    clip = textured_clip(tmp_path / "large.mp4", (1280, 720), 3)
    renderer = SegmentRenderer(clip, analysis_of(clip, 90, range(3, 3)), QuickDubber(), tmp_path)
    renderer.set_voice(voice)
    patches = rendered(renderer, Project())
    for index, (dubbed, source, result) in enumerate(exported(renderer, Project())):
        assert dubbed and np.array_equal(laid_on(source, patches[index]), result)
    renderer.close()


def test_silence_of_its_own(renderer: SegmentRenderer) -> None:
    """Speech from 0.2 to 0.5 s: at 0.36 s nothing differs, at 0.8 s each way is another."""
    ways = {
        way: Project(segments=(msgspec.structs.replace(SOME, silence=way),)) for way in ("network", "close", "keep")
    }
    patches = {way: rendered(renderer, project) for way, project in ways.items()}
    for index, alike in ((9, True), (20, False)):
        network, close, keep = (patches[way][index].rgb for way in ways)
        assert np.array_equal(network, close) == alike
        assert np.array_equal(network, keep) == alike
    assert patches["keep"][20].rgb.size == 0
    ramp = [patches["keep"][index].rgb.size > 0 for index in range(9, 20)]
    assert ramp == sorted(ramp, reverse=True) and 0 < sum(ramp) < 11


@pytest.mark.parametrize("name", SEGMENT_FIELDS)
def test_what_the_network_is_given_depends_on_what_is_declared_to_affect_it(
    renderer: SegmentRenderer, name: str
) -> None:
    """Frame 20 is beside speech, so that every way of silence is another picture."""
    spec = SEGMENT_FIELDS[name]
    values = (spec.default, *(spec.choices or (another_value(spec),)))
    seen: dict[tuple[str, ...], tuple[FrameBatch, Choice]] = {}
    for value in values:
        segment = msgspec.structs.replace(SOME, **{name: value})
        project = Project(segments=(segment,))
        frame, choice = renderer._shown(project, segment, 20)
        given = seen.setdefault(network_inputs(project, segment), (frame, choice))
        assert all(np.array_equal(one, other) for one, other in zip(frame, given[0], strict=True))
        assert choice.items[0].index == given[1].items[0].index
    assert (len(seen) > 1) == (spec.affects == "network")


def test_moving_the_voice_decodes_nothing(renderer: SegmentRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rendered(renderer, Project())

    def refuse(*_: object) -> None:
        raise AssertionError("the clip was read")

    for name in ("frame_at", "frames", "__init__"):
        monkeypatch.setattr(VideoReader, name, refuse)
    moved = rendered(renderer, Project(offset=Fraction(1, 5)))
    assert moved.keys() == before.keys()
    assert not all(np.array_equal(moved[index].rgb, before[index].rgb) for index in moved)
    rendered(renderer, Project(segments=(msgspec.structs.replace(SOME, feather=2.0, silence="keep", strength=0.3),)))
    again = rendered(renderer, Project())
    assert all(np.array_equal(again[index].rgb, before[index].rgb) for index in before)


def test_another_voice_decodes_nothing(
    renderer: SegmentRenderer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rendered(renderer, Project())
    other = broken_voice(folder / "other.wav", seed=5)
    monkeypatch.setattr(VideoReader, "frame_at", None)
    renderer.set_voice(other)
    after = rendered(renderer, Project())
    assert not any(np.array_equal(after[index].rgb, before[index].rgb) for index in range(6, 12))


def test_what_is_kept_of_the_frames_is_bounded(
    clip: Clip, voice: Voice, analysis: FaceAnalysis, folder: Path, renderer: SegmentRenderer
) -> None:
    small = SegmentRenderer(clip, analysis, QuickDubber(), folder, kept_bytes=100_000)
    small.set_voice(voice)
    patches = rendered(small, Project())
    assert 50_000 < small.kept_bytes <= 100_000 < (rendered(renderer, Project()) and renderer.kept_bytes)
    assert all(np.array_equal(p.rgb, patches[i].rgb) for i, p in rendered(renderer, Project()).items())
    small.close()


def test_the_most_wanted_frames_come_first_and_in_parts(renderer: SegmentRenderer) -> None:
    request = request_of(Project(), SOME, [12, 11, 10, 9, 8])
    parts = list(renderer.render_parts(request, at_once=2))
    assert [[frame.key for frame in part] for part in parts] == [["d-12", "d-11"], ["d-10", "d-9"], ["d-8"]]
    assert renderer.dubber.drawn == [1] * 5


def test_on_a_graphics_card_all_batches_have_one_size(
    clip: Clip, voice: Voice, analysis: FaceAnalysis, folder: Path
) -> None:
    dubber = QuickDubber()
    dubber.device = "cuda (made up)"
    renderer = SegmentRenderer(clip, analysis, dubber, folder)
    renderer.set_voice(voice)
    for size in (1, 3, 5):
        list(renderer.render_parts(request_of(Project(), SOME, list(range(11, 19))), at_once=size))
    assert set(dubber.drawn) == {8}
    patches = rendered(renderer, Project())
    for index, (_, source, result) in enumerate(exported(renderer, Project())):
        assert index in GONE or np.array_equal(laid_on(source, patches[index]), result)
    renderer.close()


def test_cancelling_keeps_what_is_done(renderer: SegmentRenderer) -> None:
    token = CancelToken()
    parts = renderer.render_parts(request_of(Project(), SOME, list(range(8))), token, at_once=3)
    assert len(next(parts)) == 3
    token.cancel()
    assert list(parts) == []
    assert patches_of(renderer, request_of(Project(), SOME, [1]), token) == []


def test_one_bad_frame_fails_alone(renderer: SegmentRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered(renderer, Project(segments=(Segment(span("0", "0.04")),)))  # the references are chosen
    true = VideoReader.frame_at

    def damaged(self: VideoReader, time: Fraction) -> VideoFrame:
        if time == Fraction(13, 25):
            raise MediaError("it is damaged there.")
        return true(self, time)

    monkeypatch.setattr(VideoReader, "frame_at", damaged)
    request = request_of(Project(), SOME, [14, 13, 25, 12])
    frames = {frame.key: frame for part in renderer.render_parts(request) for frame in part}
    assert frames["d-13"].patch is None and frames["d-13"].problem == "it is damaged there."
    assert "does not show face 1 at 0:00:01.000" in frames["d-25"].problem
    assert frames["d-12"].patch is not None and frames["d-14"].patch is not None


def test_a_reference_without_a_face_fails_all(renderer: SegmentRenderer) -> None:
    segment = msgspec.structs.replace(SOME, reference=Fraction(1))
    with pytest.raises(FaceError, match="another reference time"):
        patches_of(renderer, request_of(Project(), segment, [1, 2]))
    with pytest.raises(FaceError, match="no face 8"):
        patches_of(renderer, request_of(Project(), msgspec.structs.replace(SOME, face=7), [1]))


def test_attention_looks_at_the_frame_as_it_is_drawn(renderer: SegmentRenderer, clip: Clip) -> None:
    project = PROJECTS["three segments"]
    before = rendered(renderer, project)
    segment = project.segments_of(clip.whole)[1]
    look = renderer.attention(project, segment, 14, "6.2")
    assert look.maps.shape == (2, 256, 256)
    np.testing.assert_allclose(look.maps.sum(axis=2), 1, atol=1e-5)
    plan = FacePlan(renderer.analysis, 0, 64, "")
    assert plan.native_size > 64 and look.generated.shape == look.reference.shape == (plan.native_size,) * 2 + (3,)
    assert renderer.similarity(0, 14) == plan.native_similarity(14) and renderer.similarity(0, GONE[0]) is None
    drawn: list[NDArray[np.uint8]] = []
    true = QuickDubber.dub

    def watched(self: QuickDubber, frames: FrameBatch, references: object) -> NDArray[np.uint8]:
        drawn.append(true(self, frames, references))
        return drawn[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickDubber, "dub", watched)
        patches_of(renderer, request_of(project, segment, [14]))
    assert np.abs(drawn[0][0].astype(int) - look.generated).max() <= 1
    after = rendered(renderer, project)
    assert all(np.array_equal(after[index].rgb, before[index].rgb) for index in before)
    with pytest.raises(FaceError, match="does not show face 1"):
        renderer.attention(project, segment, GONE[0], "6.2")
    with pytest.raises(UserError, match="no layer"):
        renderer.attention(project, segment, 14, "9.9")


def test_sources_are_those_of_the_frame_as_it_is_drawn(renderer: SegmentRenderer, clip: Clip) -> None:
    project = PROJECTS["three segments"]
    segment = project.segments_of(clip.whole)[1]
    seen = renderer.sources(project, segment, 14)
    look = renderer.attention(project, segment, 14, "6.2")
    assert np.array_equal(seen.generated, look.generated)
    assert len(seen.references) == len(seen.places)
    plan = FacePlan(renderer.analysis, 0, QuickDubber.crop_size, "")
    with VideoReader(Path(clip.path)) as reader:
        shares = choose_references(reader, plan, segment, renderer.dubber).shares(14)
        assert seen.shares_at(0.5, 0.7) == pytest.approx(tuple(shares[shares > 0] / shares.sum()))
        for item in seen.references:
            assert np.array_equal(item.crop, plan.native_crop(reader.frame_at(item.time)))
            assert item.crop.shape == seen.generated.shape
    with pytest.raises(FaceError, match="does not show face 1"):
        renderer.sources(project, segment, GONE[0])


def test_a_network_that_fetches_nothing_has_no_sources(renderer: SegmentRenderer, clip: Clip) -> None:
    renderer.dubber.fetches = False
    with pytest.raises(WeightsError, match="draw every pixel"):
        renderer.sources(Project(), Project().segments_of(clip.whole)[0], 14)


def test_without_a_voice_nothing_is_rendered(clip: Clip, analysis: FaceAnalysis, folder: Path) -> None:
    renderer = SegmentRenderer(clip, analysis, QuickDubber(), folder)
    with pytest.raises(MediaError, match="no voice"):
        patches_of(renderer, request_of(Project(), SOME, [1]))
    renderer.close()


def test_the_automatic_reference_does_not_depend_on_the_segment(clip: Clip, analysis: FaceAnalysis) -> None:
    dubber = QuickDubber()
    with VideoReader(Path(clip.path)) as reader:
        plan = FacePlan(analysis, 0, dubber.crop_size, clip.path)
        found = [
            choose_references(reader, plan, Segment(edges), dubber)
            for edges in (WHOLE, span("0.2", "0.4"), span("0.9", "1.6"), span("0", "0"))
        ]
        assert len({tuple(item.index for item in each.items) for each in found}) == 1
        assert len(found[0].items) == dubber.max_references
        for index in plan.indices:
            choice = found[0].for_frame(index)
            assert all(abs(choice.items[k].index - index) > GAP for k in np.flatnonzero(choice.shares))
        main = found[0].main.time
        judged = TimeRange(main - Fraction(1, 5), main + Fraction(1, 5))
        apart = choose_references(reader, plan, Segment(judged), dubber, avoid=judged)
        assert not judged.contains(apart.main.time)
        everything = choose_references(reader, plan, Segment(WHOLE), dubber, avoid=WHOLE)
        assert everything.main.index == found[0].main.index
