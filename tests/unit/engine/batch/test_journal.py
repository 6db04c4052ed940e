"""The journal of a batch: what it knows after a run, after a kill, and after somebody touched the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from app.core.errors import UserError
from app.core.project import Project, View
from app.engine.batch.jobs import BatchJob, job_key
from app.engine.batch.journal import FILE, Journal
from app.engine.export.export_request import ExportRequest
from app.engine.media.encoders import EncoderSettings


@pytest.fixture
def job(tmp_path: Path) -> BatchJob:
    for name in ("clip.mp4", "voice.wav"):
        (tmp_path / name).write_bytes(b"x")
    project = Project(str(tmp_path / "clip.mp4"), str(tmp_path / "voice.wav"))
    return BatchJob("a", ExportRequest(project, tmp_path / "a.mp4", EncoderSettings()), "facemesh", "cpu")


def test_what_is_done_is_known_in_the_next_run(job: BatchJob, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert not journal.is_done(job)
        journal.begin(job)
        job.request.target.write_bytes(b"film")
        journal.end(job)
    with Journal(tmp_path) as journal:
        assert journal.is_done(job)
        assert journal.owns(job)
    assert not (tmp_path / ".batch.lock").exists()


def test_other_files_or_settings_are_another_job(job: BatchJob, tmp_path: Path) -> None:
    key = job_key(job)
    seen = replace(job.request.project, view=View(zoom=2.0))
    assert job_key(replace(job, device="cuda", request=replace(job.request, project=seen, overwrite=True))) == key
    assert job_key(replace(job, request=replace(job.request, encoder=EncoderSettings(crf=30)))) != key
    assert job_key(replace(job, request=replace(job.request, project=replace(seen, fit="hold")))) != key
    (tmp_path / "voice.wav").write_bytes(b"longer")
    assert job_key(job) != key


def test_a_film_that_is_gone_or_changed_is_not_done(job: BatchJob, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.begin(job)
        job.request.target.write_bytes(b"film")
        journal.end(job)
        job.request.target.write_bytes(b"somebody's own")
        assert not journal.is_done(job)
        assert not journal.owns(job)
        job.request.target.unlink()
        assert not journal.is_done(job)
        assert journal.owns(job)


def test_what_stands_there_before_the_first_run_is_not_ours(job: BatchJob, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        job.report.write_bytes(b"{}")
        assert not journal.owns(job)


def test_a_kill_in_the_middle_of_a_line_costs_that_line(job: BatchJob, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.begin(job)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + b'{"job": "b", "ke')
    with Journal(tmp_path) as journal:
        journal.begin(replace(job, name="b"))
    lines = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    assert len(lines) == 2
    assert lines[0] == whole
    assert b'"job":"b"' in lines[1]


def test_other_damage_is_refused(job: BatchJob, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no journal\n")
    with pytest.raises(UserError, match="damaged in line 1"):
        Journal(tmp_path).__enter__()
    assert (tmp_path / FILE).read_bytes() == b"no journal\n"


def test_two_batches_do_not_share_a_folder(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(UserError, match="Another batch"):
        Journal(tmp_path).__enter__()
    with Journal(tmp_path):
        pass
