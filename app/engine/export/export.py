"""Whole-project render: analysis, references, fit check, picture and sound into one file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec

from app.core.errors import MediaError
from app.core.project import Project, Segment, Take
from app.core.streams import Streams
from app.core.text import face_name
from app.core.timebase import TimeRange, floor_pts, format_time, frame_ticks, to_pts
from app.engine.dub.dubbing import DubbedSegment, NewVoice, Notify, OwnVoices, Pipeline, held, load_voice
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.fit_check import check_fit
from app.engine.dub.reference_choice import References, choose_references
from app.engine.dub.report import DubReport, FitCheck, Span
from app.engine.export.export_cut import Cut, cut_of
from app.engine.export.nearby import nearby_frames
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.audio import Wav
from app.engine.media.bed import build_bed, mix_rate, original_heard
from app.engine.media.clip import picture_stop
from app.engine.media.encoders import EncoderSettings
from app.engine.media.limiter import LimiterLog
from app.engine.media.output import check_output, check_room, estimate_bytes
from app.engine.media.reader import VideoReader
from app.engine.media.track_copy import TrackCopy
from app.engine.media.writer import VideoWriter
from app.engine.ports import Dubber, LandmarkDetector
from app.engine.progress import CancelToken, Progress, StageClock, no_progress
from app.engine.provenance.credentials import credentials_for
from app.engine.provenance.signing import sign
from app.engine.provenance.statement import Facts, Statement
from app.engine.sound.decoded import decode_cached, sound_form
from app.engine.sound.extent import placed_segments, shown_until

ROUNDING = Fraction(1, 1000)
"""Seconds by which a range may end after the clip: times are shown to people in whole milliseconds."""
NEARBY = f"Faces were looked for near the dubbed ranges only: {face_name(0)} is the most prominent one there."
PROVENANCE = "The lips in this picture were re-synthesised to another voice by Redub (RADIO)."
"""Written into the comment of every export: a dub says that it is one."""


class Tools(msgspec.Struct, frozen=True):
    """What an export works with."""

    dubber: Dubber
    detector_name: str
    make_detector: Callable[[], LandmarkDetector]
    """Makes a detector; called only if the clip's faces are not known yet."""
    cache: Path
    """Folder of what is kept between runs: face analyses, sound for the network."""
    encoder: EncoderSettings
    progress: Progress = no_progress
    cancel: CancelToken = msgspec.field(default_factory=CancelToken)
    notify: Notify = lambda _sentence: None
    signing: Path | None = None
    """Folder of the installation's own certificate and key; None leaves exports unsigned."""
    statement: Statement = Statement()
    """What the user declares of the dub."""
    nearby: bool = False
    """Whether faces are looked for only near what is dubbed, where that is enough: for who has not seen them yet."""


def export(
    project: Project, target: Path, tools: Tools, overwrite: bool = False, span: TimeRange | None = None
) -> DubReport:
    """Renders the project into `target` and tells what was done.

    With a `span` (seconds of the clip) only that part is written, from the frame on screen at its start to the last
    one that appears before its end; the file's time stamps begin at 0, and its sound is that of the whole export, cut
    alike. Raises MediaError and FaceError for what cannot be used, Cancelled when asked to stop; in either case
    nothing stands under `target` that was not there before.
    """
    clock = StageClock()
    clip, voice = Path(project.clip), Path(project.voice)
    check_output(target, overwrite, (clip, voice))
    with VideoReader(clip, streams=project.clip_streams) as reader:
        cut = cut_of(reader, span)
        check_room(target.parent, _bytes_needed(reader, cut))
        run = _Export(project, reader, tools, clock, cut)
        return run.render(target)


class _Export:
    """An export in progress."""

    def __init__(self, project: Project, reader: VideoReader, tools: Tools, clock: StageClock, cut: Cut) -> None:
        self._project, self._reader, self._tools, self._clock, self._cut = project, reader, tools, clock, cut
        self._step = frame_ticks(reader.video.time_base, reader.video.fps)
        self._limiter = LimiterLog()
        # asked for before anything is drawn: what is wrong with a key is better known now than in an hour
        self._credentials = None if tools.signing is None else credentials_for(tools.statement, tools.signing)
        self._sound_warnings: list[str] = []
        sounds, streams = tools.cache / "sound", project.voice_streams
        self._voice = load_voice(Path(project.voice), project.offset, sounds, tools.dubber, tools.notify, streams)
        self._own_voices = OwnVoices(sounds, tools.dubber, tools.notify)
        self._picture_stop = picture_stop(reader.info, reader.timestamps[-1], reader.video.time_base, reader.video.fps)
        self._check_placement()
        self._stop = self._end_of_all()
        self._segments = placed_segments(project, self._picture_stop, self._stop)
        self._written = tuple(segment for segment in self._segments if cut.holds(segment.range))
        self._more = TrackCopy(reader.path, reader.info, cut.start, cut.stop)
        self._references: dict[tuple[int, Fraction | None], References] = {}
        if not self._written:
            raise MediaError(
                f'"{project.clip}" has no dubbed segment in the range to be exported: choose a range with one, '
                "or add one."
            )

    def render(self, target: Path) -> DubReport:
        """Everything from the faces to the renamed file."""
        analysis, called = self._find_faces()
        plans = {
            face: FacePlan(analysis, face, self._tools.dubber.crop_size, self._project.clip)
            for face in {segment.face for segment in self._written}
        }
        with self._clock.stage("network"):
            parts = tuple(self._prepare(segment, plans[segment.face]) for segment in self._written)
            fit = self._fit(parts)
        frames, dubbed = self._write(
            target,
            Pipeline(
                parts, self._voice, self._tools.dubber, self._clock, self._tools.cancel, self._tools.encoder.matte
            ),
        )
        return self._report(target, analysis, called, parts, fit, frames, dubbed)

    def _find_faces(self) -> tuple[FaceAnalysis, bool]:
        """The clip's faces, near what is dubbed where that is enough; and whether a detector was called."""

        def load(parts: Sequence[range]) -> tuple[FaceAnalysis, bool]:
            tools = self._tools
            return load_analysis(
                self._reader,
                tools.detector_name,
                tools.make_detector,
                tools.cache,
                tools.progress,
                tools.cancel,
                self._clock,
                parts,
            )

        parts = nearby_frames(self._reader, self._written) if self._tools.nearby else ()
        if parts:
            analysis, called = load(parts)
            if analysis.face_count:
                self._tools.notify(NEARBY)
                return analysis, called
        return load(())

    def _end_of_all(self) -> Fraction:
        """Seconds at which the last frame ends, or the voice where the last frame is held for it."""
        last_frame = self._reader.timestamps[-1] * self._reader.video.time_base
        return shown_until(self._project, self._picture_stop, last_frame, self._voice.duration, self._cut.stop)

    def _check_placement(self) -> None:
        """Raises MediaError for no segments, ranges beyond the clip or a voice that never meets them."""
        segments = self._project.segments_of(TimeRange(Fraction(0), self._picture_stop))
        if not segments:
            raise MediaError(f'"{self._project.clip}" has no segment, so nothing would be dubbed: add one.')
        for segment in segments:
            if segment.range.start < 0 or segment.range.stop > self._picture_stop + ROUNDING:
                raise MediaError(
                    f'"{self._project.clip}" lasts from 0 to {format_time(self._picture_stop)}: the range '
                    f"{format_time(segment.range.start)} to {format_time(segment.range.stop)} reaches beyond it; "
                    "give one inside."
                )
        if not any(self._spoken(segment).overlaps(segment.range) for segment in segments):
            raise MediaError(
                f'"{self._project.voice}" is never heard in the dubbed ranges at an offset of '
                f"{float(self._project.offset):g} s; give an offset that places it there."
            )

    def _spoken(self, segment: Segment) -> TimeRange:
        """Where the voice lies for a segment, in seconds of the clip."""
        voice = self._own_voice(segment) or self._voice.placed(segment.offset)
        return TimeRange(voice.offset, voice.stop)

    def _own_voice(self, segment: Segment) -> NewVoice | None:
        return self._own_voices.of(segment, self._project.offset_of(segment))

    def _prepare(self, segment: Segment, plan: FacePlan) -> DubbedSegment:
        """A segment with its references, which segments of one face share."""
        wanted = segment.face, segment.reference
        if wanted not in self._references:
            self._references[wanted] = choose_references(self._reader, plan, segment, self._tools.dubber)
        return DubbedSegment(segment, plan, self._references[wanted], self._own_voice(segment))

    def _fit(self, parts: tuple[DubbedSegment, ...]) -> FitCheck:
        """The fit check of the first segment; its sentence is told to the user."""
        part = parts[0]
        sound = self._tools.cache / "sound"
        fit = check_fit(self._reader, part.plan, part.segment, part.references, self._tools.dubber, sound)
        self._tools.notify(fit.sentence)
        return fit

    def _write(self, target: Path, pipeline: Pipeline) -> tuple[int, int]:
        """Encodes picture and sound; returns (frames, dubbed frames)."""
        reader, dubbed = self._reader, 0
        more, step = self._stop - self._picture_stop, self._step * reader.video.time_base
        total, first = self._cut.frames + math.ceil(more / step), to_pts(self._cut.start, reader.video.time_base)
        end = self._stop if self._cut.stop is None else self._cut.stop
        with self._writer(target) as writer:
            frames = reader.frames(self._cut.start, self._cut.stop)
            decoded = self._clock.timed("decode", held(frames, self._stop, self._step) if more else frames)
            for frame in pipeline.run(decoded):
                with self._clock.stage("encode"):
                    ticks = ticks_until(end, frame.pts, reader.video.time_base)
                    writer.write(frame.yuv, frame.pts - first, ticks, frame.matte)
                dubbed += frame.dubbed
                self._tools.progress("dubbing", writer.frames_written + 1, total)
            with self._clock.stage("encode"):
                writer.commit()
            return writer.frames_written, dubbed

    def _writer(self, target: Path) -> VideoWriter:
        """The encoder with the audio bed behind it."""
        reader, project, more = self._reader, self._project, self._more
        voice, original, takes = self._sounds()
        self._audio_rate = voice.rate
        bed = build_bed(
            voice.path,
            original and original.path,
            self._stop,
            project.offset,
            tuple(segment.range for segment in self._segments),
            project.original_audio,
            offsets=tuple(project.offset_of(segment) for segment in self._segments),
            voices=tuple(takes[take].path if (take := s.own_voice) else voice.path for s in self._segments),
            voice_gain_db=project.voice_mix.gain_db,
            original_gain_db=project.original_mix.gain_db,
            span=self._cut.of(TimeRange(Fraction(0), self._stop)),
            log=self._limiter,
        )
        return VideoWriter(
            target,
            reader.size,
            reader.video.time_base,
            reader.video.fps,
            settings=self._tools.encoder,
            audio_rate=voice.rate,
            audio_channels=max(wav.channels for wav in (voice, original, *takes.values()) if wav is not None),
            sound=bed,
            metadata={"comment": PROVENANCE},
            more=more,
            seal=self._sealed(target),
        )

    def _sealed(self, target: Path) -> Callable[[Path], None] | None:
        """What signs the whole file; None where it stays unsigned."""
        credentials = self._credentials
        if credentials is None:
            return None
        takes = {take.path: None for segment in self._written if (take := segment.own_voice) is not None}
        facts = Facts(
            title=target.name,
            clip=str(self._reader.path),
            voices=(self._project.voice, *takes),
            weights=self._tools.dubber.weights_name,
            weights_sha256=self._tools.dubber.weights_sha256,
            ranges=tuple(self._cut.of(segment.range) for segment in self._written),
        )
        return lambda file: sign(file, facts, self._tools.statement, credentials)

    def _sounds(self) -> tuple[Wav, Wav | None, dict[Take, Wav]]:
        """The voice, the clip's own sound where any of it is heard, and the takes; all at one rate, decoded.

        What cannot be decoded of the clip's own sound is silent, which the report says.
        """
        part = self._cut.of(TimeRange(Fraction(0), self._stop))
        ranges = tuple(segment.range for segment in self._segments)
        own = self._reader.info.audio
        heard = own is not None and original_heard(ranges, part, self._project.original_audio)
        file, streams = Path(self._project.voice), self._project.voice_streams
        form = sound_form(file, streams=streams)
        self._sound_warnings += [f'New voice "{file}": {warning}' for warning in form.warnings]
        takes = {take for segment in self._segments if (take := segment.own_voice) is not None}
        rates = [sound_form(Path(take.path), streams=take.streams).rate for take in takes]
        rate = mix_rate(form.rate, own.rate if own is not None and heard else None, *rates)
        voice = self._decoded(file, rate, streams)
        original = self._decoded(self._reader.path, rate, self._reader.streams, tolerant=True) if heard else None
        if original is not None and original.skipped:
            self._sound_warnings.append(
                f'The sound of "{self._project.clip}" cannot be decoded in {original.skipped} '
                f"{'place' if original.skipped == 1 else 'places'}: it is silent there."
            )
        return voice, original, {take: self._decoded(Path(take.path), rate, take.streams) for take in takes}

    def _decoded(self, file: Path, rate: int | None, streams: Streams, tolerant: bool = False) -> Wav:
        """A file's sound, decoded now or by an earlier run."""
        sound, cancel = self._tools.cache / "sound", self._tools.cancel
        return decode_cached(file, sound, rate, cancel=cancel, tolerant=tolerant, streams=streams)

    def _report(
        self,
        target: Path,
        analysis: FaceAnalysis,
        called: bool,
        parts: tuple[DubbedSegment, ...],
        fit: FitCheck,
        frames: int,
        dubbed: int,
    ) -> DubReport:
        """The figures of the finished dub."""
        dubber, total = self._tools.dubber, self._clock.total()
        limiter = self._limiter.sentence(self._audio_rate)
        stop, voice_stop = self._cut.of(parts[-1].segment.range).stop, self._spoken(parts[-1].segment).stop
        return DubReport(
            clip=self._project.clip,
            voice=self._project.voice,
            output=str(target),
            frames=frames,
            dubbed_frames=dubbed,
            faceless_spans=_faceless(analysis, parts, self._cut),
            seconds={name: round(value, 3) for name, value in self._clock.seconds.items()} | {"total": round(total, 3)},
            frames_per_second=round(frames / total, 2),
            device=dubber.device,
            weights=dubber.weights_name,
            weights_sha256=dubber.weights_sha256,
            detector=f"{analysis.detector} {analysis.detector_version}".strip(),
            detector_called=called,
            encoder=self._tools.encoder.text,
            reference_times=tuple(
                tuple(round(float(item.time), 3) for item in part.references.items) for part in parts
            ),
            cut_seconds=round(float(max(Fraction(0), voice_stop - stop)), 3),
            padded_seconds=round(float(max(Fraction(0), stop - voice_stop)), 3),
            held_seconds=round(float(self._stop - self._picture_stop), 3),
            fit=fit,
            signed_by="" if self._credentials is None else self._credentials.signer,
            warnings=(*self._reader.info.warnings, *self._more.lost, *self._sound_warnings, *filter(None, [limiter])),
        )


def ticks_until(end: Fraction, pts: int, time_base: Fraction) -> int:
    """How long the frame at `pts` is shown if it is the last one before `end` (seconds of the clip); at least 1."""
    return max(1, floor_pts(end, time_base) - pts)


def _faceless(analysis: FaceAnalysis, parts: tuple[DubbedSegment, ...], cut: Cut) -> tuple[Span, ...]:
    """Stretches inside the dubbed ranges that are written in which the face was not found."""
    spans: list[Span] = []
    for part in parts:
        for span in analysis.faceless_spans(part.segment.face):
            shared = cut.of(part.segment.range).intersect(TimeRange(span.start_time, span.stop_time))
            if shared is not None:
                spans.append(Span(round(float(shared.start), 3), round(float(shared.stop), 3), span.reason))
    return tuple(spans)


def _bytes_needed(reader: VideoReader, cut: Cut) -> int:
    """Estimated size of the file in bytes."""
    width, height = reader.size
    share = cut.frames / len(reader.timestamps)
    return estimate_bytes(width, height, cut.frames, share * float(reader.info.duration))
