"""Copying what an export keeps of a clip beside picture and sound: further tracks, chapters, tags, timecode."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from app.engine.media.carried import KEPT_TAGS, timecode_fits
from app.engine.media.media_info import MediaInfo
from app.engine.media.opening import damaged, open_input
from app.engine.media.subtitles import SubtitleRewriter


class TrackCopy:
    """The stretch from `start` to `stop` of what a clip carries, on its way into an export; closed by `close`.

    Packets are copied as they are, but for subtitles of text that become those of the container; their times count
    from `start` (seconds of the clip). Raises MediaError where the clip cannot be read.
    """

    def __init__(
        self, path: Path, info: MediaInfo, start: Fraction = Fraction(0), stop: Fraction | None = None
    ) -> None:
        self._path, self._info, self._start, self._stop = path, info, start, stop
        self._tracks = [track for track in info.carried.tracks if track.kept]
        self._stack = ExitStack()
        self._out: dict[int, Any] = {}
        self._texts: dict[int, SubtitleRewriter] = {}
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._next: Packet[Stream] | None = None

    @property
    def timecode_kept(self) -> bool:
        """Whether the clip's timecode is written: for what begins with it, at a rate that it can count."""
        video, timecode = self._info.video, self._info.carried.timecode
        if not timecode or video is None or self._start:
            return False
        return timecode_fits(timecode, video.fps, video.variable)

    @property
    def lost(self) -> tuple[str, ...]:
        """Plain sentences on what the export has not."""
        unread = sum(text.unread for text in self._texts.values())
        said = (f"Subtitles of the clip that cannot be read and are not written: {unread}.",) if unread else ()
        return self._info.carried.lost(self.timecode_kept) + said

    def tags(self) -> dict[str, str]:
        """Tags of the file, such as title and date."""
        tags = {name: value for name, value in self._info.carried.tags if name.lower() in KEPT_TAGS}
        return tags | ({"timecode": self._info.carried.timecode} if self.timecode_kept else {})

    def add_to(self, container: OutputContainer) -> None:
        """Adds streams and chapters; call it after those of picture and sound, before anything is written."""
        source = self._stack.enter_context(open_input(self._path))
        for track in self._tracks:
            stream = source.streams[track.stream]
            if track.rewritten:
                text = self._texts[track.stream] = SubtitleRewriter(stream)
                out = text.add_to(container)
            else:
                out = container.add_stream_from_template(stream)
            out.disposition = Disposition(0)
            out.metadata.update({"language": track.language} if track.language else {})
            self._out[track.stream] = out
        if source.chapters():
            container.set_chapters(list(self._chapters(source.chapters())))
        if self._out:
            self._packets = self._copied(source.demux([source.streams[index] for index in self._out]))
        self._next = next(self._packets, None)

    def write(self, container: OutputContainer, until: Fraction | None) -> None:
        """Copies what begins before `until` seconds of the export; None: all that is left."""
        while self._next is not None:
            packet = self._next
            assert packet.pts is not None
            if until is not None and packet.pts * packet.time_base >= until:
                return
            container.mux(packet)
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Closes the clip."""
        self._packets, self._next = iter(()), None
        self._stack.close()

    def _copied(self, packets: Iterator[Packet[Stream]]) -> Iterator[Packet[Stream]]:
        """The packets of the stretch, with the export's times."""
        try:
            for packet in packets:
                if not packet.size or packet.pts is None:
                    continue
                text = self._texts.get(packet.stream.index)
                kept = packet if text is None else text.rewritten(packet)
                if kept is not None and self._moved(kept, packet.stream.type == "subtitle"):
                    kept.stream = self._out[packet.stream.index]
                    yield kept
        except av.error.FFmpegError as error:
            raise damaged(self._path, "its further tracks cannot be read to the end") from error

    def _moved(self, packet: Packet[Stream], lasting: bool) -> bool:
        """Gives a packet its time in the export; whether it lies there. `lasting`: it is shown for its duration."""
        assert packet.pts is not None
        shift = round((self._info.origin + self._start) / packet.time_base)
        pts = packet.pts - shift
        if lasting and pts < 0 < pts + (packet.duration or 0):
            packet.duration, pts = (packet.duration or 0) + pts, 0  # it is on screen when the stretch begins
        packet.pts = packet.dts = pts
        end = math.inf if self._stop is None else (self._stop - self._start) / packet.time_base
        return 0 <= pts < end

    def _chapters(self, chapters: list[Any]) -> Iterator[Any]:
        """Those that lie in the stretch, cut to it."""
        for chapter in chapters:
            base = chapter["time_base"]
            shift = round((self._info.origin + self._start) / base)
            first, last = max(0, chapter["start"] - shift), chapter["end"] - shift
            if self._stop is not None:
                last = min(last, math.floor((self._stop - self._start) / base))
            if last > first:
                yield {**chapter, "start": first, "end": last}
