"""Encoding an export: every frame with its own time stamp, sound in step, one rename at the end."""

from __future__ import annotations

import errno
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import msgspec
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType
from numpy.typing import NDArray

from app.core.errors import MediaError
from app.engine.file_lock import FileLock
from app.engine.media.codecs import AAC_BIT_RATE, codec_of
from app.engine.media.colour import RANGE_LIMITED, ColourTags
from app.engine.media.compose import Matte, write_matte
from app.engine.media.encoder_input import FrameConverter, pcm_samples
from app.engine.media.encoders import EncoderSettings, encoder_options, frame_format
from app.engine.media.frame import tags_of
from app.engine.media.opening import ffmpeg_name
from app.engine.media.output import container_format, publish
from app.engine.media.track_copy import TrackCopy
from app.engine.replacing import claim, sweep, temporary_beside

Samples = NDArray[np.float32]
"""n x channels, in [-1, 1]."""

# ISO/IEC 14496-3, table 1.18: the sampling frequencies that AAC knows.
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)

_LAYOUTS = {1: "mono", 2: "stereo"}


def aac_rate(rate: int) -> int:
    """The rate that sound of `rate` is written at: its own, or the next higher that AAC knows (96 kHz at most)."""
    return next((known for known in _AAC_RATES if known >= rate), _AAC_RATES[-1])


class VideoWriter:
    """Writes one export; a context manager that leaves either the whole file or nothing.

    On a clean exit the temporary file is finished, checked and renamed to `target`; on an exception it is
    removed. Frames are yuv420p of one size; their time stamps ascend and count ticks of `time_base` from the
    beginning of the sound. Each stamp comes out as it went in. What the settings ask for beyond 4:2:0 is
    converted here, with the same colours; codecs for finishing are written in limited range, which is the only
    one that programs expect of them. Raises MediaError where the disk is full or the encoder refuses, ValueError
    for misuse.

    `sound`, where given, is pulled in step with the picture, so that the file is interleaved and memory
    bounded; `write_audio` is for those who push it themselves, in step too.
    """

    def __init__(
        self,
        target: Path,
        size: tuple[int, int],
        time_base: Fraction,
        fps: Fraction,
        *,
        settings: EncoderSettings | None = None,
        tags: ColourTags | None = None,
        audio_rate: int | None = None,
        audio_channels: int = 2,
        sound: Iterable[Samples] | None = None,
        metadata: Mapping[str, str] | None = None,
        more: TrackCopy | None = None,
        seal: Callable[[Path], None] | None = None,
    ) -> None:
        """`fps` (the average) guides rate control alone; `tags` None takes the first frame's colour tags.

        `audio_rate` None makes a file without sound; 1 or 2 channels. `more` is what else goes into the file; it is
        closed here. `seal` is called with the whole file before it gets its name.
        """
        if (size[0] | size[1]) & 1:
            raise ValueError(f"an export has an even size, not {size[0]} x {size[1]}")
        if sound is not None and audio_rate is None:
            raise ValueError("sound needs a rate")
        self.target = target
        self.temporary = temporary_beside(target, keep_suffix=True)
        self._size, self._time_base, self._fps = size, time_base, fps
        self._settings = settings or EncoderSettings()
        self._tags = None if tags is None else self._tags_out(tags)
        self._converter: FrameConverter | None = None
        self._audio_rate, self._channels = audio_rate, audio_channels
        self._sound: Iterator[Samples] | None = iter(sound) if sound is not None else None
        self._more = more
        self._seal = seal
        self._metadata = (more.tags() if more is not None else {}) | dict(metadata or {})
        self._container: OutputContainer | None = None
        self._claim: FileLock | None = None
        self._held: tuple[av.VideoFrame, int, Matte | None] | None = None
        self._durations: dict[int, int] = {}
        self._shown: tuple[int, int] | None = None
        self._first_dts = 0
        self._late: av.Packet[av.VideoStream] | None = None
        self._last_step = max(1, round(1 / (fps * time_base)))
        self._samples = 0
        self.frames_written = 0

    def __enter__(self) -> Self:
        """Creates the temporary file."""
        sweep(self.temporary.parent)
        self._claim = claim(self.temporary)
        try:
            with self._errors():
                self._container = av.open(
                    ffmpeg_name(self.temporary),
                    "w",
                    format=container_format(self.target),
                    options=self._muxer_options(),
                )
                self._container.metadata.update(self._metadata)
                self._video = self._add_video(self._container)
                self._audio = self._add_audio(self._container)
                if self._more is not None:
                    self._more.add_to(self._container)
        except BaseException:
            self.abort()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commits what is not yet committed, or removes what was written where there was an exception."""
        if kind is not None:
            self.abort()
        elif self._container is not None:
            self.commit()

    def write(self, frame: av.VideoFrame, pts: int, duration: int | None = None, matte: Matte | None = None) -> None:
        """Encodes a frame that appears at `pts`; `duration` in ticks matters for the last frame alone.

        Without it the last frame lasts as long as the one before it. `matte` is for settings with one: without it the
        frame is transparent there.
        """
        if (frame.width, frame.height, frame.format.name) != (*self._size, "yuv420p"):
            raise ValueError(f"expected a yuv420p frame of {self._size}, got {frame}")
        if self._held is not None:
            if pts <= self._held[1]:
                raise ValueError(f"time stamps ascend, but {pts} came after {self._held[1]}")
            self._last_step = pts - self._held[1]
            self._encode_held(self._last_step)
        elif self._tags is None:
            self._apply_tags(self._tags_out(tags_of(frame)))
        if duration is not None:
            self._last_step = duration
        self._held = frame, pts, matte

    def write_audio(self, chunk: Samples) -> None:
        """Encodes n x channels samples in [-1, 1] that follow those before; the first one sounds at time 0."""
        if self._audio is None or self._audio_rate is None:
            raise ValueError("this export was opened without sound")
        if chunk.ndim != 2 or chunk.shape[1] != self._channels:
            raise ValueError(f"expected n x {self._channels} samples, got {chunk.shape}")
        if not len(chunk):
            return
        frame = self._sound_frame(chunk)
        frame.sample_rate = self._audio_rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._audio_rate)
        self._samples += len(chunk)
        with self._errors():
            self._open().mux(self._audio.encode(frame))

    def _sound_frame(self, chunk: Samples) -> av.AudioFrame:
        """The samples as the encoder of the sound takes them."""
        layout = _LAYOUTS[self._channels]
        if self._settings.sound == "aac":
            return av.AudioFrame.from_ndarray(np.ascontiguousarray(chunk.T, np.float32), "fltp", layout)
        return av.AudioFrame.from_ndarray(pcm_samples(chunk).reshape(1, -1), "s32", layout)

    def commit(self) -> None:
        """Finishes the file and puts it under its final name. Raises MediaError and leaves nothing on failure."""
        try:
            self._finish()
            self._verify()
            if self._seal is not None:
                self._seal(self.temporary)
            publish(self.temporary, self.target)
        except BaseException:
            self.abort()
            raise
        self._release()

    def abort(self) -> None:
        """Removes what was written; the target stays as it was."""
        container, self._container = self._container, None
        if container is not None:
            # It is thrown away: that a full disk refuses the trailer too tells nothing new.
            with suppress(av.error.FFmpegError, ValueError):
                container.close()
        with suppress(OSError):  # the folder may be gone or its disk; the error that led here is the one to tell
            self.temporary.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        """Lets go of the clip that tracks are copied from and of the claim on the temporary name."""
        if self._more is not None:
            self._more.close()
        if self._claim is not None:
            self._claim.release()

    def _finish(self) -> None:
        """Encodes what is held, drains the encoders and writes the trailer."""
        if self._held is None:
            raise MediaError(f'Nothing was written to "{self.target}": the clip or range holds no frame.')
        self._encode_held(self._last_step)
        container = self._open()
        with self._errors():
            self._mux_video(None)
            self._pull_sound(None)
            if self._audio is not None and self._samples:
                container.mux(self._audio.encode(None))
            self._copy_more(None)
            container.close()
        self._container = None

    def _verify(self) -> None:
        """Reads the finished file's index back: an error in the last flush to a full disk shows nowhere else."""
        try:
            with av.open(ffmpeg_name(self.temporary), "r") as container:
                entries = container.streams.video[0].index_entries
                good = len(entries) == 0 or entries[-1].pos + entries[-1].size <= self.temporary.stat().st_size
                good = good and container.streams.video[0].frames in (0, self.frames_written)
        except (av.error.FFmpegError, IndexError, OSError):
            good = False
        if not good:
            raise MediaError(f'"{self.target}" could not be written completely: check the disk for space and errors.')

    def _encode_held(self, duration: int) -> None:
        assert self._held is not None
        frame, pts, matte = self._held
        self._durations[pts] = duration
        if self._converter is not None:
            frame = self._converter.convert(frame)
        if self._settings.matte:
            write_matte(frame, matte)
        with self._errors(), _stamped(frame, pts, self._time_base):
            self._mux_video(frame)
        self.frames_written += 1
        self._pull_sound((pts + duration) * self._time_base)
        self._copy_more((pts + duration) * self._time_base)

    def _mux_video(self, frame: av.VideoFrame | None) -> None:
        """Encodes (None: drains) and gives each packet its frame's duration; the last packet waits for the end."""
        for packet in self._video.encode(frame):
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration or 0)
                start, stop = self._shown or (packet.pts, packet.pts)
                self._shown = min(start, packet.pts), max(stop, packet.pts + packet.duration)
            if self._late is None:
                self._first_dts = packet.dts or 0
            else:
                self._open().mux(self._late)
            self._late = packet
        if frame is None and self._late is not None:
            self._stretch_last(self._late)
            self._open().mux(self._late)

    def _stretch_last(self, packet: av.Packet[av.VideoStream]) -> None:
        """Lets the track end where its last frame does.

        MP4 adds up durations in the order of decoding, in which the frame that is shown last need not be the last.
        """
        if self._shown is not None and packet.dts is not None:
            start, stop = self._shown
            packet.duration = max(1, stop - start - (packet.dts - self._first_dts))

    def _pull_sound(self, until: Fraction | None) -> None:
        """Takes sound up to `until` seconds (None: all that is left) from the source given at the start."""
        if self._sound is None or self._audio_rate is None:
            return
        limit = math.inf if until is None else until * self._audio_rate
        while self._samples < limit:
            chunk = next(self._sound, None)
            if chunk is None:
                return
            self.write_audio(chunk)

    def _copy_more(self, until: Fraction | None) -> None:
        """Copies what else goes into the file, up to `until` seconds (None: all that is left)."""
        if self._more is not None:
            with self._errors():
                self._more.write(self._open(), until)

    def _open(self) -> OutputContainer:
        if self._container is None:
            raise ValueError("the writer is not open")
        return self._container

    def _muxer_options(self) -> dict[str, str]:
        """Index in front; time scales in which every tick is a whole number.

        The movie's own time scale (by default 1000) counts the start offset in the edit list; where ticks are
        coarse it is a multiple of theirs, for the sound's end is counted in it too.
        """
        ticks = self._time_base.denominator
        movie = ticks * -(-10_000 // ticks)
        return {"movflags": "+faststart", "video_track_timescale": str(ticks), "movie_timescale": str(movie)}

    def _add_video(self, container: OutputContainer) -> av.VideoStream:
        pixel_format = self._frame_format()
        stream = container.add_stream(
            self._settings.codec, rate=self._fps, options=encoder_options(self._settings), time_base=self._time_base
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = self._size
        stream.pix_fmt = pixel_format
        if pixel_format != "yuv420p":
            self._converter = FrameConverter(pixel_format, self._settings.finishing)
        stream.codec_context.thread_count = self._settings.threads
        if tag := codec_of(self._settings.codec).tag:
            stream.codec_context.codec_tag = tag
        if self._tags is not None:
            self._video = stream
            self._apply_tags(self._tags)
        return stream

    def _frame_format(self) -> str:
        """Raises MediaError where the encoder takes no pictures of ours."""
        try:
            return frame_format(self._settings)
        except ValueError as error:
            raise MediaError(
                f'"{self.target}" cannot be encoded by {self._settings.codec} ({error}): choose another encoder.'
            ) from error

    def _tags_out(self, tags: ColourTags) -> ColourTags:
        """The tags of the file for frames that carry `tags`."""
        narrowed = self._settings.finishing and tags.full
        return msgspec.structs.replace(tags, range=RANGE_LIMITED) if narrowed else tags

    def _apply_tags(self, tags: ColourTags) -> None:
        context = self._video.codec_context
        context.color_primaries = tags.primaries
        context.color_trc = tags.transfer
        context.colorspace = tags.matrix
        context.color_range = tags.range

    def _add_audio(self, container: OutputContainer) -> av.AudioStream | None:
        if self._audio_rate is None:
            return None
        layout = _LAYOUTS[self._channels]
        if self._settings.sound == "aac":
            rate = aac_rate(self._audio_rate)
            stream = container.add_stream("aac", rate=rate, bit_rate=AAC_BIT_RATE, layout=layout)
        else:
            stream = container.add_stream(self._settings.sound, rate=self._audio_rate, layout=layout)
            stream.codec_context.format = av.AudioFormat("s32")
        assert isinstance(stream, av.AudioStream)
        return stream

    def _errors(self) -> _Translated:
        return _Translated(self.target)


class _Translated:
    """Turns FFmpeg's errors inside a `with` into one sentence about the export."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> None:
        """Starts watching for FFmpeg's errors."""

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raises MediaError in place of an FFmpeg or system error."""
        if not isinstance(value, av.error.FFmpegError | OSError):
            return
        if value.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise MediaError(
                f'The disk is full: "{self._target}" needs more space; free some and try again.'
            ) from value
        reason = value.strerror or str(value)
        raise MediaError(f'"{self._target}" cannot be written ({reason}): try another folder or encoder.') from value


@contextmanager
def _stamped(frame: av.VideoFrame, pts: int, time_base: Fraction) -> Generator[None]:
    """Lends the frame another time stamp while it is encoded: it belongs to its reader, which needs its own."""
    before, stored = (frame.pts, frame.pict_type), frame.time_base
    # The source's choice of key frames must not be forced on the encoder.
    frame.pts, frame.time_base, frame.pict_type = pts, time_base, int(PictureType.NONE)
    try:
        yield
    finally:
        frame.pts, frame.pict_type = before
        if stored is not None:
            frame.time_base = stored
