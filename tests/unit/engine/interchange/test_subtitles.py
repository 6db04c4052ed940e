"""Subtitles of three kinds: read, written, read back; and what is said of those that are not as they should be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.cues import Cue
from app.core.errors import UserError
from app.core.timebase import TimeRange
from app.engine.interchange.subtitles import Subtitles, read_subtitles, write_subtitles

SRT = "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i>\nthere\n\n2\n00:00:03,000 --> 00:00:04,000\nYes\n"
VTT = """WEBVTT

NOTE nothing to see

00:01.000 --> 00:02.000 align:start
<v Anna>Hello <i>there</i> &amp; welcome

00:00:03.000 --> 00:00:04.500
<v.loud Bob Smith>Hi</v>
<v Anna>No</v>
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not spoken
Dialogue: 0,0:00:01.00,0:00:02.00,Default,Anna,0,0,0,,{\\pos(1,2)}Hello\\Nthere
Dialogue: 0,0:00:03.50,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}
Dialogue: 0,0:00:05.00,0:00:06.00,Default,Bob,0,0,0,,Bye, then
"""


def read(folder: Path, name: str, content: str | bytes) -> Subtitles:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_subtitles(file)


def told(found: Subtitles) -> list[tuple[float, float, str, str]]:
    return [(float(c.range.start), float(c.range.stop), c.text, c.speaker) for c in found.cues]


def test_the_three_kinds_are_read(tmp_path: Path) -> None:
    assert told(read(tmp_path, "a.srt", SRT)) == [(1, 2.5, "Hello there", ""), (3, 4, "Yes", "")]
    assert told(read(tmp_path, "a.vtt", VTT)) == [
        (1, 2, "Hello there & welcome", "Anna"),
        (3, 4.5, "Hi No", "Bob Smith, Anna"),
    ]
    assert told(read(tmp_path, "a.ASS", ASS)) == [(1, 2, "Hello there", "Anna"), (5, 6, "Bye, then", "Bob")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_unicode_is_known_by_its_mark(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    found = read(tmp_path, "a.srt", mark + SRT.replace("Yes", "Größe…").encode(encoding))
    assert found.cues[1].text == "Größe…" and not found.notes


def test_another_encoding_is_guessed_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, "a.srt", SRT.replace("Yes", "Größe").encode("cp1252"))
    assert found.cues[1].text == "Größe"
    assert "Windows-1252" in found.notes[0]


def test_negative_and_reversed_times_are_said(tmp_path: Path) -> None:
    wrong = (
        "1\n-00:00:01,000 --> 00:00:01,500\na\n\n2\n00:00:05,000 --> 00:00:04,000\nb\n\n"
        "3\n-00:00:03,000 --> -00:00:02,000\nc\n"
    )
    found = read(tmp_path, "a.srt", wrong)
    assert told(found) == [(0, 1.5, "a", "")]
    assert found.notes == (
        "3 of the times are before 0: taken as 0.",
        "2 of the lines are left out: they end before they begin.",
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.srt", b"", "holds no line"),
        ("a.srt", b"just words", "holds no line"),
        ("a.vtt", b"WEBVTT\n", "holds no line"),
        ("a.ass", b"[Script Info]\n", "holds no line"),
        ("a.srt", b"RIFF\0\0\0\0WAVE", "is no text"),
        ("a.srt", b"\xff\xfe\x00", "is no text"),
        ("a.txt", b"x", "does not end in"),
    ],
)
def test_what_holds_no_subtitles_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(tmp_path, name, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_subtitles(tmp_path / "gone.srt")


CUES = [
    Cue(TimeRange(Fraction(1001, 30), Fraction(3604, 30)), "One <two> & {three}", "Anna & Co"),
    Cue(TimeRange(Fraction(4000), Fraction(4001)), "Drei, vier", ""),
]


@pytest.mark.parametrize("name", ["a.srt", "a.vtt", "a.ass"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_subtitles(CUES, tmp_path / name)
    found = read_subtitles(tmp_path / name).cues
    for cue, back in zip(CUES, found, strict=True):
        assert abs(back.range.start - cue.range.start) < Fraction(1, 90)
        assert abs(back.range.stop - cue.range.stop) < Fraction(1, 90)
        assert back.speaker == (cue.speaker if name != "a.srt" else "")
    assert found[1].text == "Drei, vier"
    assert found[0].text == "One <two> & (three)" or name == "a.srt"


def test_nothing_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no segment"):
        write_subtitles([], tmp_path / "a.srt")
    assert not list(tmp_path.iterdir())


@given(st.binary(max_size=200), st.sampled_from([".srt", ".vtt", ".ass"]))
def test_any_bytes_give_lines_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: str) -> None:
    head = {".srt": b"1\n00:00:01,000 --> 00:00:02,000\n", ".vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v "}.get(
        kind, ASS.encode()
    )
    file = tmp_path_factory.getbasetemp() / f"any{kind}"
    file.write_bytes(head + data)
    try:
        assert read_subtitles(file).cues
    except UserError as error:
        assert str(error).endswith(".")
