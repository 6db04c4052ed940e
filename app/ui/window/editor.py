"""The editor behind the main window: builds session, threads, panels and what connects them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QDialog

from app.core.settings import Settings
from app.engine.progress import CancelToken
from app.ui.session import Session
from app.ui.window.backends import Backends
from app.ui.window.controllers.background import Background
from app.ui.window.controllers.cuts import Cuts
from app.ui.window.controllers.documents import Documents
from app.ui.window.controllers.editing import edit_slots
from app.ui.window.controllers.export import Exporting
from app.ui.window.controllers.fit import Fitting
from app.ui.window.controllers.help import Helping
from app.ui.window.controllers.lines import Lines
from app.ui.window.controllers.media import Media
from app.ui.window.controllers.menus import MenuActions
from app.ui.window.controllers.playback import Playing
from app.ui.window.controllers.preview import Pictures
from app.ui.window.controllers.takes import Takes
from app.ui.window.controllers.view import ViewSettings
from app.ui.window.folders import Folders
from app.ui.window.layout import load_layout, save_layout
from app.ui.window.main_window import MainWindow
from app.ui.window.panels import Panels
from app.ui.window.questions import Questions
from app.ui.window.recent_pictures import keep_picture
from app.ui.window.reports import Reports
from app.ui.window.threads import Threads
from app.workers.jobs import Jobs
from app.workers.render_thread import RenderStatus
from app.workers.task import Task

CACHE_MS = 1500
"""So often the status bar looks at the cache."""


class Editor(QObject):
    """Everything behind the main window; `close`, which the window's closing calls, ends all threads."""

    def __init__(
        self,
        window: MainWindow,
        folders: Folders,
        settings: Settings,
        backends: Backends | None = None,
        questions: Questions | None = None,
    ) -> None:
        super().__init__(window)
        self.window, self.folders, self.backends = window, folders, backends or Backends()
        self.session = Session(self)
        self.jobs = Jobs(self)
        self.reports = Reports(window, window.notice, window.status)
        self.session.reset.connect(self.reports.forget_document)  # before others say something of the new one
        self.questions = questions or Questions(window)
        self.threads = Threads(folders.cache, settings, self.backends, self)
        self.panels = Panels(window, self.session, self.jobs, self.threads.sound_cache, load_layout(self._layout_file))
        self._status = RenderStatus("", "", 0.0, busy=False)
        self._names: Task | None = None
        self._closed = self._interrupted = False
        self._cache_timer = QTimer(self)
        self._cache_timer.setInterval(CACHE_MS)
        self._make_flows(settings)
        self._bind()
        self._connect_window()
        self._connect_panels()
        self._connect_threads()
        self._start()

    @property
    def settings(self) -> Settings:
        """What the user set."""
        return self.view_settings.settings

    @property
    def rendering(self) -> bool:
        """Whether frames are being made at the moment."""
        return self._status.busy

    def _make_flows(self, settings: Settings) -> None:
        session, window, reports, folders = self.session, self.window, self.reports, self.folders
        panels, threads, jobs = self.panels, self.threads, self.jobs
        self.pictures = Pictures(session, threads, panels.preview, panels.timeline, self)
        self.view_settings = ViewSettings(
            window, session, panels, self.pictures, threads.player, reports, settings, folders.config
        )
        self.playing = Playing(
            session, threads.player, panels.timeline, panels.waveform, window.actions_, window.held_keys, self
        )
        self.documents = Documents(session, folders.data, reports, self.questions, lambda: self.settings, self)
        self.media = Media(session, jobs, folders.cache, reports, lambda: self.settings, self.backends, self)
        self.background = Background(window, jobs)
        self.background.wanted = settings.notifications
        self.fitting = Fitting(session, threads.renders, reports, self)
        self.exporting = Exporting(
            window, session, jobs, threads.renders, self.backends, folders, lambda: self.settings, reports
        )
        self.helping = Helping(window, jobs, self.backends, folders, lambda: self.settings, reports, self.questions)
        self.lines = Lines(session, jobs, reports, self.questions, self)
        self.takes = Takes(session, jobs, reports, self.questions, self)
        self.cuts = Cuts(window, self.documents, jobs, reports, self.questions)
        self.menu_actions = MenuActions(
            window,
            session,
            jobs,
            threads,
            panels.waveform,
            self.documents,
            self.media,
            self.view_settings,
            self.exporting,
            folders,
            reports,
            self.questions,
        )

    def _bind(self) -> None:
        """Every action gets its slot."""
        actions, reports, panels = self.window.actions_, self.reports, self.panels
        edit = edit_slots(self.session, panels.timeline, panels.waveform)
        actions.bind({id: reports.edit(slot) for id, slot in edit.items()})
        actions.bind(self.playing.slots())
        actions.bind(self.view_settings.slots())
        actions.bind({id: reports.edit(slot) for id, slot in self.takes.slots().items()})
        for asked in (self.menu_actions, self.helping, self.lines, self.cuts):
            actions.bind({id: reports.guarded(slot) for id, slot in asked.slots().items()})
        actions.bind({"go_to": self.panels.transport.field.setFocus, "rename": self._rename})

    def _connect_window(self) -> None:
        window, documents, menu_actions, start = self.window, self.documents, self.menu_actions, self.window.start
        window.may_close = self.may_close
        window.closed.connect(self.close)
        window.files_dropped.connect(menu_actions.take_files)
        window.recent_menu.aboutToShow.connect(menu_actions.fill_recent)
        window.recent_menu.triggered.connect(lambda action: documents.open(action.data()))
        window.status.job.clicked.connect(lambda: window.raise_panel("Jobs"))
        self.exporting.began.connect(lambda: window.raise_panel("Jobs"))
        for signal in (self.jobs.added, self.jobs.changed, self.jobs.removed):
            signal.connect(self._show_job)
        start.start_wanted.connect(menu_actions.start)
        start.project_wanted.connect(documents.open)
        start.open_wanted.connect(documents.ask_open)
        start.demo_wanted.connect(menu_actions.open_demo)
        documents.titled.connect(window.set_document)
        documents.pictured.connect(self._keep_picture)
        documents.opened.connect(window.show_editor)
        stack = self.session.undo_stack
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self._name_undo("")
        self._name_redo("")

    def _connect_panels(self) -> None:
        session, panels, threads = self.session, self.panels, self.threads
        timeline, attention, preview = panels.timeline, panels.attention, panels.preview
        self.playing.moved.connect(self.pictures.show)
        panels.transport.time_entered.connect(self.playing.go)
        panels.checks.chosen.connect(self.playing.go)
        panels.markers.chosen.connect(self.playing.go)
        panels.markers.problem.connect(self.reports.say)
        panels.transport.refused.connect(self.reports.say)
        timeline.problem.connect(self.reports.say)
        panels.waveform.problem.connect(self.reports.say)
        timeline.offset_proposal_wanted.connect(self.menu_actions.propose_offset)
        panels.inspector.references_wanted.connect(self._want_references)
        panels.inspector.voice.take_wanted.connect(self.window.actions_["add_take"].trigger)
        panels.inspector.voice.keep_wanted.connect(self.window.actions_["keep_take"].trigger)
        attention.wanted.connect(threads.renders.queue.request_attention)
        attention.overlay_changed.connect(preview.canvas.set_attention)
        preview.patch_clicked.connect(attention.pick)
        preview.patch_clicked.connect(attention.take_keyboard)
        preview.patch_hovered.connect(attention.hover)
        session.voice_changed.connect(self._find_names)
        session.clip_changed.connect(self._read_original)
        session.voice_changed.connect(self._read_voice)

    def _connect_threads(self) -> None:
        threads, panels, reports = self.threads, self.panels, self.reports
        threads.notified.connect(reports.say)
        threads.renders.status.connect(self._show_status)
        threads.renders.attention_ready.connect(panels.attention.set_result)
        threads.references.proposed.connect(panels.inspector.set_references)
        threads.references.failed.connect(lambda _face, sentence: reports.say(sentence))
        threads.player.state_changed.connect(panels.transport.set_playing)
        threads.player.levels.connect(panels.transport.meter.set_levels)
        threads.player.sound_missing.connect(reports.say)
        threads.thumbnails.failed.connect(reports.say)
        threads.peaks.peaks.connect(panels.timeline.set_peaks)
        threads.peaks.peaks.connect(panels.waveform.set_peaks)
        threads.peaks.activity.connect(panels.waveform.set_activity)
        threads.peaks.failed.connect(panels.waveform.set_problem)
        self.pictures.problem.connect(reports.notice)
        self.session.reset.connect(threads.renders.retry)  # what stands in its way is told anew
        self.media.proxy_ready.connect(self.pictures.set_proxy)
        self.media.missing.connect(self.menu_actions.relink)
        self.view_settings.settings_changed.connect(self._settings_changed)
        self.jobs.added.connect(lambda job: self.pictures.await_demo(job) if job.kind == "demo" else None)
        self._cache_timer.timeout.connect(self._show_cache)

    def _start(self) -> None:
        """Threads run, and what is known is shown."""
        self.threads.start()
        self._cache_timer.start()
        self.menu_actions.show_recent()
        self.window.set_document(None, False)

    def may_close(self) -> bool:
        """Asks about changes and about work that would be stopped."""
        names = [job.name for job in self.jobs.active]
        if self.rendering:
            names.append("Rendering (frames that are done are kept)")
        if names and not self.questions.stop_work(names):
            return False
        return self.documents.may_leave()

    def interrupt(self) -> None:
        """Closes the window without a question; what is not saved is offered at the next start."""
        self._interrupted = True
        self.window.may_close = lambda: True
        self.window.close()

    @Slot()
    def close(self) -> None:
        """Ends everything that runs; may be called again."""
        if self._closed:
            return
        self._closed = True
        for dialog in self.window.findChildren(QDialog):
            dialog.reject()  # some have work of their own under way
        layout = self.window.layout_now()
        if layout is not None:
            save_layout(self._layout_file, layout)
        self._cache_timer.stop()
        self.pictures.stop()
        self.panels.waveform.stop()
        self.jobs.shutdown()
        self.background.close()
        if self._names is not None:
            self._names.stop()
        self.threads.stop()
        self.documents.stop(keep=self._interrupted)

    @Slot(object)
    def _keep_picture(self, target: Path) -> None:
        image = self.panels.preview.canvas.scene.image
        if image is not None:
            keep_picture(image, target)

    @property
    def _layout_file(self) -> Path:
        return self.folders.config / "layout.json"

    @Slot()
    def _rename(self) -> None:
        """The selected segment, or the one at the playhead, gets a name."""
        here = self.session.project.segment_at(self.session.playhead)
        if self.session.selected is None and here is not None:
            self.session.select(here.id)
        if self.session.selected is not None:
            self.window.raise_panel("Inspector")
            self.panels.inspector.time.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(str)
    def _name_undo(self, step: str) -> None:
        action = self.window.actions_["undo"]
        action.setText(f"&Undo {step}".strip())
        action.setEnabled(bool(step))

    @Slot(str)
    def _name_redo(self, step: str) -> None:
        action = self.window.actions_["redo"]
        action.setText(f"&Redo {step}".strip())
        action.setEnabled(bool(step))

    @Slot(int, object)
    def _want_references(self, face: int, chosen: Fraction | None) -> None:
        clip, analysis = self.session.clip, self.session.analysis
        if clip is not None and analysis is not None:
            self.threads.references.request(clip, analysis, face, chosen)

    @Slot()
    def _read_original(self) -> None:
        self.panels.timeline.set_peaks("original", None)
        self.threads.peaks.set_clip(self.session.clip)

    @Slot()
    def _read_voice(self) -> None:
        self.panels.timeline.set_peaks("voice", None)
        self.threads.peaks.set_voice(self.session.voice)

    @Slot()
    def _find_names(self) -> None:
        """Which weights there are; looked up once, when rendering will need the network anyway."""
        if self._names is None and self.session.voice is not None:
            names = self.backends.weights_names

            def look(_cancel: CancelToken) -> list[str]:
                return names()

            self._names = Task(look, self)
            self._names.done.connect(self.panels.inspector.set_weights)
            self._names.start()

    @Slot(object)
    def _show_status(self, status: RenderStatus) -> None:
        old, self._status = self._status, status
        self.window.status.set_network(status.device, status.weights, status.busy)
        self.window.status.set_rendering(status.frames_per_second, status.busy)
        self._show_job()
        if status.problem and status.problem != old.problem:
            self.reports.notice(status.problem)

    @Slot()
    def _show_job(self) -> None:
        """The job that runs; where none does, what the network is at."""
        status, shown = self._status, self.window.status.job
        if self.jobs.active or not status.busy:
            shown.show_jobs(self.jobs.active)
        else:
            shown.show_busy("Rendering dubbed frames" if status.device else "Loading the network")

    @Slot()
    def _show_cache(self) -> None:
        cache = self.threads.renders.cache
        if cache.is_open:
            self.window.status.set_cache(cache.memory_used, cache.memory_bytes, cache.disk_used)

    @Slot(object, object)
    def _settings_changed(self, old: Settings, new: Settings) -> None:
        self.documents.keep_autosaving()
        self.background.wanted = new.notifications
        if (old.memory_mb, old.disk_gb) != (new.memory_mb, new.disk_gb):
            self.threads.set_limits(new)
        if old.detector != new.detector:
            self.media.find_faces()
        if old.device != new.device:
            self.reports.notice("The other device is used when Redub is started again.")
