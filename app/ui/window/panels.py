"""The panels, each in its place in the window."""

from __future__ import annotations

from pathlib import Path

from app.ui.panels.attention.dock import AttentionDock
from app.ui.panels.history import HistoryPanel
from app.ui.panels.inspector.panel import Inspector
from app.ui.panels.issues import ChecksPanel
from app.ui.panels.jobs.panel import JobsPanel
from app.ui.panels.markers import MarkersPanel
from app.ui.panels.preview.pane import PreviewPane
from app.ui.panels.timeline.scale import TimeScale
from app.ui.panels.timeline.widget import Timeline
from app.ui.panels.transport import TransportBar
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session
from app.ui.window.layout import Layout
from app.ui.window.main_window import MainWindow
from app.workers.jobs import Jobs


class Panels:
    """All panels of one window."""

    def __init__(
        self, window: MainWindow, session: Session, jobs: Jobs, sound_cache: Path, layout: Layout | None
    ) -> None:
        """`sound_cache`: the folder of decoded sound. `layout`: where they were last time."""
        self.preview = PreviewPane()
        self.transport = TransportBar(session, window.actions_)
        self.timeline = Timeline(session)
        self.waveform = WaveformView(session, sound_cache)
        self.inspector = Inspector(session)
        self.attention = AttentionDock(session)
        self.jobs = JobsPanel(jobs)
        self.checks = ChecksPanel(session)
        self.markers = MarkersPanel(session)
        self.history = HistoryPanel(session)
        window.set_picture(self.preview, self.transport)
        window.add_panel("Timeline", self.timeline)
        window.add_panel("Waveform", self.waveform)
        window.add_panel("Inspector", self.inspector)
        window.add_panel("Attention", self.attention)
        window.add_panel("Markers", self.markers)
        window.add_panel("Jobs", self.jobs)
        window.add_panel("To check", self.checks)
        window.add_panel("History", self.history)
        window.end_panels(layout)
        self._in_step = False
        self.timeline.scale_changed.connect(self._follow_timeline)
        self.waveform.range_changed.connect(self._follow_waveform)

    def _follow_timeline(self, scale: TimeScale) -> None:
        """The waveforms show the same stretch of time as the timeline."""
        if not self._in_step and scale.zoom > 0:
            self.waveform.set_range(scale.scroll, scale.scroll + scale.width / scale.zoom)

    def _follow_waveform(self, start: float, stop: float) -> None:
        """And the other way round."""
        if stop > start:
            self._in_step = True
            navigation = self.timeline.view.navigation
            navigation.restore(start, navigation.scale.width / (stop - start))
            self._in_step = False
