"""Which picture and which sound of a file are used: those that the user named, else what `stream_choice` finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from app.core.errors import MediaError
from app.core.streams import Streams
from app.core.text import listed
from app.engine.media.opening import open_input
from app.engine.media.stream_choice import Chosen, choose, has_decoder


def unknown_sound(path: Path, container: InputContainer) -> MediaError:
    """The error for a voice of which no sound can be decoded."""
    return MediaError(f'"{path}" holds sound that cannot be decoded ({_codecs(container)}): convert it to WAV first.')


def _codecs(container: InputContainer) -> str:
    """The sounds' codecs, as far as their names are known."""
    return ", ".join(_codec(stream) for stream in container.streams.audio)


def _codec(stream: av.AudioStream) -> str:
    return stream.codec_context.name if has_decoder(stream) else "an unknown codec"


def choose_streams(path: Path, container: InputContainer, wanted: Streams) -> tuple[Chosen | None, Chosen | None]:
    """The picture and the sound that are meant; each None where there is none, a sound also where none is decoded."""
    found: list[Chosen | None] = []
    for candidates, number, kind in (
        (pictures_of(container), wanted.picture, "picture"),
        (container.streams.audio, wanted.sound, "sound"),
    ):
        if number is not None:
            found.append(_named(path, candidates, number, kind))
            continue
        with open_input(path) as fresh:  # what was read for a choice cannot be read back in every container
            found.append(choose(fresh, candidates))
    picture, sound = found
    known = sound is not None and has_decoder(container.streams[sound.stream])
    return picture, sound if known else None


def _named(path: Path, streams: Sequence[Stream], number: int, kind: str) -> Chosen:
    """The stream that the user named. Raises MediaError where it is none of `streams` or its codec is not known."""
    if all(stream.index != number for stream in streams):
        there = f"choose stream {listed(str(stream.index) for stream in streams)}" if streams else "it has none"
        raise MediaError(f'"{path}" has no {kind} in its stream {number}: {there}.')
    if not has_decoder(next(stream for stream in streams if stream.index == number)):
        raise MediaError(f'The {kind} in stream {number} of "{path}" cannot be decoded: choose another stream.')
    return Chosen(number, "it was asked for")


def pictures_of(container: InputContainer) -> list[av.VideoStream]:
    """All but covers."""
    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def which_sound(container: InputContainer, sound: Chosen | None) -> tuple[str, ...]:
    """Sentences on a sound that is left out, and on one that was chosen of several."""
    streams = container.streams.audio
    if sound is None and streams:
        return (f"The sound cannot be decoded ({_codecs(container)}) and is left out.",)
    return of_many("sound tracks", streams, sound)


def of_many(name: str, streams: Sequence[Stream], chosen: Chosen | None) -> tuple[str, ...]:
    """A sentence on which of several streams is used."""
    if chosen is None or len(streams) < 2:
        return ()
    return (f"Of its {len(streams)} {name} stream {chosen.stream} is used, for {chosen.why}.",)
