"""What is in a media file: streams, time, colour, and what a user should know about it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
import av.error
import msgspec
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Stream

from app.core.errors import MediaError
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import floor_pts
from app.engine.media.carried import look_for_more
from app.engine.media.colour import ColourTags, matrix_known
from app.engine.media.decoded_pictures import decoded_pictures, stamp_of
from app.engine.media.frame import tags_of
from app.engine.media.media_info import AudioStream, MediaInfo, VideoStream
from app.engine.media.opening import damaged, open_input
from app.engine.media.orientation import Orientation, orientation_of
from app.engine.media.pixel_formats import is_read
from app.engine.media.riff import wav_data
from app.engine.media.used_streams import choose_streams, of_many, pictures_of, unknown_sound, which_sound
from app.engine.media.whole_file import is_whole

SCAN_PACKETS = 3000
"""How many packets of the picture are looked at to tell a constant from a variable rate (two minutes at 25 fps)."""

SHORTFALL = Fraction(1, 2)
"""Seconds by which a picture may end before the file says so without being taken for cut short."""

_TEXT_FORMATS = {"tty", "bin", "xbin", "adf", "idf", "srt", "ass", "webvtt", "lrc", "subviewer", "microdvd"}


def probe(path: Path, need_picture: bool = True, streams: Streams = AUTOMATIC) -> MediaInfo:
    """Looks at a media file.

    Without `need_picture` a picture or cover that cannot be decoded counts as none. Raises MediaError with one
    sentence for a missing, empty or damaged file, a folder, a picture, a file that holds neither picture nor sound, or
    one of which `streams` names what is not there or cannot be decoded.
    """
    with open_input(path) as container:
        name = container.format.name
        if name in _TEXT_FORMATS:
            raise MediaError(f'"{path}" is not video or sound: give a media file.')
        if name == "image2" or name.endswith("_pipe"):
            raise MediaError(f'"{path}" is a picture, not a clip or a voice: give a video or a sound file.')
        return _describe(path, container, need_picture, streams)


def _describe(path: Path, container: InputContainer, need_picture: bool, wanted: Streams) -> MediaInfo:
    """The whole of `probe` but for the refusals by container."""
    picture, sound = choose_streams(path, container, wanted)
    if picture is None and sound is None:
        if container.streams.audio:
            raise unknown_sound(path, container)
        raise MediaError(f'"{path}" holds neither picture nor sound: give a media file.')
    _check_index(path, container)
    streams = container.streams
    audio = _audio_stream(path, streams[sound.stream]) if sound is not None else None
    try:
        video = _video_stream(path, container, streams[picture.stream]) if picture is not None else None
    except MediaError:
        if need_picture or audio is None:
            raise
        video = None  # only the sound is wanted
    starts = [stream.start for stream in (video, audio) if stream is not None]
    origin = min(starts)
    if video is not None:
        origin = floor_pts(origin, video.time_base) * video.time_base
    ends = [s.start + s.duration - origin for s in (video, audio) if s is not None and s.duration is not None]
    of_sound = which_sound(container, sound)
    declared = Fraction(container.duration, av.time_base) if container.duration else Fraction(0)
    return MediaInfo(
        path=str(path),
        container=container.format.name,
        duration=max(ends, default=declared),
        origin=origin,
        video=video,
        audio=audio,
        warnings=(*of_many("pictures", pictures_of(container), picture), *of_sound, *_warnings(video, audio)),
        sound_warnings=of_sound,
        carried=look_for_more(
            container,
            [chosen.stream for chosen in (picture, sound) if chosen is not None],
            video.pixel_format if video is not None else "",
        ),
    )


def _check_index(path: Path, container: InputContainer) -> None:
    """Refuses a file whose index points past its end, which is how a cut MP4 with its index in front shows."""
    size = path.stat().st_size
    data = wav_data(path) if container.format.name == "wav" else None
    if data is not None and data.missing_seconds >= SHORTFALL:
        raise damaged(path, "its header announces more sound than there is")
    if "mov" not in container.format.name:
        return
    for stream in container.streams:
        entries = stream.index_entries
        if len(entries) and entries[-1].pos + entries[-1].size > size:
            raise damaged(path, "its index points past its end")


def _audio_stream(path: Path, stream: Stream) -> AudioStream:
    assert isinstance(stream, av.AudioStream)
    if not stream.rate or stream.time_base is None:
        raise damaged(path, "its sound cannot be decoded")
    start = stream.start_time * stream.time_base if stream.start_time is not None else Fraction(0)
    return AudioStream(
        stream=stream.index,
        codec=stream.codec_context.name,
        rate=stream.rate,
        channels=stream.channels,
        layout=stream.layout.name,
        start=start,
        duration=_sound_duration(path, stream, start),
    )


def _sound_duration(path: Path, stream: av.AudioStream, start: Fraction) -> Fraction | None:
    """Seconds of sound: in a WAV as many as there are, elsewhere as the file says; None where it does not."""
    if stream.container.format.name == "wav" and stream.codec_context.name.startswith("pcm"):
        data = wav_data(path)
        if data is not None and data.seconds is not None:
            return data.seconds
    if stream.duration and stream.time_base is not None:
        return stream.duration * stream.time_base
    return _tagged_duration(stream, start)


def _tagged_duration(stream: Stream, start: Fraction) -> Fraction | None:
    """Matroska keeps a stream's end as a text tag ("00:00:02.023000000"); None where there is none."""
    tag = stream.metadata.get("DURATION", "")
    fields = tag.split(":")
    try:
        hours, minutes, seconds = (Fraction(field.strip("\0 ")) for field in fields)
    except ValueError:
        return None
    end = hours * 3600 + minutes * 60 + seconds
    return end - start if end > start else None


class _Scan(msgspec.Struct, frozen=True):
    """What the packets read so far tell about the picture."""

    pts: tuple[int, ...]
    """Time stamps in ticks, ascending."""
    last: int
    """Duration of the last packet in ticks."""
    whole: bool
    """Whether all packets were read."""


def _scan(path: Path, container: InputContainer, stream: av.VideoStream) -> _Scan:
    """Reads time stamps of packets without decoding: all where the file tells no length, else the first few."""
    limit = SCAN_PACKETS if container.duration else None
    stamps: list[tuple[int, int]] = []
    whole = True
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.pts is None or packet.is_discard:
                continue
            stamps.append((packet.pts, packet.duration or 0))
            if limit is not None and len(stamps) >= limit:
                whole = False
                break
    except av.error.FFmpegError as error:
        raise damaged(path, "its data cannot be read to the end") from error
    stamps.sort()
    if not whole:
        stamps = stamps[:-16]  # frames shown before these may not have come yet
    pts = tuple(stamp for stamp, _ in stamps)
    return _Scan(pts, stamps[-1][1] if stamps else 0, whole)


def is_variable(pts: tuple[int, ...]) -> bool:
    """Whether ascending time stamps stray by more than one tick from an even spacing.

    Each stamp of an even clip is rounded to a tick, and so are the first and the last, from which the
    spacing is taken; a milliseconds time base gives 33, 33, 34 and is still even.
    """
    count = len(pts) - 1
    if count < 2:
        return False
    span = pts[-1] - pts[0]
    return any(abs((stamp - pts[0]) * count - index * span) > count for index, stamp in enumerate(pts))


def _first_frames(path: Path, packets: Iterator[Packet[av.VideoStream]], count: int = 3) -> list[av.VideoFrame]:
    """The first `count` decoded frames, or as many as there are."""
    begin = damaged(path, "its first frames cannot be decoded")
    try:
        frames = list(islice(decoded_pictures(packets, lambda: begin), count))
    except av.error.FFmpegError as error:
        raise begin from error
    if not frames:
        raise damaged(path, "it holds no frame that can be decoded")
    return frames


def _video_stream(path: Path, container: InputContainer, stream: Stream) -> VideoStream:
    """Describes the picture by its first frames and the time stamps of its packets."""
    assert isinstance(stream, av.VideoStream)
    if stream.time_base is None:
        raise damaged(path, "its picture cannot be decoded")
    frames = _first_frames(path, container.demux(stream))
    stamps = [stamp for frame in frames if (stamp := stamp_of(frame)) is not None]
    if not stamps:
        raise MediaError(f'"{path}" has no time stamps: put it into an MP4 first (ffmpeg -i clip -c copy clip.mp4).')
    with open_input(path) as fresh:  # seeking back is not possible in every container
        scan = _scan(path, fresh, fresh.streams.video[container.streams.video.index(stream)])
    first = frames[0]
    _check_format(path, first)
    orientation = _orientation(path, first)
    colour = _colour(path, first)
    ratio = stream.sample_aspect_ratio or Fraction(1)
    ratio = ratio if ratio > 0 else Fraction(1)
    width, height = _upright_size(first.width, first.height, ratio, orientation)
    start = min(stamps) * stream.time_base
    count = len(scan.pts) if scan.whole else stream.frames or None
    return VideoStream(
        stream=stream.index,
        codec=stream.codec_context.name,
        width=width,
        height=height,
        coded_width=first.width,
        coded_height=first.height,
        fps=_fps(stream, scan),
        variable=is_variable(scan.pts),
        orientation=orientation,
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        colour=colour,
        sample_aspect_ratio=ratio,
        interlaced=any(frame.interlaced_frame for frame in frames),
        frame_count=count,
        time_base=stream.time_base,
        start=start,
        duration=_picture_duration(path, stream, scan, start),
    )


def _picture_duration(path: Path, stream: av.VideoStream, scan: _Scan, start: Fraction) -> Fraction | None:
    """Seconds from the first frame to the end of the last: counted where possible, else as the file says.

    The last frame may stand for longer than the one before it. Raises MediaError where the count falls short of what
    the file says and the file is not whole. (An MP4's index is checked before.)
    """
    time_base = stream.time_base or Fraction(1)
    declared = stream.duration * time_base if stream.duration else _tagged_duration(stream, start)
    in_mp4 = "mov" in stream.container.format.name
    if not scan.whole or len(scan.pts) < 2 or (in_mp4 and declared is not None):
        return declared  # an MP4's packets tell how long they are decoded, not how long they are shown
    last = scan.last or scan.pts[-1] - scan.pts[-2]
    counted = (scan.pts[-1] + last) * time_base - start
    if declared is None or declared - counted < SHORTFALL:
        return counted
    if not is_whole(path, stream.container.format.name):
        raise damaged(path, "its picture ends before the file says so")
    return counted if stream.container.format.name == "flv" else declared  # FLV gives each stream the file's length


def _fps(stream: av.VideoStream, scan: _Scan) -> Fraction:
    """The file's own average rate where it is given, otherwise counted."""
    if stream.average_rate:
        return stream.average_rate
    if len(scan.pts) > 1 and stream.time_base is not None:
        return (len(scan.pts) - 1) / ((scan.pts[-1] - scan.pts[0]) * stream.time_base)
    return stream.guessed_rate or Fraction(25)


def _orientation(path: Path, frame: av.VideoFrame) -> Orientation:
    side_data = cast("SideDataContainer", frame.side_data)  # PyAV's stub calls it a dict; it is a container
    found = [bytes(data) for data in side_data if data.type == SideDataType.DISPLAYMATRIX]
    orientation = orientation_of(found[0] if found else None)
    if orientation is None:
        raise MediaError(
            f'"{path}" is rotated by an angle that is no multiple of 90 degrees: re-encode it upright first.'
        )
    return orientation


def _check_format(path: Path, frame: av.VideoFrame) -> None:
    if not is_read(frame.format.name):
        raise MediaError(
            f'"{path}" has a pixel format ({frame.format.name}) that is not understood: re-encode it first.'
        )


def _colour(path: Path, frame: av.VideoFrame) -> ColourTags:
    tags = tags_of(frame)
    if not matrix_known(tags.matrix):
        raise MediaError(f'"{path}" has a colour matrix ({tags.matrix}) that is not understood: re-encode it first.')
    full = frame.format.name.startswith("yuvj")
    return msgspec.structs.replace(tags, range=2) if full else tags


def square_size(width: int, height: int, ratio: Fraction) -> tuple[int, int]:
    """The size with square pixels of a stored picture: one side grows, none shrinks; even where it grew."""
    if ratio > 1:
        return 2 * round(width * ratio / 2), height
    if ratio < 1:
        return width, 2 * round(height / ratio / 2)
    return width, height


def _upright_size(width: int, height: int, ratio: Fraction, orientation: Orientation) -> tuple[int, int]:
    width, height = square_size(width, height, ratio)
    width, height = width + width % 2, height + height % 2
    return (height, width) if orientation.transpose else (width, height)


def _warnings(video: VideoStream | None, audio: AudioStream | None) -> tuple[str, ...]:
    """Warnings about what is unusual, in plain sentences."""
    if video is None:
        return ("It holds no picture.",)
    fps, ratio = f"{float(video.fps):.2f}", video.sample_aspect_ratio
    stored, shown = f"{video.coded_width} x {video.coded_height}", f"{video.width} x {video.height}"
    said = (
        (video.variable, f"The frame rate is variable (about {fps} fps); every frame keeps its own time."),
        (video.rotation != 0, f"The picture is stored rotated and is shown rotated by {video.rotation} degrees."),
        (video.orientation.mirrored, "The picture is stored mirrored and is shown the right way round."),
        (video.hdr, "The picture is HDR and will be tone-mapped to BT.709."),
        (video.colour.wide and not video.hdr, "The picture has wide-gamut colours and will be converted to BT.709."),
        (video.bit_depth > 8, f"The picture has {video.bit_depth} bits a channel and will be written with 8."),
        (video.interlaced, "The picture is interlaced and will be deinterlaced, one frame for each stored frame."),
        (ratio != 1, f"The pixels are not square ({ratio}); the picture will be scaled to {shown}."),
        (_odd(video), f"The size is odd ({stored}); the edge will be repeated to make it even."),
        (audio is None, "The clip has no sound."),
    )
    return tuple(sentence for true, sentence in said if true)


def _odd(video: VideoStream) -> bool:
    width, height = square_size(video.coded_width, video.coded_height, video.sample_aspect_ratio)
    return bool((width | height) & 1)


def require_video(path: Path, streams: Streams = AUTOMATIC) -> MediaInfo:
    """`probe`, for a clip: raises MediaError where there is no picture."""
    info = probe(path, streams=streams)
    if info.video is None:
        raise MediaError(f'"{path}" holds sound but no picture: give a video as the clip.')
    return info


def require_audio(path: Path, streams: Streams = AUTOMATIC) -> MediaInfo:
    """`probe`, for a voice, whose picture does not matter: raises MediaError where there is no sound."""
    info = probe(path, need_picture=False, streams=streams)
    if info.audio is None:
        with open_input(path) as container:
            if container.streams.audio:
                raise unknown_sound(path, container)
        raise MediaError(f'"{path}" holds a picture but no sound: give a recording as the voice.')
    return info
