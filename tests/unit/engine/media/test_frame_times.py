"""One numbering of frames: stamps made ascending, and reading in order and at random equal in every container."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import MediaError
from app.engine.media.clip import open_clip
from app.engine.media.frame import plane_view
from app.engine.media.frame_times import increasing
from app.engine.media.probe import probe
from app.engine.media.reader import VideoReader
from app.engine.media.writer import VideoWriter
from app.engine.preview.key_frames import find_key_frames
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip

STEP = 40
STAMPS = st.lists(st.none() | st.integers(-1000, 3000), max_size=40)


@given(STAMPS)
def test_times_ascend_whatever_the_stamps_are(stamps: list[int | None]) -> None:
    times = increasing(stamps, STEP)
    assert len(times) == len(stamps)
    assert all(earlier < later for earlier, later in pairwise(times))


@given(st.sets(st.integers(0, 10**6), max_size=40))
def test_ascending_stamps_stay(stamps: set[int]) -> None:
    assert increasing(sorted(stamps), STEP) == sorted(stamps)


@given(st.integers(2, 40), st.randoms(use_true_random=False))
def test_stamps_in_the_order_of_decoding_are_sorted(count: int, rng: random.Random) -> None:
    later = [k * STEP for k in range(1, count)]
    groups = [later[k : k + 4] for k in range(0, len(later), 4)]
    shuffled = [stamp for group in groups for stamp in rng.sample(group, len(group))]
    assert increasing([0, *shuffled], STEP) == [0, *later]


@pytest.mark.parametrize(
    ("stamps", "wanted"),
    [
        ([0, 40, 40, 120], [0, 40, 80, 120]),
        ([0, 40, 80, 80], [0, 40, 80, 120]),
        ([0, 40, None, 120], [0, 40, 80, 120]),
        ([None, None], [-40, 0]),
        ([0, 40, 80, 120, 0, 40, 80, 120], [0, 40, 80, 120, 160, 200, 240, 280]),
        ([500, 540, 580, 0, 40, 80], [500, 540, 580, 620, 660, 700]),
        ([0, 0, 0, 2], [0, 1, 2, 3]),
    ],
)
def test_repeated_missing_and_joined_stamps(stamps: list[int | None], wanted: list[int]) -> None:
    assert increasing(stamps, STEP) == wanted


def _grey(frame: av.VideoFrame) -> int:
    return round(float(plane_view(frame, 0).mean()))


def _cut(source: Path, target: Path, first_key: int) -> Path:
    """A clip's packets from its key frame number `first_key` on, as editors that do not encode cut it."""
    with av.open(str(source)) as inside, av.open(str(target), "w") as outside:
        stream = inside.streams.video[0]
        out = outside.add_stream_from_template(stream)
        keys, start = -1, 0
        for packet in inside.demux(stream):
            keys += bool(packet.size and packet.is_keyframe)
            if not packet.size or keys < first_key or packet.pts is None or packet.dts is None:
                continue
            start = start or packet.dts
            packet.pts, packet.dts, packet.stream = packet.pts - start, packet.dts - start, out
            outside.mux(packet)
    return target


def _repeated(source: Path, target: Path) -> Path:
    """A clip of which one frame has the time stamp of the frame before it."""
    with av.open(str(source)) as inside, av.open(str(target), "w") as outside:
        stream = inside.streams.video[0]
        out = outside.add_stream_from_template(stream)
        stamps = [packet.pts for packet in inside.demux(stream) if packet.size]
        inside.seek(0)
        for number, packet in enumerate(p for p in inside.demux(stream) if p.size):
            packet.pts = packet.dts = stamps[number - (number == 15)]
            packet.stream = out
            outside.mux(packet)
    return target


PLAIN = ClipRecipe(pts=[i * 512 for i in range(40)])
STILL = ClipRecipe(pts=[i * 512 for i in range(40)], b_frames=0)
OPEN = ClipRecipe(
    pts=[i * 512 for i in range(40)], options={"x264-params": "open-gop=1:bframes=3:b-adapt=0:scenecut=0"}
)
MPEG4 = ClipRecipe(pts=PLAIN.pts, codec="mpeg4", options={"qmin": "1", "qmax": "2", "b": "4000000"})
CASES = ["mp4", "mkv", "ts", "avi", "mpeg4 avi", "mov", "flv", "joined", "repeated", "open mp4", "open mkv"]


def _clip(folder: Path, name: str) -> Path:
    """One clip of each kind that has stamps of its own sort."""
    if name == "joined":
        one, two = make_clip(folder / "one.ts", PLAIN), folder / "two.ts"
        two.write_bytes(2 * one.read_bytes())
        return two
    if name == "repeated":
        return _repeated(make_clip(folder / "one.mkv", STILL), folder / "two.mkv")
    if name.startswith("open"):
        return _cut(make_clip(folder / "one.mp4", OPEN), folder / f"two.{name[5:]}", 2)
    recipe = MPEG4 if name.startswith("mpeg4") else PLAIN
    return make_clip(folder / f"clip.{name.split()[-1]}", recipe)


@pytest.mark.parametrize("name", CASES)
def test_reading_in_order_and_at_random_is_the_same(tmp_path: Path, name: str) -> None:
    path = _clip(tmp_path, name)
    with VideoReader(path) as reader:
        seen = [(frame.index, frame.pts, _grey(frame.yuv)) for frame in reader.frames()]
        assert [index for index, _, _ in seen] == list(range(len(reader.timestamps)))
        assert [pts for _, pts, _ in seen] == list(reader.timestamps)
        if not name.startswith("open"):
            assert all(abs(grey - grey_of(index % 40)) <= 4 for index, _, grey in seen)
            assert len(seen) == (80 if name == "joined" else 40)
        for index in random.Random(2).sample(range(len(seen)), 12):
            time = reader.timestamps[index] * reader.video.time_base
            for frame in (reader.frame_at(time), next(reader.frames(time))):
                assert (frame.index, frame.pts, _grey(frame.yuv)) == seen[index]


@pytest.mark.parametrize("name", ["avi", "joined", "repeated"])
def test_frames_keep_an_even_pace(tmp_path: Path, name: str) -> None:
    clip = open_clip(_clip(tmp_path, name))
    steps = [(later - earlier) * clip.time_base for earlier, later in pairwise(clip.pts)]
    assert all(abs(step - Fraction(1, 25)) <= Fraction(1, 1000) for step in steps)
    assert find_key_frames(clip)[0] == 0


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_last_picture_may_stand_for_seconds(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"}, time_base=Fraction(1, 12800))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(26):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index * 512, Fraction(1, 12800)
            for packet in [*stream.encode(frame), *(stream.encode(None) if index == 25 else [])]:
                assert packet.pts is not None and packet.time_base is not None
                shown = 2 if packet.pts * packet.time_base >= 1 else Fraction(1, 25)
                packet.duration = round(shown / packet.time_base)
                container.mux(packet)
    info = probe(path)
    assert info.video is not None and info.video.duration is not None
    assert abs(info.video.duration - 3) < Fraction(1, 100)
    with VideoReader(path) as reader:
        assert sum(1 for _ in reader.frames()) == 26
    assert abs(open_clip(path).stop - 3) < Fraction(1, 100)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "flv"])
def test_a_cut_file_is_refused_all_the_same(tmp_path: Path, suffix: str) -> None:
    noise = [np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8) for i in range(80)]
    path = make_clip(tmp_path / f"clip.{suffix}", ClipRecipe(pictures=noise, pts=[i * 512 for i in range(80)]))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match="damaged or cut short"), VideoReader(path) as reader:
        list(reader.frames())


def test_a_writer_is_told_how_long_the_last_frame_stands(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with VideoWriter(target, (64, 48), Fraction(1, 12800), Fraction(25)) as writer:
        for index in range(3):
            writer.write(av.VideoFrame(64, 48, "yuv420p"), index * 512, 12800 - index * 512)
    assert open_clip(target).stop == 1
