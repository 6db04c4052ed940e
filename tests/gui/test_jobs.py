"""Jobs and their panel: real threads, one a job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from pytestqt.qtbot import QtBot

from app.core.errors import MediaError, UserError
from app.engine.progress import CancelToken
from app.ui.kit.line import Line
from app.ui.panels.jobs.panel import JobsPanel
from app.ui.panels.jobs.row import open_folder
from app.ui.window.current_job import CurrentJob
from app.workers.jobs import Job, JobProgress, Jobs, JobState


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.shutdown()


class Work:
    """A function for a job that goes a step at a time, as the test lets it."""

    def __init__(self, steps: int = 4) -> None:
        self.steps, self.go, self.begun = steps, threading.Semaphore(0), threading.Event()
        self.done = 0

    def __call__(self, progress: JobProgress, cancel: CancelToken) -> int:
        self.begun.set()
        for step in range(1, self.steps + 1):
            while not self.go.acquire(timeout=0.01):
                cancel.check()
            self.done = step
            progress("dubbing", step, self.steps)
        return self.done


def _until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=10_000)


def test_a_job_runs_tells_its_progress_and_gives_its_result(qtbot: QtBot, jobs: Jobs) -> None:
    work, results, threads = Work(), [], []

    def function(progress: JobProgress, cancel: CancelToken) -> int:
        threads.append(threading.get_ident())
        progress.notify("The weights fit this face.")
        return work(progress, cancel)

    job = jobs.start("Export a", "export", function, results.append)
    assert job.state is JobState.RUNNING
    work.go.release(2)
    _until(qtbot, lambda: job.fraction == 0.5)
    assert job.stage == "dubbing" and jobs.active == (job,)
    work.go.release(2)
    _until(qtbot, lambda: job.state is JobState.DONE)
    assert results == [4] and job.result == 4 and job.fraction == 1.0 and not jobs.active
    assert job.log[0] == "The weights fit this face." and "Done" in job.log[-1]
    assert threads[0] != threading.get_ident()


def test_results_arrive_on_the_thread_of_the_window(qtbot: QtBot, jobs: Jobs) -> None:
    where: list[int] = []
    job = jobs.start("a", "x", lambda _p, _c: None, lambda _result: where.append(threading.get_ident()))
    _until(qtbot, lambda: job.state is JobState.DONE)
    assert where == [threading.get_ident()]


def test_pausing_holds_and_resuming_goes_on(qtbot: QtBot, jobs: Jobs) -> None:
    work = Work()
    job = jobs.start("a", "export", work)
    work.go.release(1)
    _until(qtbot, lambda: job.reading.done == 1)
    job.pause()
    assert job.state is JobState.PAUSED
    work.go.release(3)
    qtbot.wait(60)
    assert work.done <= 2 and job.state is JobState.PAUSED
    job.resume()
    _until(qtbot, lambda: job.state is JobState.DONE)
    assert job.result == 4


@pytest.mark.parametrize("paused", [False, True])
def test_cancelling(qtbot: QtBot, jobs: Jobs, paused: bool) -> None:
    work = Work()
    job = jobs.start("a", "export", work, target=Path("/x/o.mp4"))
    work.go.release(1)
    _until(qtbot, lambda: job.reading.done == 1)
    if paused:
        job.pause()
    job.cancel()
    assert job.cancelling
    _until(qtbot, lambda: job.state is JobState.CANCELLED)
    assert not job.sentence and "nothing was left behind" in job.log[-1] and job.result is None


def test_a_user_error_is_a_sentence_and_another_one_has_a_traceback(qtbot: QtBot, jobs: Jobs) -> None:
    told: list[tuple[str, str]] = []

    def full(_progress: JobProgress, _cancel: CancelToken) -> None:
        raise MediaError("The disk is full.")

    def broken(_progress: JobProgress, _cancel: CancelToken) -> None:
        raise ZeroDivisionError("by nought")

    jobs.failed.connect(lambda _job, sentence, details: told.append((sentence, details)))
    one = jobs.start("a", "export", full)
    other = jobs.start("b", "proxy", broken)
    _until(qtbot, lambda: one.state is other.state is JobState.FAILED)
    by_sentence = dict(told)
    assert by_sentence["The disk is full."] == ""
    assert "by nought" in other.sentence and 'ZeroDivisionError("by nought")' in other.details
    assert other.details.strip() in other.text()


def test_a_failed_job_can_be_tried_again(qtbot: QtBot, jobs: Jobs) -> None:
    outcomes: list[Any] = [MediaError("No room."), 7]

    def function(_progress: JobProgress, _cancel: CancelToken) -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    job = jobs.start("a", "export", function)
    _until(qtbot, lambda: job.state is JobState.FAILED)
    job.retry()
    _until(qtbot, lambda: job.state is JobState.DONE)
    assert job.result == 7 and not job.sentence and job.log[0] == "Failed: No room."


def test_of_a_kind_one_runs_at_a_time_and_kinds_side_by_side(qtbot: QtBot, jobs: Jobs) -> None:
    first, second, other = Work(), Work(), Work()
    one, two = jobs.start("1", "export", first), jobs.start("2", "export", second)
    three = jobs.start("3", "proxy", other)
    assert (one.state, two.state, three.state) == (JobState.RUNNING, JobState.WAITING, JobState.RUNNING)
    assert other.begun.wait(5) and not second.begun.is_set()
    one.cancel()
    _until(qtbot, lambda: two.state is JobState.RUNNING)
    assert one.state is JobState.CANCELLED


def test_a_waiting_job_is_cancelled_at_once(jobs: Jobs) -> None:
    work = Work()
    jobs.start("1", "export", Work())
    waiting = jobs.start("2", "export", work)
    waiting.cancel()
    assert waiting.state is JobState.CANCELLED and not work.begun.is_set()


def test_one_file_has_one_job(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    (tmp_path / "sub").mkdir()
    one = jobs.start("1", "export", Work(), target=target)
    with pytest.raises(UserError, match=r'being written by the job "1"'):
        jobs.start("2", "export", Work(), target=tmp_path / "sub" / ".." / "out.mp4")
    assert jobs.all == (one,)
    one.cancel()
    _until(qtbot, lambda: one.state is JobState.CANCELLED)
    two = jobs.start("2", "export", Work(), target=target)
    with pytest.raises(UserError, match=r'the job "2"'):
        one.retry()
    assert one.state is JobState.CANCELLED and two.state is JobState.RUNNING


def test_shutting_down_stops_everything_and_starts_nothing(qtbot: QtBot) -> None:
    jobs, results = Jobs(), []
    running, paused, waiting = (jobs.start(str(n), kind, Work(), results.append) for n, kind in enumerate("aab"))
    jobs.all[0].pause()
    jobs.shutdown()
    assert {job.state for job in (running, paused, waiting)} == {JobState.CANCELLED}
    with pytest.raises(UserError, match="closing"):
        jobs.start("late", "a", Work())
    qtbot.wait(20)
    assert not results
    jobs.shutdown()  # twice does no harm


def test_finished_jobs_can_be_forgotten(qtbot: QtBot, jobs: Jobs) -> None:
    done = jobs.start("1", "a", lambda _p, _c: None)
    _until(qtbot, lambda: done.state is JobState.DONE)
    going = jobs.start("2", "a", Work())
    jobs.remove(going)
    jobs.clear_finished()
    assert jobs.all == (going,)


# The panel


def _panel(qtbot: QtBot, jobs: Jobs) -> JobsPanel:
    panel = JobsPanel(jobs)
    qtbot.addWidget(panel)
    panel.resize(340, 500)
    panel.show()
    return panel


def _click(qtbot: QtBot, panel: JobsPanel, job: Job, button: str) -> None:
    qtbot.mouseClick(panel.row(job).button(button), Qt.MouseButton.LeftButton)


def _buttons(panel: JobsPanel, job: Job) -> set[str]:
    """Those that can be seen."""
    names = ("pause", "cancel", "retry", "folder", "details", "copy", "remove")
    return {name for name in names if panel.row(job).button(name).isVisible()}


def test_an_empty_panel_says_what_it_is_for(qtbot: QtBot, jobs: Jobs) -> None:
    panel = _panel(qtbot, jobs)
    assert not panel.rows and panel.findChild(QObject, "jobs_empty").isVisible()  # type: ignore[attr-defined]


def test_buttons_follow_the_state_and_work(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    panel, work = _panel(qtbot, jobs), Work()
    job = jobs.start("Export", "export", work, target=tmp_path / "out.mp4")
    row = panel.row(job)
    assert _buttons(panel, job) == {"pause", "cancel", "details"}
    work.go.release(1)
    _until(qtbot, lambda: "dubbing 1 of 4" in row.status)
    _click(qtbot, panel, job, "pause")
    assert job.state is JobState.PAUSED and row.button("pause").text() == "Resume" and "paused" in row.status
    _click(qtbot, panel, job, "pause")
    assert job.state is JobState.RUNNING
    _click(qtbot, panel, job, "cancel")
    assert not row.button("cancel").isEnabled()
    _until(qtbot, lambda: job.state is JobState.CANCELLED)
    assert _buttons(panel, job) == {"retry", "remove", "details"}
    work.go.release(4)
    _click(qtbot, panel, job, "retry")
    _until(qtbot, lambda: job.state is JobState.DONE)
    assert row.button("folder").isVisible() and row.status == str(tmp_path / "out.mp4")
    qtbot.mouseClick(panel.findChild(QObject, "jobs_clear"), Qt.MouseButton.LeftButton)
    assert not panel.rows


class _Opened(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url)


def test_the_folder_is_opened(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    panel, opened = _panel(qtbot, jobs), _Opened()
    job = jobs.start("Export", "export", lambda _p, _c: None, target=tmp_path / "out.mp4")
    _until(qtbot, lambda: job.state is JobState.DONE)
    QDesktopServices.setUrlHandler("file", opened, "take")
    try:
        _click(qtbot, panel, job, "folder")
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert [url.toLocalFile() for url in opened.urls] == [str(tmp_path)]


def test_details_show_and_copy_the_log(qtbot: QtBot, jobs: Jobs) -> None:
    def function(progress: JobProgress, _cancel: CancelToken) -> None:
        progress.notify("Software is used instead.")
        raise ValueError("no frame")

    panel = _panel(qtbot, jobs)
    job = jobs.start("Export", "export", function)
    _until(qtbot, lambda: job.state is JobState.FAILED)
    assert "no frame" in panel.row(job).status and not panel.row(job).button("copy").isVisible()
    _click(qtbot, panel, job, "details")
    _click(qtbot, panel, job, "copy")
    text = QGuiApplication.clipboard().text()
    assert "Software is used instead." in text and "Traceback" in text


def test_a_retry_that_is_refused_is_told_in_the_row(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    panel = _panel(qtbot, jobs)
    one = jobs.start("1", "export", Work(), target=tmp_path / "o.mp4")
    one.cancel()
    _until(qtbot, lambda: one.state is JobState.CANCELLED)
    jobs.start("2", "export", Work(), target=tmp_path / "o.mp4")
    _click(qtbot, panel, one, "retry")
    assert 'the job "2"' in panel.row(one).status


def test_brief_work_without_a_file_leaves_by_itself_and_failures_stay(qtbot: QtBot, jobs: Jobs) -> None:
    def fail(_progress: JobProgress, _cancel: CancelToken) -> None:
        raise MediaError("Broken.")

    panel = _panel(qtbot, jobs)
    brief, failed = jobs.start("Open", "clip", lambda _p, _c: None), jobs.start("Open", "voice", fail)
    _until(qtbot, lambda: brief.state is JobState.DONE and failed.state is JobState.FAILED)
    assert [row.job for row in panel.rows] == [failed]


def test_what_is_at_work_stands_on_top(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    panel, first = _panel(qtbot, jobs), Work()
    one, two = (jobs.start(name, "export", first, target=tmp_path / name) for name in "12")
    three = jobs.start("3", "proxy", lambda _p, _c: None, target=tmp_path / "3")
    _until(qtbot, lambda: three.state is JobState.DONE)
    assert [row.job for row in panel.rows] == [one, two, three]
    one.cancel()
    _until(qtbot, lambda: one.state is JobState.CANCELLED)
    assert [row.job for row in panel.rows] == [two, three, one]

    def tops() -> list[int]:
        return [row.y() for row in panel.rows]

    qtbot.waitUntil(lambda: tops() == sorted(set(tops())) and len(tops()) == 3)


def test_a_long_name_is_cut_and_told_in_the_tooltip(qtbot: QtBot, jobs: Jobs) -> None:
    panel, name = _panel(qtbot, jobs), "Export " + "very long name " * 20
    row = panel.row(jobs.start(name, "export", Work()))
    line = row.findChildren(Line)[0]
    assert line.full_text == line.toolTip() == name and line.text() != name and row.width() <= panel.width()


def test_a_folder_that_cannot_be_shown_is_said(
    jobs: Jobs, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is not there any more" in open_folder(tmp_path / "gone")
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda _url: False)
    assert str(tmp_path) in open_folder(tmp_path)
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda _url: True)
    assert open_folder(tmp_path) == ""


def test_the_status_bar_shows_what_the_user_waits_for(jobs: Jobs, qtbot: QtBot) -> None:
    shown, going = CurrentJob(), threading.Event()
    qtbot.addWidget(shown)

    def work(progress: JobProgress, _cancel: CancelToken) -> None:
        progress("dubbing", 30, 100)
        assert going.wait(20)

    jobs.start("Proxy", "proxy", work)
    export = jobs.start("Export a.mp4", "export", work)
    jobs.start("Export b.mp4", "export", work)
    qtbot.waitUntil(lambda: export.fraction == 0.3)
    shown.show_jobs(jobs.active)
    assert shown.line.full_text.startswith("Export a.mp4: dubbing") and "(and 2 more)" in shown.line.full_text
    assert shown.bar.value() == 300 and not shown.isHidden()
    going.set()
    qtbot.waitUntil(lambda: not jobs.active, timeout=20_000)
    shown.show_jobs(jobs.active)
    assert shown.isHidden()


def test_a_job_that_is_forgotten_leaves_the_list(jobs: Jobs, qtbot: QtBot) -> None:
    def work(progress: JobProgress, cancel: CancelToken) -> None:
        while True:
            progress("looking", 0, None)
            cancel.check()
            time.sleep(0.005)

    running, waiting = jobs.start("Faces", "faces", work), jobs.start("Faces too", "faces", work)
    jobs.forget(waiting)
    jobs.forget(running)
    qtbot.waitUntil(lambda: jobs.all == (), timeout=20_000)
