"""What a clip carries beside its picture and its sound: what an export keeps of it, and what it cannot hold."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Literal

import av
import msgspec
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream

Kind = Literal["picture", "cover", "sound", "subtitles", "data", "attachment"]

_KINDS: dict[str, Kind] = {"video": "picture", "audio": "sound", "subtitle": "subtitles", "attachment": "attachment"}

KEPT_SOUND = {"aac", "mp3", "ac3", "eac3", "alac"}
"""Codecs of sound that both MP4 and QuickTime hold."""
KEPT_SUBTITLES = {"mov_text"}
REWRITTEN_SUBTITLES = {"srt", "subrip", "ass", "ssa", "webvtt", "text"}
"""Subtitles of text that are kept in another form; pictures of text are not."""
KEPT_TAGS = {
    "title", "artist", "album_artist", "composer", "album", "date", "genre", "copyright", "grouping", "lyrics",
    "description", "synopsis", "show", "episode_id", "network", "keywords", "track", "disc", "creation_time",
}  # fmt: skip
"""What FFmpeg writes into MP4 and QuickTime of a file's tags."""
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "comment", "timecode"}
_DROP_FRAME = (Fraction(30000, 1001), Fraction(60000, 1001))


class Track(msgspec.Struct, frozen=True):
    """A stream of the file other than the picture and sound that are dubbed."""

    stream: int
    """The stream's index in the file."""
    kind: Kind
    codec: str
    language: str = ""

    @property
    def kept(self) -> bool:
        """Whether an export can contain the stream."""
        return (self.kind == "sound" and self.codec in KEPT_SOUND) or (
            self.kind == "subtitles" and self.codec in KEPT_SUBTITLES | REWRITTEN_SUBTITLES
        )

    @property
    def rewritten(self) -> bool:
        """Whether it is kept in another form."""
        return self.kind == "subtitles" and self.codec in REWRITTEN_SUBTITLES

    @property
    def text(self) -> str:
        """The stream as people read it, such as "sound track 2 (aac, fra)"."""
        name = {"sound": "sound track", "subtitles": "subtitle track", "picture": "picture track"}.get(self.kind)
        about = ", ".join(part for part in (self.codec, self.language) if part)
        return f"{name or self.kind} {self.stream}" + (f" ({about})" if about else "")


class Carried(msgspec.Struct, frozen=True):
    """Everything a clip contains besides its picture and its sound."""

    tracks: tuple[Track, ...] = ()
    chapters: int = 0
    tags: tuple[tuple[str, str], ...] = ()
    """Title, date and the like: (name, value)."""
    timecode: str = ""
    """Timecode of the first frame; empty if there is none."""
    sound_language: str = ""
    """Language of the sound that a dub replaces."""
    alpha: bool = False
    """Whether the picture has transparency."""

    @property
    def summary(self) -> str:
        """For people: "sound track 2 (aac), 3 chapters, title"; empty where there is nothing."""
        chapters = [f"{self.chapters} chapter{'s' * (self.chapters != 1)}"] if self.chapters else []
        timecode = [f"timecode {self.timecode}"] if self.timecode else []
        parts = [*(track.text for track in self.tracks), *chapters, *timecode, *(name for name, _ in self.tags)]
        return ", ".join(parts + (["transparency (alpha)"] if self.alpha else []))

    def lost(self, timecode_kept: bool) -> tuple[str, ...]:
        """A plain sentence for each sort of thing that an export has not."""
        tracks = [track.text for track in self.tracks if not track.kept]
        tags = [name for name, _ in self.tags if name.lower() not in KEPT_TAGS]
        said = (
            (tracks, f"The export cannot hold {', '.join(tracks)} of the clip."),
            (tags, f"The export cannot hold these tags of the clip: {', '.join(tags)}."),
            (self.alpha, "The picture has transparency (alpha), which is lost: it is shown as opaque."),
            (self.timecode and not timecode_kept, f"The clip's timecode ({self.timecode}) is not written."),
            (self.sound_language, f"The new sound is not marked with the old one's language ({self.sound_language})."),
        )
        return tuple(sentence for true, sentence in said if true)


def timecode_fits(timecode: str, fps: Fraction, variable: bool) -> bool:
    """Whether a timecode can be written for frames of that rate: an even one, and drop frame where that is counted."""
    return not variable and (";" not in timecode or fps in _DROP_FRAME)


def look_for_more(container: InputContainer, used: Collection[int], pixel_format: str) -> Carried:
    """What an open file has beside the streams in `used`; `pixel_format` is that of its picture, if it has one."""
    timecode = _tag(container.metadata, "timecode")
    language, tracks = "", list[Track]()
    for stream in container.streams:
        timecode = timecode or _tag(stream.metadata, "timecode")
        if stream.index not in used:
            tracks += _track(stream)
        elif stream.type == "audio":
            language = _language(stream)
    tags = tuple(
        (name, value) for name, value in container.metadata.items() if name.lower() not in _OF_THE_FILE and value
    )
    alpha = bool(pixel_format) and any(part.is_alpha for part in av.VideoFormat(pixel_format).components)
    return Carried(tuple(tracks), len(container.chapters()), tags, timecode, language, alpha)


def _track(stream: Stream) -> list[Track]:
    """The stream as a track; none for what only tells the chapters' titles or the timecode."""
    kind = _KINDS.get(stream.type, "data")
    titles = stream.discard == Discard.all  # FFmpeg has read them and gives none of its packets
    if kind == "data" and (titles or _tag(stream.metadata, "timecode")):
        return []
    if kind == "picture" and stream.disposition & Disposition.attached_pic:
        kind = "cover"
    context = getattr(stream, "codec_context", None)
    name = _tag(stream.metadata, "filename") if kind == "attachment" else "" if context is None else context.name
    return [Track(stream.index, kind, name, _language(stream))]


def _language(stream: Stream) -> str:
    """The stream's language; empty if it is not stated."""
    language = _tag(stream.metadata, "language")
    return "" if language == "und" else language


def _tag(tags: dict[str, str], name: str) -> str:
    """Looks a tag up without regard to case (Matroska writes capitals)."""
    return next((value for key, value in tags.items() if key.lower() == name), "")
