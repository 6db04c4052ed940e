"""Voices of their own for the selected segments: added from a file, compared, kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.core import edits
from app.core.errors import UserError
from app.core.project import Segment, Take
from app.engine.media.take_file import take_of
from app.ui.kit.file_kinds import VOICE_FILTER
from app.ui.kit.text import heard_text
from app.ui.session import Session
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.workers.jobs import Jobs

KIND = "take"


class Takes(QObject):
    """The entries of the Edit menu that are about takes."""

    def __init__(
        self, session: Session, jobs: Jobs, reports: Reports, questions: Questions, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._reports, self._questions = session, jobs, reports, questions

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions do, by id. They raise UserError where they cannot be done here."""
        return {
            "add_take": self.ask_take,
            "speaker_voice": self.ask_speaker,
            "next_take": self.next,
            "keep_take": self.keep,
        }

    def ask_take(self) -> None:
        """Asks for a sound that the selected segments can be dubbed to."""
        self._selected()
        self._ask("Choose a take of the voice", self._session.chosen)

    def ask_speaker(self) -> None:
        """Asks for a sound for all segments of the selected one's speaker."""
        speaker = self._selected().speaker
        if not speaker:
            raise UserError("Nobody is named as the speaker of this segment: write the name into the inspector first.")
        ids = [one.id for one in self._session.project.segments or () if one.speaker == speaker]
        self._ask(f"Choose the voice of {speaker}", ids)

    def next(self) -> None:
        """The selected segment is heard with its next take, or the project's voice again."""
        segment, session = self._selected(), self._session
        session.apply("Compare takes", edits.next_take(session.project, segment.id))
        following = session.project.segment(segment.id)
        assert following is not None, "it was changed, not removed"
        self._reports.say(f"Heard now: {heard_text(following)}.")

    def keep(self) -> None:
        """The takes that are not heard go from the selected segments."""
        self._selected()
        self._session.apply("Keep this take", edits.keep_take(self._session.project, self._session.chosen))

    def _selected(self) -> Segment:
        segment = self._session.selected
        if segment is None:
            raise UserError("No segment is selected: click one in the Dub lane.")
        return segment

    def _ask(self, title: str, ids: Collection[int]) -> None:
        """Asks for a file and reads it beside the window's work."""
        before = self._session.project
        start = Path(before.voice or before.clip)
        file = self._questions.open_file(title, VOICE_FILTER, start.parent)
        if file is None:
            return
        job = self._jobs.start(
            f"Take {file.name}",
            KIND,
            lambda _progress, cancel: take_of(file, cancel),
            partial(self._add, before.clip, ids),
        )
        job.failed.connect(self._reports.dialog)

    def _add(self, clip: str, ids: Collection[int], take: Take) -> None:
        """The take is known: those of the segments get it that are still there."""
        session = self._session
        there = [id for id in ids if session.project.segment(id) is not None]
        if session.project.clip == clip and there:
            session.apply("Add take", edits.add_take(session.project, there, take))
