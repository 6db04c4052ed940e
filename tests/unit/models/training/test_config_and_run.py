"""What all runs share: overrides, learning rate, averaged weights, log, checkpoints."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models.errors import ModelError
from models.radio.training_config import RadioTraining
from models.sync.training_config import SyncTraining
from models.training.config import RunConfig, overridden, save_config
from models.training.run import Ema, Log, Means, learning_rate, load_checkpoint, save_checkpoint


@given(steps=st.integers(1, 10**6), seed=st.integers(), rate=st.floats(1e-9, 1), text=st.text('ab1=./ "{', max_size=8))
@settings(max_examples=25, deadline=None)
def test_overrides_reach_their_place(steps: int, seed: int, rate: float, text: str) -> None:
    """And nothing else; text may hold anything, "=" too."""
    changes = [f"run.steps={steps}", f"run.seed={seed}", f"run.learning_rate={rate!r}", f"sync={text}"]
    changed = overridden(RadioTraining(), changes)
    run = dataclasses.replace(RunConfig(), steps=steps, seed=seed, learning_rate=rate)
    assert changed == dataclasses.replace(RadioTraining(), run=run, sync=text)


def test_overrides_of_every_kind() -> None:
    """Whole numbers for fractions, truth values, tuples, and two deep; the last one counts."""
    changed = overridden(
        RadioTraining(),
        ["loss.r1=2", "sample.augment.mirror=false", "net.audio_channels=[8, 8, 8, 8]", "run.steps=1", "run.steps=2"],
    )
    assert changed.loss.r1 == 2.0
    assert isinstance(changed.loss.r1, float)
    assert changed.sample.augment.mirror is False
    assert changed.net.audio_channels == (8, 8, 8, 8)
    assert changed.run.steps == 2
    assert overridden(SyncTraining(), []) == SyncTraining()


@pytest.mark.parametrize(
    "change",
    [
        "run.stepz=3", "stepz=3", "=3", "", "run.steps", "run.steps=", "run.steps=many", "run.steps=1.5",
        "run.steps=true", "run.steps=null", "run=3", "run={}", "loss.pixel=[1]", "sample.augment.mirror=1",
        "net.audio_channels=8", "net.size=100",
    ],
)  # fmt: skip
def test_overrides_that_make_no_sense_are_refused(change: str) -> None:
    """By a ValueError, never another error."""
    with pytest.raises(ValueError, match=r"."):
        overridden(RadioTraining(), [change])


def test_overrides_behind_a_number_are_refused() -> None:
    """A slip of the finger, as any other."""
    with pytest.raises(ValueError, match=r"run\.steps\.x"):
        overridden(RadioTraining(), ["run.steps.x=3"])


def test_the_config_is_saved_with_everything(tmp_path: Path) -> None:
    """As JSON that says every option."""
    save_config(RadioTraining(), tmp_path / "config.json")
    saved = json.loads((tmp_path / "config.json").read_text())
    assert saved == json.loads(json.dumps(dataclasses.asdict(RadioTraining())))


RUNS = st.builds(
    RunConfig,
    steps=st.integers(10, 5000),
    learning_rate=st.floats(1e-5, 1e-1),
    warmup=st.integers(0, 50),
    decay=st.floats(0.05, 0.9),
)


@given(run=RUNS)
@settings(max_examples=25, deadline=None)
def test_learning_rate_rises_stays_and_falls(run: RunConfig) -> None:
    """Never above its full value, one rise, one fall, to a twentieth at the end and not below."""
    rates = [learning_rate(step, run) for step in range(run.steps)]
    top = max(rates)
    peak = rates.index(top)
    assert 0 < top <= run.learning_rate
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert learning_rate(run.steps + run.warmup, run) == pytest.approx(run.learning_rate / 20)


def test_learning_rate_by_hand() -> None:
    """At a few steps."""
    run = RunConfig(steps=100, learning_rate=1.0, warmup=10, decay=0.2)
    expected = {0: 0.1, 4: 0.5, 9: 1.0, 50: 1.0, 80: 1.0, 90: 0.5, 95: 0.25, 99: 0.05}
    assert {step: round(learning_rate(step, run), 6) for step in expected} == expected


def test_ema_of_a_still_network_is_the_network() -> None:
    """And of a moving one lies between where it was and where it is."""
    net = nn.Linear(3, 2)
    ema = Ema(net, 0.99)
    start = net.weight.detach().clone()
    ema.update(net)
    assert torch.equal(ema.weights["weight"], start)
    with torch.no_grad():
        net.weight += 1
    for _ in range(20):
        ema.update(net)
    share = ema.weights["weight"] - start
    assert ((share > 0) & (share < 1)).all()


@given(decay=st.floats(0.5, 0.999), values=st.lists(st.floats(-1, 1), min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_ema_by_hand(decay: float, values: list[float]) -> None:
    """The decay rises from 1/11 to its full value."""
    net = nn.Linear(1, 1, bias=False)
    ema, average = Ema(net, decay), float(net.weight.detach())
    for updates, value in enumerate(values, 1):
        nn.init.constant_(net.weight, value)
        ema.update(net)
        keep = min(decay, updates / (updates + 10))
        average = keep * average + (1 - keep) * value
    assert float(ema.weights["weight"]) == pytest.approx(average, abs=1e-5)
    again = Ema(net, decay)
    again.load(ema.state())
    assert again.updates == len(values)
    assert torch.equal(again.weights["weight"], ema.weights["weight"])


def test_a_resumed_average_lies_where_the_network_does(tmp_path: Path) -> None:
    """The meta device stands for the graphics card."""
    save_checkpoint(tmp_path / "c.pt", Ema(nn.Linear(1, 1), 0.9).state())
    ema = Ema(nn.Linear(1, 1, device="meta"), 0.9)
    ema.load(load_checkpoint(tmp_path / "c.pt"))
    assert {tensor.device.type for tensor in ema.weights.values()} == {"meta"}


@given(steps=st.lists(st.integers(0, 100), unique=True).map(sorted), resume=st.integers(0, 101))
@settings(max_examples=25, deadline=None)
def test_log_drops_what_the_checkpoint_has_not_seen(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], resume: int
) -> None:
    """Lines of earlier steps stay as they are; new ones follow."""
    file = tmp_path_factory.mktemp("log") / "log.jsonl"
    log = Log(file, 0)
    for step in steps:
        log.write(step, {"total": step / 7})
    before = file.read_text().splitlines()
    Log(file, resume).write(resume, {"total": 0.5})
    after = file.read_text().splitlines()
    kept = sum(step < resume for step in steps)
    assert after[:-1] == before[:kept]
    assert json.loads(after[-1])["step"] == resume
    assert json.loads(after[-1])["total"] == 0.5


def test_log_survives_a_line_cut_short(tmp_path: Path) -> None:
    """As a killed process or a full disk leaves it."""
    file = tmp_path / "log.jsonl"
    file.write_text('{"step": 9, "total": 1}\n{"step": 19, "to')
    Log(file, 15)
    assert file.read_text() == '{"step": 9, "total": 1}\n'


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_means_are_means_and_start_anew(values: list[float]) -> None:
    """Each loss over the steps that had it."""
    means = Means()
    for index, value in enumerate(values):
        means.add({"all": torch.tensor(value), **({"first": torch.tensor(value)} if index == 0 else {})})
    found = means.take()
    assert found["all"] == pytest.approx(sum(values) / len(values), rel=1e-4, abs=1e-3)
    assert found["first"] == pytest.approx(values[0], rel=1e-5, abs=1e-5)
    assert means.take() == {}


def test_checkpoints_come_back_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    """Over an older one too."""
    file = tmp_path / "checkpoint.pt"
    for step in (1, 2):
        save_checkpoint(file, {"step": step, "net": {"a": torch.arange(3.0)}})
    state = load_checkpoint(file)
    assert state["step"] == 2
    assert torch.equal(state["net"]["a"], torch.arange(3.0))
    assert list(tmp_path.iterdir()) == [file]


def test_a_truncated_checkpoint_is_said(tmp_path: Path) -> None:
    """With its name and what to do."""
    file = tmp_path / "checkpoint.pt"
    save_checkpoint(file, {"net": torch.zeros(1000)})
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"checkpoint\.pt cannot be read .*; delete it"):
        load_checkpoint(file)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no checkpoint", id="text"),
        pytest.param(b"\x80\x02K\x01.", id="another pickle"),
        pytest.param(b"\x00" * 100, id="zeros"),
    ],
)
def test_what_is_no_checkpoint_is_said(tmp_path: Path, content: bytes) -> None:
    """Whatever it is instead."""
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="delete it"):
        load_checkpoint(file)
