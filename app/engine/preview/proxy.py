"""A proxy: the clip's picture once more, small and all key frames, so that any frame is shown at once.

It holds one frame for each of the clip's, at the same times, and lies in the cache folder under the clip's content
hash. Nothing but the preview and the thumbnails ever looks at it.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import av
import av.error
import msgspec
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import Interpolation, VideoReformatter

from app.core.errors import MediaError
from app.engine.media.clip import Clip
from app.engine.media.frame import VideoFrame, matrix_of, set_tags, tags_of
from app.engine.media.opening import damaged, ffmpeg_name, open_input
from app.engine.media.reader import VideoReader
from app.engine.media.sealed import Seal, seal_file, seal_of
from app.engine.progress import CancelToken, Progress, no_progress
from app.engine.replacing import replacing

PROXY_VERSION = 2
"""Raised whenever a proxy's form changes: older files are then not looked at."""

LINES = 540
"""Pixels along the proxy's shorter side, unless the clip's own is shorter."""

_log = logging.getLogger(__name__)
_OPTIONS = {"preset": "ultrafast", "tune": "fastdecode", "crf": "23"}


class DamagedProxyError(Exception):
    """A proxy that cannot be read or does not fit its clip."""


def proxy_path(clip: Clip, cache: Path) -> Path:
    """Where the clip's proxy lies in the folder `cache`, whether it is there or not."""
    return cache / "proxies" / f"{clip.picture_key}-v{PROXY_VERSION}.mp4"


def find_proxy(clip: Clip, cache: Path) -> Path | None:
    """The clip's proxy, which `make_proxy` has not looked at; None where none was made yet."""
    path = proxy_path(clip, cache)
    return path if path.is_file() else None


def proxy_size(size: tuple[int, int]) -> tuple[int, int]:
    """Even width and height of the proxy of a clip of `size`: the same shape, never larger."""
    scale = min(1.0, LINES / min(size))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return width, height


def make_proxy(clip: Clip, cache: Path, progress: Progress = no_progress, cancel: CancelToken | None = None) -> Path:
    """Makes the clip's proxy, or finds it made and whole; returns its file.

    Written under a temporary name and renamed when whole. Raises MediaError where the clip cannot be decoded to
    its end or the cache folder cannot be written to, Cancelled within a frame of being asked; nothing is left then.
    """
    cancel = cancel or CancelToken()
    target = proxy_path(clip, cache)
    if seal_of(target) is not None:
        return target
    with _cache_errors(cache):
        target.parent.mkdir(parents=True, exist_ok=True)
    reading = VideoReader(Path(clip.path), streams=clip.streams)
    with _cache_errors(cache), replacing(target, durable=True) as temporary, reading as reader:
        _write(reader, clip, temporary, progress, cancel)
        seal_file(temporary, Seal())
    return target


def _write(reader: VideoReader, clip: Clip, temporary: Path, progress: Progress, cancel: CancelToken) -> None:
    """Encodes every frame of the clip into `temporary`."""
    with ExitStack() as stack:
        # The clip's own errors are sentences already; all others here come from the cache's disk.
        stack.enter_context(_cache_errors(temporary.parent))
        container = stack.enter_context(av.open(ffmpeg_name(temporary), "w", format="mp4", options=_muxer(clip)))
        encoder = _Encoder(container, clip)
        written = 0
        for written, frame in enumerate(reader.frames(), 1):
            cancel.check()
            encoder.write(frame)
            progress("proxy", written, clip.count)
        encoder.finish()
    if written != clip.count:
        raise damaged(Path(clip.path), f"{written} of its {clip.count} frames can be decoded")


def _muxer(clip: Clip) -> dict[str, str]:
    """A time scale in which every tick of the clip is a whole number."""
    return {"video_track_timescale": str(clip.time_base.denominator)}


class _Encoder:
    """The proxy's only stream."""

    def __init__(self, container: OutputContainer, clip: Clip) -> None:
        self._container, self._clip = container, clip
        self._size = proxy_size(clip.size)
        self._scaler = VideoReformatter()
        self._stream = container.add_stream("libx264", rate=clip.fps, options=_OPTIONS, time_base=clip.time_base)
        assert isinstance(self._stream, av.VideoStream)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.gop_size, context.max_b_frames = 1, 0
        context.thread_count = 1

    def write(self, frame: VideoFrame) -> None:
        """Scales and encodes one frame at its own time."""
        tags = tags_of(frame.yuv)
        # a matrix that was guessed by the clip's size would be guessed differently by the proxy's
        tags = msgspec.structs.replace(tags, matrix=matrix_of(frame.yuv))
        small = self._scaler.reformat(
            frame.yuv, width=self._size[0], height=self._size[1], interpolation=Interpolation.BILINEAR, threads=1
        )
        if small is frame.yuv:  # the same size: the decoder's own picture, which is not ours to stamp
            small = av.VideoFrame.from_ndarray(frame.yuv.to_ndarray(), "yuv420p")
        set_tags(small, tags)
        small.pts, small.time_base, small.pict_type = frame.pts, self._clip.time_base, int(PictureType.I)
        context = self._stream.codec_context
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        context.colorspace, context.color_range = tags.matrix, tags.range
        self._container.mux(self._stream.encode(small))

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


@contextmanager
def _cache_errors(folder: Path) -> Generator[None]:
    """Turns what the cache's disk refuses into one sentence."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise MediaError(f'The disk of the cache folder "{folder}" is full: free some room and retry.') from error
        reason = error.strerror or str(error)
        raise MediaError(
            f'The cache folder "{folder}" cannot be written to ({reason}): name another one in REDUB_CACHE.'
        ) from error


class ProxyReader:
    """A proxy opened for random access, closed by `close`; for one thread.

    Raises DamagedProxyError where it cannot be read or does not hold one frame for each of the clip's.
    """

    def __init__(self, path: Path, clip: Clip) -> None:
        self._clip = clip
        self._stack = ExitStack()
        try:
            self._container = self._stack.enter_context(open_input(path))
            self._stream = self._container.streams.video[0]
        except (MediaError, IndexError) as error:
            self._stack.close()
            raise DamagedProxyError(f"{path} cannot be opened") from error
        # one thread: with more, a decoder gives a picture only after it was fed the next ones
        self._stream.codec_context.thread_count = 1
        self._ticks = [entry.timestamp for entry in self._stream.index_entries]
        if len(self._ticks) != clip.count:
            self._stack.close()
            raise DamagedProxyError(f"{path} has {len(self._ticks)} frames where the clip has {clip.count}")
        self._next = 0

    def close(self) -> None:
        """Gives decoder and file back."""
        self._stack.close()

    def frame(self, index: int) -> VideoFrame:
        """Frame `index` of the clip, small. Raises DamagedProxyError."""
        try:
            if index != self._next:
                self._container.seek(self._ticks[index], stream=self._stream)
            picture = self._decoded()
        except (av.error.FFmpegError, StopIteration) as error:
            self._next = -1
            raise DamagedProxyError(f"frame {index} of the proxy cannot be decoded") from error
        self._next = index + 1
        return VideoFrame(picture, self._clip.pts[index], self._clip.time_base, index)

    def _decoded(self) -> av.VideoFrame:
        """The next packet's picture."""
        packet = next(packet for packet in self._container.demux(self._stream) if packet.size)
        pictures = packet.decode()
        if not pictures:
            pictures = self._stream.codec_context.decode(None)
            self._stream.codec_context.flush_buffers()
        return next(iter(pictures))


class ProxySlot:
    """The proxy of a clip where there is one, closed by `close`; for one thread.

    A damaged proxy, or one that does not fit its clip, is done without, which is logged. Its file is removed, so that
    it is made anew when the clip is opened next.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._path: Path | None = None
        self._reader: ProxyReader | None = None

    def set(self, path: Path | None) -> None:
        """The proxy is there, or is not any more."""
        self.close()
        self._path = path
        if path is not None:
            try:
                self._reader = ProxyReader(path, self._clip)
            except DamagedProxyError as error:
                self._discard(error)

    def frame(self, index: int) -> VideoFrame | None:
        """Frame `index` of the clip, small; None where there is no proxy, or no whole one."""
        if self._reader is None:
            return None
        try:
            return self._reader.frame(index)
        except DamagedProxyError as error:
            self._discard(error)
            return None

    def close(self) -> None:
        """Gives decoder and file back."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _discard(self, error: DamagedProxyError) -> None:
        """Gives a proxy up for good."""
        self.close()
        _log.warning("%s; it is done without and made anew when the clip is opened next", error)
        assert self._path is not None
        try:
            self._path.unlink(missing_ok=True)
        except OSError as refused:  # such as on Windows, where another thread has it open
            _log.warning("The damaged proxy %s cannot be removed: %s", self._path, refused)
