"""Subtitles (SRT, WebVTT, ASS): read as timed lines with who speaks them, and written from segments."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec
import pysubs2

from app.core.cues import Cue
from app.core.errors import UserError
from app.core.text import listed
from app.core.timebase import TimeRange, to_pts
from app.engine.files.atomic_file import write_atomic

FORMATS = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa"}
"""Suffixes, and what pysubs2 calls the formats."""
LARGEST = 32 << 20
"""Bytes; a larger file holds no subtitles."""

_MILLISECOND = Fraction(1, 1000)
_NEGATIVE = re.compile(r"-\s*\d+(?::\d+){1,2}[.,]\d+")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)*\s+([^>]+)>")
_SPAN = re.compile("\ue000([^\ue001]*)\ue001")
"""A voice span while the library reads the rest: it knows no tag <v> and would drop it with the name in it."""


class Subtitles(msgspec.Struct, frozen=True):
    """What a file of subtitles holds."""

    cues: tuple[Cue, ...]
    """In order of time; they may overlap."""
    notes: tuple[str, ...] = ()
    """A sentence for each thing that was not as it should be, and what was done about it."""


def read_subtitles(file: Path) -> Subtitles:
    """The lines of a file. Raises UserError for what holds none or cannot be read."""
    kind = _kind(file)
    text, notes = _text(file)
    text, negative = _without_negative(text, kind)
    try:
        events = pysubs2.SSAFile.from_string(_VOICE.sub("\ue000\\1\ue001", text) if kind == "vtt" else text, kind)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError, KeyError) as error:
        raise UserError(f'"{file}" cannot be read as {file.suffix[1:].upper()} ({error}): save it again.') from error
    spoken = [event for event in events if not event.is_comment and not event.is_drawing]
    cues = [_cue(event, kind) for event in spoken if event.end > event.start]
    if negative:
        notes.append(f"{negative} of the times {_are(negative)} before 0: taken as 0.")
    if len(cues) < len(spoken):
        gone = len(spoken) - len(cues)
        notes.append(f"{gone} of the lines {_are(gone)} left out: they end before they begin.")
    if not cues:
        raise UserError(f'"{file}" holds no line of subtitles: choose another file.')
    return Subtitles(tuple(sorted(cues, key=lambda cue: (cue.range.start, cue.range.stop))), tuple(notes))


def write_subtitles(cues: Sequence[Cue], file: Path) -> None:
    """Writes lines as the kind of file that the name says; WebVTT and ASS keep the speakers, SRT has no place for them.

    Raises UserError where it cannot be written or there is no line.
    """
    kind = _kind(file)
    if not cues:
        raise UserError("There is no segment to write as a subtitle: draw one.")
    told = pysubs2.SSAFile()
    told.events = [_EVENTS.get(kind, _plain_event)(cue) for cue in cues]
    write_atomic(file, told.to_string(kind).encode("utf-8"))


def _kind(file: Path) -> str:
    found = FORMATS.get(file.suffix.lower())
    if found is None:
        raise UserError(f'"{file}" does not end in {listed(FORMATS)}: give subtitles of one of these kinds.')
    return found


def _text(file: Path) -> tuple[str, list[str]]:
    """What stands in a file, and a sentence where its encoding had to be guessed. Raises UserError."""
    try:
        if file.stat().st_size > LARGEST:
            raise UserError(f'"{file}" is too large for subtitles: choose another file.')
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f'"{file}" cannot be read ({error.strerror}): check its name and permissions.') from error
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            if "\0" in text:
                raise UserError(f'"{file}" is no text: choose a file of subtitles, saved as UTF-8.')
            return text, []
    if b"\0" in data:
        raise UserError(f'"{file}" is no text: choose a file of subtitles, saved as UTF-8.')
    note = f'"{file.name}" is not UTF-8: it was read as Windows-1252; if letters are wrong, save it as UTF-8.'
    return data.decode("cp1252", "replace"), [note]


def _without_negative(text: str, kind: str) -> tuple[str, int]:
    """The text with times before 0 as 0, which the library would read without their sign; and how many there are."""
    count = 0

    def zero(line: str) -> str:
        nonlocal count
        if "-->" not in line and not (kind in ("ass", "ssa") and line.startswith("Dialogue:")):
            return line
        head, arrow, tail = line.partition("-->") if "-->" in line else (line[:60], "", line[60:])
        head, found = _NEGATIVE.subn(_zero(kind), head)
        if arrow:
            tail, more = _NEGATIVE.subn(_zero(kind), tail)
            found += more
        count += found
        return head + arrow + tail

    return "\n".join(map(zero, text.splitlines())), count


def _zero(kind: str) -> str:
    return {"srt": "00:00:00,000", "vtt": "00:00:00.000"}.get(kind, "0:00:00.00")


def _cue(event: pysubs2.SSAEvent, kind: str) -> Cue:
    span = TimeRange(event.start * _MILLISECOND, event.end * _MILLISECOND)
    text = event.plaintext
    if kind in ("ass", "ssa"):
        return Cue(span, " ".join(text.split()), event.name.strip())
    names = dict.fromkeys(" ".join(html.unescape(name).split()) for name in _SPAN.findall(text))
    return Cue(span, " ".join(html.unescape(_SPAN.sub(" ", text)).split()), ", ".join(names))


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _plain_event(cue: Cue) -> pysubs2.SSAEvent:
    """A line as SRT has it. Braces would be read as the commands of ASS, which the library uses inside."""
    start, stop = (to_pts(time, _MILLISECOND) for time in (cue.range.start, cue.range.stop))
    return pysubs2.SSAEvent(start, stop, cue.text.replace("{", "(").replace("}", ")"))


def _spoken_event(cue: Cue) -> pysubs2.SSAEvent:
    """A line as WebVTT has it, with a voice span where the speaker is known."""
    event = _plain_event(cue)
    event.text = html.escape(event.text, quote=False)
    if cue.speaker:
        event.text = f"<v {html.escape(cue.speaker, quote=False)}>{event.text}"
    return event


def _named_event(cue: Cue) -> pysubs2.SSAEvent:
    """A line as ASS has it; a comma would end the speaker's name."""
    event = _plain_event(cue)
    event.name = cue.speaker.replace(",", ";")
    return event


_EVENTS: dict[str, Callable[[Cue], pysubs2.SSAEvent]] = {
    "vtt": _spoken_event,
    "ass": _named_event,
    "ssa": _named_event,
}
