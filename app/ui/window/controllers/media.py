"""Opens in the background what the project names: clip, voice, the clip's faces, its proxy; the first segment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core import edits
from app.core.errors import UserError
from app.core.project import Project
from app.core.settings import Settings
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.load_analysis import load_analysis
from app.engine.files.project_file import Medium, missing_media
from app.engine.media.clip import Clip, Voice, open_clip, open_voice
from app.engine.media.reader import VideoReader
from app.engine.preview.key_frames import proxy_helps
from app.engine.preview.proxy import find_proxy, make_proxy
from app.engine.progress import CancelToken
from app.ui.session import Session
from app.ui.window.backends import Backends
from app.ui.window.reports import Reports
from app.workers.jobs import Job, JobProgress, Jobs, JobState

M = TypeVar("M", Clip, Voice)

KNOWN = 6
"""Opened files that are remembered, so that undoing a choice opens nothing anew."""


class Media(QObject):
    """Follows the session's project."""

    missing = Signal(object)
    """tuple of "clip" and "voice": files that the project names and that are not there."""
    proxy_ready = Signal(object)
    """Path or None: the open clip's small copy."""

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        cache: Path,
        reports: Reports,
        settings: Callable[[], Settings],
        backends: Backends,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._cache = session, jobs, cache
        self._reports, self._settings, self._backends = reports, settings, backends
        self._clips: dict[str, Clip] = {}
        self._voices: dict[str, Voice] = {}
        self._running: dict[str, Job] = {}
        self._started: list[Job] = []
        session.reset.connect(self.load)
        session.changed.connect(self._changed)

    def choose_clip(self, path: Path, streams: Streams = AUTOMATIC) -> None:
        """Opens a video and, if it is one, makes it the project's: a step of undoing."""
        self._open("clip", partial(open_clip, streams=streams), path.absolute(), self._take_clip)

    def choose_voice(self, path: Path, streams: Streams = AUTOMATIC) -> None:
        """Opens a sound and, if it is one, makes it the project's voice."""
        self._open("voice", partial(open_voice, streams=streams), path.absolute(), self._take_voice)

    @Slot(object, object)
    def choose_streams(self, file: Clip | Voice, streams: Streams) -> None:
        """Opens the same file with other streams."""
        choose = self.choose_clip if isinstance(file, Clip) else self.choose_voice
        choose(Path(file.path), streams)

    @Slot()
    def load(self) -> None:
        """Another document: its media take the place of the last one's; tells which are not there."""
        self._running.clear()
        for job in self._started:
            self._jobs.forget(job)
        self._started.clear()
        gone = missing_media(self._session.project)
        self._load_clip(gone)
        self._load_voice(gone)
        if gone:
            self.missing.emit(gone)
        QTimer.singleShot(0, self, self._first_segment)  # where both were open already

    @Slot(object)
    def _take_clip(self, clip: Clip) -> None:
        _know(self._clips, clip)
        project = edits.set_clip(self._session.project, clip.path, clip.sha256, clip.streams)
        self._session.apply("Choose video", edits.fit_to_clip(project, clip.whole))
        if self._session.clip is None:
            self._load_clip(())  # the same file again, after it was missing
        self._first_segment()

    @Slot(object)
    def _take_voice(self, voice: Voice) -> None:
        _know(self._voices, voice)
        project = edits.set_voice(self._session.project, voice.path, voice.sha256, voice.streams)
        self._session.apply("Choose new voice", project)
        if self._session.voice is None:
            self._load_voice(())
        self._first_segment()

    @Slot(object, object)
    def _changed(self, old: Project, new: Project) -> None:
        """An edit, or one that was taken back, may name other files."""
        if (old.clip, old.clip_sha256, old.clip_streams) != (new.clip, new.clip_sha256, new.clip_streams):
            self._load_clip(missing_media(new))
        if (old.voice, old.voice_sha256, old.voice_streams) != (new.voice, new.voice_sha256, new.voice_streams):
            self._load_voice(missing_media(new))

    def _load_clip(self, gone: tuple[Medium, ...]) -> None:
        """Puts the project's clip into the session, now or when it is open."""
        project = self._session.project
        self._session.set_clip(None)
        self.proxy_ready.emit(None)
        if not project.clip or "clip" in gone:
            return
        known = self._clips.get(project.clip)
        if known is not None and project.clip_sha256 in ("", known.sha256) and known.streams == project.clip_streams:
            self._set_clip(known)
            return
        self._open("clip", partial(open_clip, streams=project.clip_streams), Path(project.clip), self._clip_opened)

    def _load_voice(self, gone: tuple[Medium, ...]) -> None:
        """Opens the voice in the background, as `_load_clip` opens the clip."""
        project = self._session.project
        self._session.set_voice(None)
        if not project.voice or "voice" in gone:
            return
        known = self._voices.get(project.voice)
        if known is not None and project.voice_sha256 in ("", known.sha256) and known.streams == project.voice_streams:
            self._session.set_voice(known)
            return
        self._open("voice", partial(open_voice, streams=project.voice_streams), Path(project.voice), self._voice_opened)

    @Slot(object)
    def _clip_opened(self, clip: Clip) -> None:
        project = self._session.project
        if project.clip == clip.path:
            _know(self._clips, clip)
            self._compare(clip.path, project.clip_sha256, clip.sha256)
            self._set_clip(clip)
            self._first_segment()

    @Slot(object)
    def _voice_opened(self, voice: Voice) -> None:
        project = self._session.project
        if project.voice == voice.path:
            _know(self._voices, voice)
            self._compare(voice.path, project.voice_sha256, voice.sha256)
            self._session.set_voice(voice)
            self._first_segment()

    def _compare(self, path: str, expected: str, found: str) -> None:
        """Says so where a file is not the one that the project was made with."""
        if expected and expected != found:
            self._reports.notice(
                f'"{path}" is not the file that this project was made with: its content has changed. '
                "Check the segments, or link the right file (File > Relink media)."
            )

    def _set_clip(self, clip: Clip) -> None:
        self._session.set_clip(clip)
        self.find_faces()

    @Slot()
    def _first_segment(self) -> None:
        """A new project dubs all that the voice covers: a step of its own, never inside another one."""
        session, clip, voice = self._session, self._session.clip, self._session.voice
        if session.project.segments is not None or clip is None or voice is None:
            return
        nothing = msgspec.structs.replace(session.project, segments=())
        offset = session.project.offset
        spoken = clip.whole.intersect(TimeRange(offset, offset + voice.duration))
        made = nothing
        if spoken is not None and spoken.duration >= edits.SHORTEST:
            made = edits.dub_all(nothing, spoken)
        else:
            self._reports.notice("The new voice lies outside the video: move it into it, then dub (Ctrl+D).")
        session.fill_in("Dub what the voice covers", made)
        session.select(made.segments[0].id if made.segments else None)

    def find_faces(self) -> None:
        """Looks for the faces of the open clip with the detector of the settings."""
        clip, detector, cache = self._session.clip, self._settings().detector, self._cache
        if clip is None:
            return
        make = partial(self._backends.make_detector, detector)
        self._session.set_analysis(None)

        def find(progress: JobProgress, cancel: CancelToken) -> FaceAnalysis:
            with VideoReader(Path(clip.path), clip.times) as reader:
                return load_analysis(reader, detector, make, cache, progress, cancel)[0]

        job = self._start(f"Faces of {Path(clip.path).name}", "faces", find, partial(self._faces_found, clip))
        if job is not None:
            job.finished.connect(partial(self._look_for_proxy, clip, job))

    def _faces_found(self, clip: Clip, analysis: FaceAnalysis) -> None:
        if self._session.clip is clip:
            self._session.set_analysis(analysis)
            if not analysis.face_count:
                self._reports.notice(f'No face was found in "{clip.path}": nothing can be dubbed in it.')

    def _look_for_proxy(self, clip: Clip, faces: Job) -> None:
        """Makes the small copy once the faces are known: both at once would be slower for what is seen first."""
        if faces.state is JobState.CANCELLED or self._session.clip is not clip or not self._settings().proxies:
            return

        def find_or_make(progress: JobProgress, cancel: CancelToken) -> Path | None:
            wanted = find_proxy(clip, self._cache) is not None or proxy_helps(clip)
            return make_proxy(clip, self._cache, progress, cancel) if wanted else None

        self._start(
            f"Proxy of {Path(clip.path).name}",
            "proxy",
            find_or_make,
            lambda made: self.proxy_ready.emit(made) if made and self._session.clip is clip else None,
            quiet=True,
        )

    def _open(
        self, medium: Medium, opener: Callable[[Path, CancelToken], M], path: Path, take: Callable[[M], object]
    ) -> None:
        """Opens a file in the background and hands it on."""
        self._start(f"Open {path.name}", medium, lambda _progress, cancel: opener(path, cancel), take)

    def _start(
        self,
        name: str,
        subject: str,
        work: Callable[[JobProgress, CancelToken], object],
        on_done: Callable[..., object],
        quiet: bool = False,
    ) -> Job | None:
        """Starts a job in place of the one on the same subject that is under way."""
        before = self._running.pop(subject, None)
        if before is not None:
            before.cancel()

        def take(result: object) -> None:
            if self._running.get(subject) is job:
                del self._running[subject]
                on_done(result)

        try:
            job = self._jobs.start(name, subject, work, take)
        except UserError as error:
            self._reports.notice(str(error))
            return None
        self._running[subject] = job
        self._started.append(job)
        job.failed.connect(partial(self._failed, job, self._reports.notice if quiet else self._reports.dialog))
        return job

    def _failed(self, job: Job, tell: Callable[[str, str], object], sentence: str, details: str) -> None:
        """Told where the document that it was for is still open."""
        if job in self._running.values():
            tell(sentence, details)


def _know(known: dict[str, M], one: M) -> None:
    """Remembers an opened file and forgets the oldest one."""
    known[one.path] = one
    while len(known) > KNOWN:
        known.pop(next(iter(known)))
