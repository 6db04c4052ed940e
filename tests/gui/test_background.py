"""Work behind another window: its progress in title and launcher, its end as a notification, once and in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import UserError
from app.engine.progress import CancelToken
from app.ui.window.controllers.background import Background
from app.ui.window.desktop import Desktop
from app.ui.window.main_window import MainWindow
from app.workers.jobs import Job, JobProgress, Jobs, JobState

PATIENCE = 30_000


class Told(Desktop):
    """Keeps what the desktop would show."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.notes: list[tuple[str, str]] = []
        self.progress: list[float | None] = []

    def notify(self, title: str, text: str) -> None:
        self.notes.append((title, text))

    def show_progress(self, fraction: float | None) -> None:
        self.progress.append(fraction)


class Room:
    """A window with jobs, and another window that may be in front of it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.window, self.other = qtbot, MainWindow(), QWidget()
        self.jobs = Jobs()
        self.desktop = Told(self.window)
        self.background = Background(self.window, self.jobs, self.desktop)
        self.step = threading.Semaphore(0)
        for widget in (self.window, self.other):
            qtbot.addWidget(widget)
            widget.show()

    def bring(self, widget: QWidget) -> None:
        widget.activateWindow()
        self.qtbot.waitUntil(widget.isActiveWindow, timeout=PATIENCE)

    def start(self, kind: str = "export", fails: bool = False) -> Job:
        def work(progress: JobProgress, _cancel: CancelToken) -> None:
            for done in range(4):
                progress("dubbing", done, 4)
                self.step.acquire()
            if fails:
                raise UserError("The disk is full: free some room.")

        return self.jobs.start("Export film.mp4", kind, work)

    def end(self, job: Job) -> None:
        self.step.release(10)
        self.qtbot.waitUntil(lambda: job.state.finished, timeout=PATIENCE)


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made = Room(qtbot)
    yield made
    made.step.release(100)
    made.jobs.shutdown()


def test_behind_another_window_the_title_and_the_launcher_show_the_progress(room: Room) -> None:
    room.bring(room.other)
    job = room.start()
    room.step.release(2)
    room.qtbot.waitUntil(lambda: room.window.windowTitle() == "50 % · Untitled[*] - Redub", timeout=PATIENCE)
    assert 0.5 in room.desktop.progress
    room.bring(room.window)
    assert room.window.windowTitle() == "Untitled[*] - Redub", "in front, the status bar shows it"
    room.end(job)
    room.qtbot.waitUntil(lambda: room.desktop.progress[-1] is None, timeout=PATIENCE)


@pytest.mark.parametrize(("fails", "title"), [(False, "Export film.mp4 is done"), (True, "Export film.mp4 failed")])
def test_the_end_is_told_where_another_window_is_in_front(room: Room, fails: bool, title: str) -> None:
    room.bring(room.other)
    room.end(room.start(fails=fails))
    room.qtbot.waitUntil(lambda: bool(room.desktop.notes), timeout=PATIENCE)
    assert [note[0] for note in room.desktop.notes] == [title]
    assert room.desktop.notes[0][1].startswith("The disk is full" if fails else "After 0:00")


def test_nothing_is_told_in_front_where_it_is_not_wanted_and_of_short_work_in_the_background(room: Room) -> None:
    room.bring(room.window)
    room.end(room.start())
    room.bring(room.other)
    room.end(room.start(kind="proxy"))
    room.background.wanted = False
    room.end(room.start())
    assert room.desktop.notes == []


def test_a_job_that_was_cancelled_is_no_news(room: Room) -> None:
    room.bring(room.other)
    job = room.start()
    job.cancel()
    room.end(job)
    assert job.state is JobState.CANCELLED
    assert room.desktop.notes == []


def test_a_desktop_that_can_show_nothing_is_no_trouble(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    desktop = Desktop(window)
    desktop.notify("Done", "film.mp4 is done")
    desktop.show_progress(0.5)
    desktop.close()
