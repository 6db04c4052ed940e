"""What a clip carries beside picture and sound goes into the export or is listed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import InputContainer, OutputContainer

from app.engine.media.carried import Carried, Track, look_for_more, timecode_fits
from app.engine.media.probe import probe
from app.engine.media.track_copy import TrackCopy
from app.engine.media.writer import VideoWriter

TICK = Fraction(1, 12800)


def _sound(codec: str, container: OutputContainer, language: str) -> av.AudioStream:
    stream = container.add_stream(codec, rate=48000, layout="mono")
    assert isinstance(stream, av.AudioStream)
    stream.metadata["language"] = language
    return stream


def _rich(path: Path, second: str = "aac") -> Path:
    """Two seconds with two sounds, two chapters, a title and a timecode."""
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": "A film", "creation_time": "2024-05-06T07:08:09.000000Z"})
        if path.suffix == ".mp4":
            container.metadata["timecode"] = "01:02:03:04"
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"}, time_base=TICK)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        tracks = [_sound("aac", container, "deu"), _sound(second, container, "fra")]
        container.set_chapters(
            [
                {"id": n, "start": n * 1000, "end": n * 1000 + 1000, "time_base": Fraction(1, 1000), "metadata": {}}
                for n in range(2)
            ]
        )
        for index in range(50):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index * 512, TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for track in tracks:
            wave = np.sin(np.arange(96000) * 0.05).astype(np.float32)[None] * 0.3
            sound = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
            sound.sample_rate, sound.pts = 48000, 0
            container.mux(track.encode(sound))
            container.mux(track.encode(None))
    return path


def _export(source: Path, target: Path, start: Fraction = Fraction(0), stop: Fraction | None = None) -> TrackCopy:
    """The stretch of `source` with a black picture."""
    copy = TrackCopy(source, probe(source), start, stop)
    count = round(((stop or Fraction(2)) - start) * 25)
    with VideoWriter(target, (64, 48), TICK, Fraction(25), more=copy, metadata={"comment": "a dub"}) as writer:
        for index in range(count):
            writer.write(av.VideoFrame(64, 48, "yuv420p"), index * 512)
    return copy


def _sound_of(path: Path) -> tuple[Fraction, Fraction, str]:
    """(first, last time stamp in seconds, language) of the only sound in an export."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        stamps = [p.pts * p.time_base for p in container.demux(stream) if p.size and p.pts is not None]
        return stamps[0], stamps[-1], stream.metadata["language"]


def _chapters(container: InputContainer) -> list[tuple[Fraction, Fraction]]:
    """(start, end) of each in seconds."""
    found: list[tuple[Fraction, Fraction]] = []
    for chapter in container.chapters():
        base = chapter["time_base"] or Fraction(1)
        found.append((chapter["start"] * base, chapter["end"] * base))
    return found


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_what_the_container_holds_is_copied(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"
    copy = _export(_rich(tmp_path / "clip.mp4"), target)
    first, last, language = _sound_of(target)
    assert language == "fra" and 0 <= first < Fraction(1, 20) and last > Fraction(19, 10)
    with av.open(str(target)) as container:
        assert _chapters(container) == [(0, 1), (1, 2)]
        assert container.metadata["title"] == "A film" and container.metadata["comment"] == "a dub"
        assert container.metadata["creation_time"].startswith("2024-05-06T07:08:09")
        assert container.streams.video[0].metadata["timecode"] == "01:02:03:04"
    assert copy.lost == ("The new sound is not marked with the old one's language (deu).",)


def test_a_stretch_is_copied_in_step(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    copy = _export(_rich(tmp_path / "clip.mp4"), target, Fraction(1, 2), Fraction(3, 2))
    first, last, _ = _sound_of(target)
    assert 0 <= first < Fraction(1, 40) and last < 1
    with av.open(str(target)) as container:
        assert _chapters(container) == [(0, Fraction(1, 2)), (Fraction(1, 2), 1)]
        assert "timecode" not in container.streams.video[0].metadata
    assert any("timecode" in sentence for sentence in copy.lost)


def test_what_it_cannot_hold_is_listed(tmp_path: Path) -> None:
    source = _rich(tmp_path / "clip.mkv", "flac")
    copy = _export(source, tmp_path / "out.mp4")
    assert copy.lost[0] == "The export cannot hold sound track 2 (flac, fra) of the clip."
    assert "2 chapters" in probe(source).carried.summary
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_transparency_and_tags_are_listed() -> None:
    carried = Carried(
        (Track(3, "subtitles", "dvd_subtitle", "eng"), Track(4, "subtitles", "mov_text")), 0, (("lens", "f2"),)
    )
    said = carried.lost(timecode_kept=False)
    assert said[0] == "The export cannot hold subtitle track 3 (dvd_subtitle, eng) of the clip." and "lens" in said[1]
    assert Carried().summary == "" and Carried().lost(timecode_kept=False) == ()
    assert Carried(alpha=True).lost(timecode_kept=False)[0].startswith("The picture has transparency")


def test_alpha_is_seen_in_the_pixel_format(tmp_path: Path) -> None:
    with av.open(str(_rich(tmp_path / "clip.mp4"))) as container:
        assert look_for_more(container, [0, 1], "yuva444p10le").alpha
        assert not look_for_more(container, [0, 1], "yuv420p").alpha


def test_a_timecode_is_for_an_even_rate() -> None:
    assert timecode_fits("01:00:00:00", Fraction(25), variable=False)
    assert timecode_fits("01:00:00;00", Fraction(30000, 1001), variable=False)
    assert not timecode_fits("01:00:00;00", Fraction(25), variable=False)
    assert not timecode_fits("01:00:00:00", Fraction(25), variable=True)


SAID = (
    "0:00:00.20,0:00:00.90,Default,,0,0,0,,{\\i1}First{\\i0}",
    "0:00:01.20,0:00:01.90,Default,,0,0,0,,Second\\Nline",
)


def _subtitled(path: Path, form: str) -> Path:
    """Two seconds with two subtitles of that form, and a file that is attached."""
    source = path.with_suffix(".srt" if form == "subrip" else ".ass")
    if form == "subrip":
        source.write_text(
            "1\n00:00:00,200 --> 00:00:00,900\n<i>First</i>\n\n2\n00:00:01,200 --> 00:00:01,900\nSecond\nline\n"
        )
    else:
        style = "[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,16\n"
        events = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        lines = "".join(f"Dialogue: 0,{line}\n" for line in SAID)
        source.write_text(f"[Script Info]\nScriptType: v4.00+\n\n{style}\n{events}{lines}")
    with av.open(str(source)) as texts, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream_from_template(texts.streams.subtitles[0])
        track.metadata["language"] = "fra"
        container.add_attachment("notes.txt", "text/plain", b"a note")
        for index in range(50):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for packet in texts.demux():
            if packet.size:
                packet.stream = track
                container.mux(packet)
    return path


def _subtitles(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    """(start, length, text) of all that are shown."""
    with av.open(str(path)) as container:
        (stream,) = container.streams.subtitles
        assert stream.metadata["language"] == "fra" and stream.codec_context.name == "mov_text"
        found: list[tuple[Fraction, Fraction, str]] = []
        for packet in container.demux(stream):
            data = bytes(packet)
            text = data[2 : 2 + int.from_bytes(data[:2])].decode()
            if text and packet.pts is not None and packet.duration is not None:
                found.append((packet.pts * packet.time_base, packet.duration * packet.time_base, text))
        return found


@pytest.mark.parametrize("form", ["subrip", "ass"])
def test_subtitles_of_text_are_carried_over(tmp_path: Path, form: str) -> None:
    source, target = _subtitled(tmp_path / "clip.mkv", form), tmp_path / "out.mp4"
    copy = _export(source, target)
    length = Fraction(7, 10)
    assert _subtitles(target) == [(Fraction(1, 5), length, "First"), (Fraction(6, 5), length, "Second\nline")]
    assert copy.lost == ("The export cannot hold attachment 2 (notes.txt) of the clip.",)
    _export(source, target, Fraction(1, 2), Fraction(3, 2))
    assert _subtitles(target) == [(0, Fraction(2, 5), "First"), (Fraction(7, 10), length, "Second\nline")]


def test_a_subtitle_that_cannot_be_read_is_said_and_no_more(tmp_path: Path) -> None:
    source = _subtitled(tmp_path / "clip.mkv", "subrip")
    source.write_bytes(source.read_bytes().replace(b"Second", b"\xff\xfe\xff\xfe\xff\xfe"))
    copy = _export(source, tmp_path / "out.mp4")
    assert [text for *_, text in _subtitles(tmp_path / "out.mp4")] == ["First"]
    assert copy.lost[-1] == "Subtitles of the clip that cannot be read and are not written: 1."


def test_data_beside_chapters_is_listed(tmp_path: Path) -> None:
    """The track of the chapters' titles is none that is lost; others are."""
    with av.open(str(_rich(tmp_path / "clip.mp4"))) as container:
        carried = look_for_more(container, [0, 1], "yuv420p")
        assert carried.chapters == 2 and [track.kind for track in carried.tracks] == ["sound"]
