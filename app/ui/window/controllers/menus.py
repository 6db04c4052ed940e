"""What the File and Tools menus and the start screen ask for beyond documents and exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.core.errors import UserError
from app.core.project import Project
from app.core.settings import Settings
from app.engine.preview.still import write_still
from app.engine.progress import CancelToken
from app.engine.puppet.demo import make_demo
from app.ui.dialogs.cache_manager import CacheManager
from app.ui.dialogs.media_properties import MediaProperties
from app.ui.dialogs.recovery import RecoveryDialog
from app.ui.dialogs.relink import RelinkDialog
from app.ui.kit.file_kinds import CLIP_FILTER, STILL_FILTER, VOICE_FILTER, sort_files
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session
from app.ui.window.controllers.documents import Documents
from app.ui.window.controllers.export import Exporting
from app.ui.window.controllers.media import Media
from app.ui.window.controllers.view import ViewSettings
from app.ui.window.folders import Folders
from app.ui.window.main_window import MainWindow
from app.ui.window.questions import Questions
from app.ui.window.reports import Reports
from app.ui.window.threads import Threads
from app.workers.jobs import JobProgress, Jobs


class MenuActions(QObject):
    """Slots for actions and signals; the dialogs that they open do not hold them up, but for the system's own."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        jobs: Jobs,
        threads: Threads,
        waveform: WaveformView,
        documents: Documents,
        media: Media,
        view_settings: ViewSettings,
        exporting: Exporting,
        folders: Folders,
        reports: Reports,
        questions: Questions,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._threads = window, session, jobs, threads
        self._waveform = waveform
        self._documents, self._media, self._view_settings, self._exporting = documents, media, view_settings, exporting
        self._folders, self._reports, self._questions = folders, reports, questions

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions do, by id."""
        return {
            "new": self.new,
            "open": self._documents.ask_open,
            "open_recent": self.fill_recent,
            "open_clip": self._ask_clip,
            "open_voice": self._ask_voice,
            "demo": self.open_demo,
            "save": self._documents.save,
            "save_as": self._documents.save_as,
            "properties": self._show_properties,
            "relink": self.relink,
            "export": self._exporting.ask,
            "quit": self._window.close,
            "propose_offset": self.propose_offset,
            "cache": self._manage_cache,
            "still": self.save_still,
        }

    def new(self) -> None:
        """An empty project, and the start screen."""
        if self._documents.new():
            self._window.start.clear()
            self.show_recent()
            self._window.show_start()

    def show_recent(self) -> None:
        """The recent projects on the start screen, with their pictures."""
        projects = self._documents.recent()
        self._window.start.set_recent(projects, [self._documents.picture(file) for file in projects])

    def open_files(self, files: Sequence[Path]) -> None:
        """What the command line names; and work that was lost is offered."""
        if files:
            self.take_files(list(files))
        self.offer_recovery()

    def offer_recovery(self) -> None:
        """Asks about what sessions that ended badly left, if there is any."""
        pending = self._documents.pending()
        if pending:
            dialog = RecoveryDialog(pending, self._documents.discard, self._window)
            dialog.accepted.connect(lambda: self._documents.recover(dialog.chosen) if dialog.chosen else None)
            self._reports.turns.open(dialog)

    @Slot(object)
    def take_files(self, files: list[Path]) -> None:
        """Opens what was dropped or named, each by its type; another clip does not take the place of one unasked."""
        chosen = sort_files(files)
        if chosen.project is not None and not self._documents.open(chosen.project) and not self._session.project.clip:
            self._window.show_start()
        self._choose_asking(chosen.clip, chosen.voice)
        if chosen.unknown:
            names = ", ".join(path.name for path in chosen.unknown)
            self._reports.notice(f"Not opened: {names}. Redub takes a video, a sound or a .redub project.")

    def choose(self, clip: Path | None, voice: Path | None) -> None:
        """Takes a video, a voice or both into the project."""
        if clip is not None or voice is not None:
            self._window.show_editor()
        if clip is not None:
            self._media.choose_clip(clip)
        if voice is not None:
            self._media.choose_voice(voice)

    def _choose_asking(self, clip: Path | None, voice: Path | None) -> None:
        """As `choose`, after a question where there is another clip already."""
        old = self._session.project.clip
        answer = "replace"
        if old and clip is not None and clip.absolute() != Path(old):
            answer = self._questions.replace_clip(Path(old).name, clip.name)
        if answer == "replace":
            self.choose(clip, voice)
        elif answer == "new":
            self.start(clip, voice, None)

    @Slot(object, object, object)
    def start(self, clip: Path | None, voice: Path | None, output: Path | None) -> None:
        """The start screen is done."""
        if self._documents.new():
            self._exporting.set_output(output)
            self.choose(clip, voice)

    def open_demo(self) -> None:
        """Makes the puppet and opens it, unless it was made before."""
        folder = self._folders.data / "demo"
        made = folder / "puppet.mp4", folder / "voice.flac"
        if any(job.kind == "demo" for job in self._jobs.active):
            return
        if all(path.is_file() for path in made):
            self._demo_made(made)
            return

        def work(progress: JobProgress, cancel: CancelToken) -> tuple[Path, Path]:
            folder.mkdir(parents=True, exist_ok=True)
            return make_demo(folder, progress, cancel)

        self._window.show_editor()
        self._reports.say("Making the demo: a puppet that speaks. It opens when it is done.")
        before = self._session.project

        def take(made: tuple[Path, Path]) -> None:
            if self._session.project is before:
                self._demo_made(made)
            else:
                self._reports.say('The demo is ready: "Try the demo" opens it.')

        self._jobs.start("Demo clip", "demo", work, take).failed.connect(self._reports.dialog)

    def relink(self) -> None:
        """Finds moved media again."""
        project, file = self._session.project, self._session.file
        if not project.clip and not project.voice:
            self._reports.say("The project names no media yet: choose a video and a voice.")
            return
        dialog = RelinkDialog(project, file.parent if file else None, self._window)
        dialog.accepted.connect(lambda: self._session.apply("Relink media", dialog.relinked(self._session.project)))
        self._session.reset.connect(dialog.reject)
        self._reports.turns.open(dialog)

    def _show_properties(self) -> None:
        """What the media are made of; other streams of them can be chosen there."""
        dialog = MediaProperties(self._session.clip, self._session.voice, self._window)
        dialog.streams.chosen.connect(self._media.choose_streams)
        self._session.reset.connect(dialog.reject)
        self._reports.turns.open(dialog)

    @Slot()
    def propose_offset(self) -> None:
        """Shows the waveforms, where the proposal is made and taken."""
        self._window.raise_panel("Waveform")
        self._waveform.proposal.propose()

    @Slot()
    def fill_recent(self) -> None:
        """The submenu of recent projects, as it is opened."""
        menu = self._window.recent_menu
        menu.clear()
        for path in self._documents.recent():
            menu.addAction(f"{path.stem}   ({path.parent})").setData(path)
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)

    def _ask_clip(self) -> None:
        self.choose(self._questions.open_file("Choose the video", CLIP_FILTER, self._media_folder()), None)

    def _ask_voice(self) -> None:
        self.choose(None, self._questions.open_file("Choose the new voice", VOICE_FILTER, self._media_folder()))

    def _media_folder(self) -> Path | None:
        named = self._session.project.clip or self._session.project.voice
        return Path(named).parent if named else None

    def _demo_made(self, made: tuple[Path, Path]) -> None:
        clip, voice = made
        self._documents.start(Project(clip=str(clip), voice=str(voice)))

    def _manage_cache(self) -> None:
        dialog = CacheManager(self._folders.cache, self._view_settings.settings, self._window)
        dialog.cleared.connect(self._cache_cleared)
        dialog.settings_changed.connect(self._take_limits)
        self._reports.turns.open(dialog)

    @Slot(object)
    def _take_limits(self, settings: Settings) -> None:
        self._view_settings.take(settings)

    @Slot(object)
    def _cache_cleared(self, names: Sequence[str]) -> None:
        """What is in memory of it goes too."""
        if "frames" in names:
            self._threads.renders.cache.clear()
            self._threads.renders.retry()

    def save_still(self) -> None:
        """Writes the frame at the playhead as it is shown: dubbed, or as it was filmed."""
        session, renders = self._session, self._threads.renders
        clip = session.clip
        if clip is None:
            return
        index = clip.index_at(session.playhead)
        key = None if self._view_settings.shows_original else renders.queue.key_at(index)
        patch = None if key is None else renders.cache.get(key)
        if key is not None and patch is None:
            raise UserError("This frame is not dubbed yet: wait until it is, or show the original picture.")
        moment = session.counting.format(session.playhead).replace(":", "-").replace(";", "-")
        start = Path(f"{Path(clip.path).stem}-{moment}.png")
        target = self._questions.save_file("Save this picture", STILL_FILTER, start)
        if target is not None:
            target = target if target.suffix.lower() == ".png" else target.with_name(f"{target.name}.png")
            work = partial(write_still, clip, index, patch, target)
            done = partial(self._reports.say, f"{target.name} is saved.")
            job = self._jobs.start(
                f"Picture {target.name}", "still", lambda _progress, _cancel: work(), lambda _none: done(), target
            )
            job.failed.connect(self._reports.dialog)
