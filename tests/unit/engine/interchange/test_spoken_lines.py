"""SubtitleEditTts.json: its sounds in one voice, each at its time, and what is said of files that are not whole."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.core.errors import UserError
from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.interchange.lines_import import read_lines, with_lines
from app.engine.interchange.spoken_lines import assemble, read_spoken_lines


def sound(file: Path, value: float, seconds: float, rate: int = 8000) -> str:
    soundfile.write(file, np.full(round(seconds * rate), value, np.float32), rate, "FLOAT")
    return str(file)


def entry(start: int, stop: int, name: str, **more: Any) -> dict[str, Any]:
    return {"Text": f"line {start}", "StartMs": start, "EndMs": stop, "AudioFileName": name, "VoiceName": "Anna"} | more


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Two lines that overlap, one that is left out, and one whose path is of another machine."""
    sound(tmp_path / "0001.wav", 0.25, 1.0)
    sound(tmp_path / "0002.wav", 0.5, 1.0, 16000)
    items = [
        entry(2000, 2500, "C:\\Users\\me\\tts\\0002.wav", VoiceName="Bob"),
        entry(500, 1200, str(tmp_path / "0001.wav")),
        entry(9000, 9500, "gone.wav", Include=False),
        entry(2500, 3500, "0001.wav", SpeedFactor=1.2),
    ]
    file = tmp_path / "SubtitleEditTts.json"
    file.write_text(json.dumps({"VideoFileName": "x.mp4", "Items": items}))
    return file


def test_sounds_lie_at_their_times_and_overlaps_are_summed(exported: Path, tmp_path: Path) -> None:
    found = read_spoken_lines(exported)
    assert [line.cue.range for line in found.lines] == [
        TimeRange(Fraction(1, 2), Fraction(3, 2)),
        TimeRange(Fraction(2), Fraction(3)),
        TimeRange(Fraction(5, 2), Fraction(7, 2)),
    ]
    assert "1 of 4 lines are not included" in found.notes[0]
    assemble(found.lines, tmp_path / "voice.wav")
    samples, rate = soundfile.read(tmp_path / "voice.wav", dtype="float32")
    assert rate == 16000 and len(samples) == 3.5 * rate
    for time, value in ((0.25, 0), (1.0, 0.25), (1.75, 0), (2.25, 0.5), (2.75, 0.75), (3.25, 0.25)):
        assert samples[round(time * rate)] == pytest.approx(value, abs=0.01), time


def test_a_project_has_the_voice_and_the_speakers(exported: Path, tmp_path: Path) -> None:
    lines = read_lines(exported, tmp_path / "voice.wav")
    project, notes = with_lines(Project(offset=Fraction(5)), lines, TimeRange(Fraction(0), Fraction(10)))
    assert project.voice == str(tmp_path / "voice.wav") and project.offset == 0 and project.voice_sha256
    assert [(s.speaker, s.name) for s in project.segments or ()] == [
        ("Anna", "line 500"),
        ("Bob", "line 2000"),
        ("Anna", "line 2500"),
    ]
    assert len(notes) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "it has no items"),
        (b"[1]", "is no SubtitleEditTts.json"),
        (b"not json", "is no SubtitleEditTts.json"),
        (b'{"Items": [1]}', "its items are no list"),
        (b'{"Items": []}', "holds no line"),
        (b'{"Items": [{"StartMs": 1}]}', "lacks its times or its sound"),
        (b'{"Items": [{"StartMs": 1, "EndMs": 2, "AudioFileName": "gone.wav"}]}', 'sound "gone.wav" of line 1'),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "SubtitleEditTts.json"
    file.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_lines(file, tmp_path / "voice.wav")
    assert not (tmp_path / "voice.wav").exists()
