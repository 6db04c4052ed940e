"""Decoding by time: exact, in order and at random."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
import pytest

from app.core.errors import MediaError
from app.engine.media.canonical import Canonicaliser
from app.engine.media.colour import ColourTags
from app.engine.media.frame import plane_view
from app.engine.media.probe import probe
from app.engine.media.reader import VideoReader
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip

RECIPES = {
    "25": ClipRecipe(pts=[i * 512 for i in range(60)]),
    "29.97": ClipRecipe(pts=[i * 1001 for i in range(60)], time_base=Fraction(1, 30000), fps=Fraction(30000, 1001)),
    "variable": ClipRecipe(pts=np.cumsum(np.random.default_rng(0).integers(200, 2000, 60)).tolist()),
    "late": ClipRecipe(pts=[3000 + i * 512 for i in range(60)], sound=True),
    "turned": ClipRecipe(pts=[i * 512 for i in range(60)], rotation=90),
    "one key": ClipRecipe(pts=[i * 512 for i in range(60)], gop=250),
}


def _grey(frame: av.VideoFrame) -> int:
    return round(float(plane_view(frame, 0).mean()))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("name", RECIPES)
def test_every_frame_comes_once_and_at_random_too(tmp_path: Path, name: str, suffix: str) -> None:
    recipe = RECIPES[name]
    path = make_clip(tmp_path / f"clip{suffix}", recipe)
    with VideoReader(path) as reader:
        seen = [(frame.pts, frame.index, _grey(frame.yuv)) for frame in reader.frames()]
        assert [index for _, index, _ in seen] == list(range(len(recipe.pts)))
        assert all(abs(grey - grey_of(index)) <= 1 for _, index, grey in seen)
        assert reader.timestamps == [pts for pts, _, _ in seen]
        tick = max(reader.video.time_base, Fraction(1, 1000))
        offsets = [(pts - seen[0][0]) * reader.video.time_base for pts, _, _ in seen]
        wanted = [(pts - recipe.pts[0]) * recipe.time_base for pts in recipe.pts]
        assert all(abs(a - b) <= tick for a, b in zip(offsets, wanted, strict=True))
        order = random.Random(1).choices(range(len(seen)), k=25)
        for index in order:
            frame = reader.frame_at(seen[index][0] * reader.video.time_base)
            assert (frame.pts, frame.index, _grey(frame.yuv)) == seen[index]


@pytest.mark.parametrize("name", RECIPES)
def test_known_time_stamps_are_not_read_again(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "clip.mp4", RECIPES[name])
    with VideoReader(path) as reader:
        times, stamps = reader.times, tuple(reader.timestamps)
        seen = {index: _grey(reader.frame_at(stamps[index] * reader.video.time_base).yuv) for index in (41, 7, 59, 0)}
    monkeypatch.setattr("app.engine.media.reader.read_times", None)
    with VideoReader(path, times) as reader:
        for index, grey in seen.items():
            frame = reader.frame_at(stamps[index] * reader.video.time_base)
            assert (frame.pts, frame.index, _grey(frame.yuv)) == (stamps[index], index, grey)
        assert next(reader.frames(stamps[30] * reader.video.time_base)).index == 30


def test_mp4_stamps_are_exact(tmp_path: Path) -> None:
    for name in ("29.97", "variable", "late"):
        recipe = RECIPES[name]
        with VideoReader(make_clip(tmp_path / f"{name}.mp4", recipe)) as reader:
            origin = 0 if name == "late" else recipe.pts[0]  # sound begins at 0
            assert [frame.pts for frame in reader.frames()] == [pts - origin for pts in recipe.pts]
            assert reader.video.time_base == recipe.time_base


def test_a_moment_between_frames_shows_the_earlier_one(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "clip.mp4")) as reader:
        assert reader.frame_at(Fraction(39, 1000)).index == 0
        assert reader.frame_at(Fraction(40, 1000)).index == 1
        assert reader.frame_at(Fraction(799, 1000)).index == 19
        for time in (Fraction(-1, 100), Fraction(8, 10)):
            with pytest.raises(MediaError, match="it lasts from 0 to"):
                reader.frame_at(time)


def test_a_stretch_is_half_open(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "clip.mp4", RECIPES["25"])) as reader:
        frames = list(reader.frames(Fraction(1), Fraction(2)))
        assert [frame.index for frame in frames] == list(range(25, 50))
        assert [_grey(frame.yuv) for frame in frames] == pytest.approx([grey_of(i) for i in range(25, 50)], abs=1)
        assert [frame.index for frame in reader.frames(Fraction(1001, 1000), Fraction(9))] == list(range(26, 60))


def test_an_earlier_iterator_does_not_go_on_silently(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "clip.mp4")) as reader:
        frames = reader.frames()
        next(frames)
        reader.frame_at(Fraction(1, 2))
        with pytest.raises(RuntimeError, match="something else"):
            next(frames)


def test_a_plain_clip_is_not_copied(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "clip.mp4")) as reader:
        assert reader._canonical.plain


def _corner_picture(width: int, height: int) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 200, 0)
    picture[height // 2 :, : width // 2] = (0, 0, 200)
    picture[height // 2 :, width // 2 :] = 200
    return picture


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_clips_come_upright(tmp_path: Path, degrees: int) -> None:
    picture = _corner_picture(64, 48)
    recipe = ClipRecipe(pictures=[picture] * 8, pts=[i * 512 for i in range(8)], rotation=degrees)
    with VideoReader(make_clip(tmp_path / "clip.mp4", recipe)) as reader:
        frame = next(reader.frames())
        # FFmpeg counts a display rotation anticlockwise, as NumPy does.
        upright = np.rot90(picture, degrees // 90)
        assert frame.size == reader.size == (upright.shape[1], upright.shape[0])
        assert np.abs(frame.rgb().astype(int) - upright).mean() < 12


def test_odd_sizes_repeat_the_edge(tmp_path: Path) -> None:
    recipe = ClipRecipe(size=(63, 47), pixel_format="yuv444p", options={"crf": "0"})
    with VideoReader(make_clip(tmp_path / "clip.mp4", recipe)) as reader:
        frame = next(reader.frames())
        luma = plane_view(frame.yuv, 0)
        assert frame.size == (64, 48)
        assert (luma[:, 63] == luma[:, 62]).all() and (luma[47] == luma[46]).all()
        assert luma[0, 0] == grey_of(0)


def test_pixels_become_square(tmp_path: Path) -> None:
    for ratio, size in ((Fraction(4, 3), (86, 48)), (Fraction(1, 2), (64, 96))):
        with VideoReader(make_clip(tmp_path / "clip.mp4", ClipRecipe(aspect=ratio))) as reader:
            assert next(reader.frames()).size == size == reader.size


def test_interlaced_clips_keep_one_frame_for_each(tmp_path: Path) -> None:
    recipe = ClipRecipe(options={"x264-params": "tff=1"}, pts=[i * 512 for i in range(30)])
    with VideoReader(make_clip(tmp_path / "clip.mp4", recipe)) as reader:
        assert reader.video.interlaced
        frames = list(reader.frames())
        assert [frame.pts for frame in frames] == list(recipe.pts)
        assert not any(frame.yuv.interlaced_frame for frame in frames)
        assert [_grey(frame.yuv) for frame in frames] == pytest.approx([grey_of(i) for i in range(30)], abs=2)
        assert reader.frame_at(Fraction(20, 25)).index == 20
        assert _grey(reader.frame_at(Fraction(11, 25)).yuv) == pytest.approx(grey_of(11), abs=2)


def test_a_clip_may_become_interlaced(tmp_path: Path) -> None:
    pts = [i * 512 for i in range(12)]
    first = make_clip(tmp_path / "a.ts", ClipRecipe(pts=pts))
    second = make_clip(tmp_path / "b.ts", ClipRecipe(pts=pts, options={"x264-params": "tff=1"}))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with VideoReader(both) as reader:
        assert not reader.video.interlaced
        frames = list(reader.frames())
        assert not any(frame.yuv.interlaced_frame for frame in frames)
        assert [frame.index for frame in frames] == list(range(24))
        assert [_grey(frame.yuv) for frame in frames] == pytest.approx([grey_of(i % 12) for i in range(24)], abs=2)


@pytest.mark.parametrize("name", ["gray", "gray10le", "ya8"])
@pytest.mark.parametrize("full", [1, 2])
def test_a_single_plane_keeps_its_levels(tmp_path: Path, name: str, full: int) -> None:
    recipe = ClipRecipe(codec="ffv1", pixel_format=name, tags=(1, 1, 1, full), pts=[i * 512 for i in range(3)])
    video = probe(make_clip(tmp_path / "clip.mkv", recipe)).video
    assert video is not None
    video = msgspec.structs.replace(video, pixel_format=name, colour=ColourTags(1, 1, 1, full))
    frame = av.VideoFrame.from_ndarray(np.full((48, 64), 90, np.uint8), "gray").reformat(format=name)
    (out,) = Canonicaliser(video).push(frame)
    assert out.format.name == "yuv420p" and out.color_range == full
    assert {int(plane_view(out, 0).mean()), int(plane_view(out, 1).mean())} == {90, 128}


def test_ten_bits_become_eight(tmp_path: Path) -> None:
    with VideoReader(make_clip(tmp_path / "clip.mp4", ClipRecipe(pixel_format="yuv420p10le"))) as reader:
        frames = list(reader.frames())
        assert frames[0].yuv.format.name == "yuv420p"
        assert [_grey(frame.yuv) for frame in frames] == pytest.approx([grey_of(i) for i in range(20)], abs=1)


def test_full_range_stays_full(tmp_path: Path) -> None:
    recipe = ClipRecipe(pixel_format="yuvj420p", tags=(1, 1, 1, 2))
    with VideoReader(make_clip(tmp_path / "clip.mp4", recipe)) as reader:
        frame = next(reader.frames())
        assert (frame.yuv.format.name, frame.yuv.color_range) == ("yuv420p", 2)
        assert _grey(frame.yuv) == pytest.approx(grey_of(0), abs=1)
        assert frame.rgb().mean() == pytest.approx(grey_of(0), abs=2)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_becomes_bt709(tmp_path: Path, transfer: int) -> None:
    recipe = ClipRecipe(pixel_format="yuv420p10le", tags=(9, transfer, 9, 1), pts=[0, 512, 1024])
    with VideoReader(make_clip(tmp_path / "clip.mp4", recipe)) as reader:
        frames = list(reader.frames())
        yuv = frames[0].yuv
        assert (yuv.color_primaries, yuv.color_trc, yuv.colorspace, yuv.color_range) == (1, 1, 1, 1)
        greys = [_grey(frame.yuv) for frame in frames]
        assert greys == sorted(greys) and greys[0] != grey_of(0)
        assert np.ptp(frames[0].rgb().reshape(-1, 3), axis=1).max() <= 3  # grey stays grey


@pytest.mark.parametrize(("matrix", "full"), [(1, 1), (6, 1), (1, 2), (6, 2)])
def test_rgb_uses_the_right_matrix(tmp_path: Path, matrix: int, full: int) -> None:
    """Against the textbook formula, on coloured noise."""
    weights = {1: (0.2126, 0.0722), 6: (0.299, 0.114)}[matrix]
    noise = [np.random.default_rng(i).integers(60, 190, (48, 64, 3), np.uint8) for i in range(2)]
    form = "yuvj420p" if full == 2 else "yuv420p"
    recipe = ClipRecipe(tags=(1, 1, matrix, full), pixel_format=form, pts=[0, 512], pictures=noise)
    path = make_clip(tmp_path / "clip.mp4", recipe)
    with VideoReader(path) as reader:
        frame = next(reader.frames())
        planes = [plane_view(frame.yuv, i).astype(np.float64) for i in range(3)]
        y, u, v = planes[0], *(cv2.resize(p, (64, 48), interpolation=cv2.INTER_NEAREST) for p in planes[1:])
        base, span, chroma = (0, 255, 255) if full == 2 else (16, 219, 224)
        y, u, v = (y - base) / span, (u - 128) / chroma, (v - 128) / chroma
        kr, kb = weights
        red, blue = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
        green = (y - kr * red - kb * blue) / (1 - kr - kb)
        expected = np.clip(np.stack([red, green, blue], -1) * 255, 0, 255)
        assert np.abs(frame.rgb() - expected).max() <= 4
        assert np.abs(frame.rgb_region(0, 0, 64, 48) - expected).max() <= 1


def test_a_region_has_the_pixels_of_the_whole(tmp_path: Path) -> None:
    noise = [np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)] * 2
    with VideoReader(make_clip(tmp_path / "clip.mp4", ClipRecipe(pictures=noise, pts=[0, 512]))) as reader:
        frame = next(reader.frames())
        exact = frame.rgb_region(0, 0, 64, 48)
        assert np.array_equal(frame.rgb_region(10, 6, 20, 30), exact[6:36, 10:30])
        assert np.abs(frame.rgb().astype(int) - exact).max() <= 4
        for region in ((1, 0, 4, 4), (0, 0, 66, 48), (-2, 0, 4, 4), (0, 0, 0, 2)):
            with pytest.raises(ValueError, match="region"):
                frame.rgb_region(*region)


def test_a_damaged_middle_is_told_not_hidden(tmp_path: Path) -> None:
    noise = [np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8) for i in range(30)]
    path = make_clip(tmp_path / "clip.mp4", ClipRecipe(pictures=noise, pts=[i * 512 for i in range(30)]))
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + len(data) // 2
    data[start : start + 4000] = np.random.default_rng(9).bytes(4000)
    path.write_bytes(bytes(data))
    with VideoReader(path) as reader, pytest.raises(MediaError, match="damaged or cut short"):
        list(reader.frames())


def test_a_cut_tail_is_told_not_hidden(tmp_path: Path) -> None:
    noise = [np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8) for i in range(80)]
    path = make_clip(tmp_path / "clip.mkv", ClipRecipe(pictures=noise, pts=[i * 512 for i in range(80)]))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaError, match="damaged or cut short"), VideoReader(path) as reader:
        list(reader.frames())


def test_a_change_of_size_midway_is_refused(tmp_path: Path) -> None:
    first = make_clip(tmp_path / "a.ts", ClipRecipe())
    second = make_clip(tmp_path / "b.ts", ClipRecipe(size=(96, 64), pts=[i * 512 for i in range(20, 40)]))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with VideoReader(both) as reader, pytest.raises(MediaError, match=r"changes its picture size|damaged"):
        list(reader.frames())
