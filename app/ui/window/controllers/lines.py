"""Lines of subtitles, or spoken by Subtitle Edit, into the segments of the open project, and segments as subtitles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.core.cues import cues_of
from app.core.errors import UserError
from app.engine.export.name_template import unique
from app.engine.interchange.lines_import import SUFFIXES, ImportedLines, read_lines, with_lines
from app.engine.interchange.subtitles import FORMATS, write_subtitles
from app.engine.media.clip import Clip
from app.ui.session import Session
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.workers.jobs import Jobs

KIND = "lines"
LINES_FILTER = f"Subtitles and spoken lines ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
SUBTITLE_FILTER = ";;".join(f"{suffix[1:].upper()} subtitles (*{suffix})" for suffix in FORMATS)


class Lines(QObject):
    """The two entries of the File menu."""

    def __init__(
        self, session: Session, jobs: Jobs, reports: Reports, questions: Questions, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._reports, self._questions = session, jobs, reports, questions

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions do, by id."""
        return {"import_lines": self.ask_import, "export_lines": self.ask_export}

    def ask_import(self) -> None:
        """Asks for a file, and reads it beside the window's work; its lines take the place of the segments."""
        clip = self._session.clip
        if clip is None:
            return
        file = self._questions.open_file("Import subtitles", LINES_FILTER, Path(clip.path).parent)
        if file is None:
            return
        voice = unique(file.with_suffix(".wav"))
        job = self._jobs.start(
            f"Lines of {file.name}",
            KIND,
            lambda _progress, _cancel: read_lines(file, voice),
            partial(self._take, clip, file),
        )
        job.failed.connect(self._reports.dialog)

    def ask_export(self) -> None:
        """Asks where to, and writes the segments. Raises UserError where there is none."""
        session = self._session
        cues = cues_of(session.project.segments or ())
        if not cues:
            raise UserError("There is no segment to write as a subtitle: draw one in the Dub lane.")
        named = session.file or Path(session.project.clip)
        target = self._questions.save_file("Segments as subtitles", SUBTITLE_FILTER, Path(f"{named.stem}.srt"))
        if target is None:
            return
        target = target if target.suffix.lower() in FORMATS else target.with_name(f"{target.name}.srt")
        write_subtitles(cues, target)
        self._reports.say(f"{target.name} holds {len(cues)} line{'' if len(cues) == 1 else 's'}.")

    def _take(self, clip: Clip, file: Path, lines: ImportedLines) -> None:
        """The lines become segments, one step of undoing, where their clip is still the open one."""
        session = self._session
        if session.clip is not clip:
            return
        try:
            project, notes = with_lines(session.project, lines, clip.whole)
        except UserError as error:
            self._reports.dialog(str(error))
            return
        session.apply("Import subtitles", project)
        count = len(project.segments or ())
        self._reports.say(f"{file.name}: {count} segment{'' if count == 1 else 's'}.")
        for sentence in notes:
            self._reports.notice(f"{file.name}: {sentence}")
