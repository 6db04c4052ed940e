"""Subtitles of text (SubRip, ASS, WebVTT) put into the form that MP4 and QuickTime hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import av
import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.subtitles.codeccontext import SubtitleCodecContext

FORM = "mov_text"


class SubtitleRewriter:
    """One track on its way into a file."""

    def __init__(self, source: Stream) -> None:
        self._source = source
        self._decoder = cast("SubtitleCodecContext", source.codec_context)
        self._encoder: SubtitleCodecContext | None = None
        self.unread = 0
        """Subtitles that could not be decoded."""

    def add_to(self, container: OutputContainer) -> Any:
        """The new track; call it before anything is written."""
        self._decoder.open(strict=False)  # only then it tells its styles
        out: Any = container.add_stream(FORM)
        self._encoder = cast("SubtitleCodecContext", out.codec_context)
        self._encoder.subtitle_header = self._decoder.subtitle_header
        self._encoder.time_base = out.time_base = self._source.time_base or Fraction(1, 1000)
        return out

    def rewritten(self, packet: Packet[Any]) -> Packet[Any] | None:
        """The subtitle in its new form, at its own time; None for an empty one and one that cannot be read."""
        if self._encoder is None:
            raise ValueError("the track is not in a file yet")
        try:
            shown = self._decoder.decode2(packet)
            if shown is None or not len(shown):
                return None
            made = self._encoder.encode_subtitle(shown)
        except (av.error.FFmpegError, UnicodeDecodeError):
            self.unread += 1
            return None
        made.pts, made.duration, made.time_base = packet.pts, packet.duration, packet.time_base
        return made
