"""Turning what a decoder gives into the engine's form of a frame; nothing is copied where it already is that.

The steps, each only where needed: deinterlace (bwdif, one frame for each stored one) -> 8-bit yuv420p with square
pixels, wide gamut and HDR mapped to BT.709 (libswscale) -> edge repeated to an even size -> turned upright.
libswscale (since FFmpeg 7.1) maps tones after ITU-R BT.2390 in the ICtCp space; its table takes some seconds to
build once a clip.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
import av.error
import av.filter
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc, Interpolation, VideoReformatter

from app.engine.media.colour import BT709_LIMITED, RANGE_LIMITED, ColourTags, resolve_matrix, swscale_matrix
from app.engine.media.frame import new_frame, plane_view, set_tags
from app.engine.media.pixel_formats import deinterlaced_form, is_grey
from app.engine.media.probe import VideoStream, square_size


def output_tags(video: VideoStream) -> ColourTags:
    """The colour tags of the reader's frames: BT.709 for RGB, wide-gamut and HDR clips, else the source's own."""
    if video.colour.wide or _is_rgb(video):
        return BT709_LIMITED
    return video.colour


def _is_rgb(video: VideoStream) -> bool:
    return av.VideoFormat(video.pixel_format).is_rgb


class Canonicaliser:
    """Brings the frames of one stream into the engine's form; in order, one out for each in."""

    def __init__(self, video: VideoStream) -> None:
        self._video = video
        self._tags = output_tags(video)
        self._scaler = VideoReformatter()
        self._square = square_size(video.coded_width, video.coded_height, video.sample_aspect_ratio)
        self._convert = video.pixel_format not in ("yuv420p", "yuvj420p") or video.sample_aspect_ratio != 1
        self._convert = self._convert or video.colour.wide
        self._grey = is_grey(video.pixel_format) and not video.colour.wide
        self._relabel = video.pixel_format == "yuvj420p" and not self._convert
        self._odd = bool((self._square[0] | self._square[1]) & 1)
        self._form = deinterlaced_form(video.pixel_format)
        self._planar = VideoReformatter()
        self._graph = _deinterlacer(video, self._form) if video.interlaced else None
        self._waiting: deque[tuple[int | None, Fraction | None]] = deque()

    @property
    def plain(self) -> bool:
        """Whether frames pass through untouched."""
        turned = not self._video.orientation.plain
        return not (self._convert or self._relabel or self._odd or turned or self._graph)

    def push(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Takes one decoded frame; gives what is ready (a deinterlacer looks one frame ahead)."""
        if self._graph is None and frame.interlaced_frame:  # a clip may begin with progressive pictures
            self._graph = _deinterlacer(self._video, self._form)
        if self._graph is None:
            yield self._finish(frame)
            return
        self._waiting.append((frame.pts, frame.time_base))
        self._graph.vpush(self._for_deinterlacer(frame))
        yield from self._pull()

    def flush(self) -> Iterator[av.VideoFrame]:
        """Gives what is left at the end; `reset` before the next use."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pull()

    def reset(self) -> None:
        """Forgets frames in between, for a new place in the clip; the dear colour table is kept."""
        self._waiting.clear()
        if self._graph is not None:
            self._graph = _deinterlacer(self._video, self._form)

    def _for_deinterlacer(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame in a form that the deinterlacer takes, with the levels that it has."""
        if frame.format.name == self._form:
            return frame
        matrix, levels = self._source_matrix, self._source_range
        return self._planar.reformat(
            frame,
            format=self._form,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=levels,
            dst_color_range=levels,
        )

    @property
    def _source_matrix(self) -> int:
        video = self._video
        if _is_rgb(video):
            return swscale_matrix(1)
        return swscale_matrix(resolve_matrix(video.colour.matrix, video.coded_width, video.coded_height))

    @property
    def _source_range(self) -> ColorRange:
        return ColorRange.JPEG if _is_rgb(self._video) or self._video.colour.full else ColorRange.MPEG

    def _pull(self) -> Iterator[av.VideoFrame]:
        """Frames that left the deinterlacer, with the time stamps they came in with (it counts half ticks)."""
        assert self._graph is not None
        while self._waiting:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame.pts, time_base = self._waiting.popleft()
            frame.time_base = time_base or self._video.time_base
            yield self._finish(frame)

    def _finish(self, frame: av.VideoFrame) -> av.VideoFrame:
        """All steps after deinterlacing."""
        if self._convert:
            frame = self._converted(frame)
        if self._relabel or self._odd or not self._video.orientation.plain:
            frame = self._rearranged(frame)
        set_tags(frame, self._tags)
        return frame

    def _converted(self, frame: av.VideoFrame) -> av.VideoFrame:
        """8-bit yuv420p of the square size, in the colours of `output_tags`."""
        video = self._video
        if self._grey:
            return self._of_grey(frame)
        wide = video.colour.wide
        source = self._source_matrix
        target_range = ColorRange.MPEG if self._tags.range <= RANGE_LIMITED else ColorRange.JPEG
        if not _is_rgb(video):
            set_tags(frame, video.colour)
        return self._scaler.reformat(
            frame,
            width=self._square[0],
            height=self._square[1],
            format="yuv420p",
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,
            src_colorspace=source,
            dst_colorspace=swscale_matrix(1) if wide else source,
            src_color_range=self._source_range,
            dst_color_range=target_range,
            dst_color_trc=ColorTrc.BT709 if wide else None,
            dst_color_primaries=ColorPrimaries.BT709 if wide else None,
        )

    def _of_grey(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The samples as they are: libswscale takes those of a single plane for full range whatever it is told."""
        width, height = self._square
        grey = self._scaler.reformat(
            frame, width=width, height=height, format="gray", interpolation=Interpolation.BICUBIC
        )
        chroma = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
        picture = new_frame([plane_view(grey, 0), chroma, chroma], frame)
        set_tags(picture, self._tags)
        return picture

    def _rearranged(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Samples moved, never changed: the edge repeated to an even size, then turned upright."""
        planes = [plane_view(frame, index) for index in range(3)]
        height, width = planes[0].shape
        if (width | height) & 1:  # chroma planes of an odd picture are rounded up already
            planes[0] = np.pad(planes[0], ((0, height & 1), (0, width & 1)), mode="edge")
        return new_frame([self._video.orientation.apply(plane) for plane in planes], frame)


def _deinterlacer(video: VideoStream, form: str) -> av.filter.Graph:
    """A graph of buffer -> bwdif -> buffersink for frames of that format; only those marked interlaced are touched."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=video.coded_width,
        height=video.coded_height,
        format=av.VideoFormat(form),
        time_base=video.time_base,
    )
    bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    graph.link_nodes(source, bwdif, graph.add("buffersink")).configure()
    return graph


def check_unchanged(video: VideoStream, frame: av.VideoFrame) -> bool:
    """Whether a decoded frame still has the size and format that the stream began with."""
    return (frame.width, frame.height, frame.format.name) == (
        video.coded_width,
        video.coded_height,
        video.pixel_format,
    )
