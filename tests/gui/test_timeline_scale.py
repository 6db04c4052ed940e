"""The numbers behind the timeline: seconds and pixels, lanes, ticks, merged stretches, waveform columns."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import timecode
from app.core.edits import move_segment, set_offset
from app.core.project import Project
from app.core.timebase import TimeRange
from app.core.timecode import Counting
from app.ui.panels.timeline.faces import face_band
from app.ui.panels.timeline.lanes import FROZEN, lay_out
from app.ui.panels.timeline.peak_columns import BLOCK, PeakColumns
from app.ui.panels.timeline.scale import Limits, TimeScale
from app.ui.panels.timeline.spans import from_pairs, table_of
from app.ui.panels.timeline.ticks import ticks_of
from tests.gui.timeline_material import F, Words, example, make_analysis, make_clip

LIMITS = Limits(duration=7200.0, fps=25.0, width=1000)
RATES = [F(24000, 1001), F(24), F(25), F(30000, 1001), F(30), F(50), F(60000, 1001), F(120)]


@given(st.floats(0, 7200), st.floats(0.2, 4000), st.floats(0.1, 10), st.floats(0, 1000))
def test_zoom_keeps_the_time_under_the_cursor(scroll: float, zoom: float, factor: float, x: float) -> None:
    scale = LIMITS.clamp(scroll, zoom)
    zoomed = LIMITS.zoomed(scale, factor, x)
    free = 0 < zoomed.scroll < LIMITS.last_scroll(zoomed.zoom)
    assert not free or abs(zoomed.x_of(scale.seconds_at(x)) - x) < 1e-3
    assert LIMITS.smallest <= zoomed.zoom <= LIMITS.largest
    assert 0 <= zoomed.scroll <= LIMITS.last_scroll(zoomed.zoom)


def test_fit_shows_all_and_paging_follows() -> None:
    fitted = LIMITS.fitted()
    assert fitted.x_of(0) == 0 and 980 < fitted.x_of(7200) <= 1000
    near = LIMITS.clamp(0, 100)
    assert LIMITS.paged(near, 5.0) == near
    assert 0 < LIMITS.paged(near, 10.5).x_of(10.5) < 150
    assert LIMITS.revealed(near, 10.5, 48).x_of(10.5) == pytest.approx(952)
    assert LIMITS.revealed(LIMITS.clamp(100, 100), 99, 48).x_of(99) == pytest.approx(48)


def test_days_of_picture_stay_within_a_scroll_bar() -> None:
    long = Limits(duration=7 * 24 * 3600.0, fps=240.0, width=1000)
    assert long.last_scroll(long.largest) * long.largest < 2**31


@pytest.mark.parametrize(("height", "scroll"), [(100, 0), (100, 40), (330, 0), (2000, 0)])
def test_lanes_lie_below_each_other(height: int, scroll: int) -> None:
    layout = lay_out(16, height, scroll)
    for above, below in zip(layout.lanes, layout.lanes[1:], strict=False):
        assert below.top >= above.bottom or (above.name in FROZEN and below.name not in FROZEN)
    assert layout["ruler"].top == 0
    assert layout.natural > 100 if height == 100 else layout.natural <= height
    for lane in layout.lanes:
        seen = layout.at(lane.middle)
        assert seen == lane or lane.middle < layout.head


@pytest.mark.parametrize("rate", RATES)
def test_timecodes_do_not_touch_and_stand_where_they_are_round(rate: Fraction) -> None:
    for zoom in (0.05, 1.0, 30.0, 700.0, 6000.0):
        for start in (0.0, 55.0, 595.0):
            check_ticks(rate, TimeScale(start, zoom, 1200))


def check_ticks(rate: Fraction, scale: TimeScale) -> None:
    ticks = ticks_of(Counting(rate))
    seen = ticks.in_sight(scale, 100.0, 0, 1200)
    major = [tick.frame for tick in seen if tick.major]
    assert len(seen) < 400 and major
    assert np.all(np.diff([tick.frame for tick in seen]) > 0)
    assert np.all(np.diff(major) / float(rate) * scale.zoom >= 98)
    left_out = ticks.nominal // 15 if ticks.drop else 0
    for frame in major if ticks.step(scale.zoom, 100.0) >= ticks.nominal else []:
        text = ticks.counting.format(frame / rate)
        assert int(text.replace(";", ":").split(":")[-1]) in (0, left_out), text


def test_drop_frame_labels() -> None:
    rate = F(30000, 1001)
    ticks = ticks_of(Counting(rate))
    assert ticks.frame_of_label(1800) == 1800  # 00:01:00;00 and ;01 are left out: the next one is ;02
    assert ticks.frame_of_label(18000) == 17982
    assert timecode.format(ticks.frame_of_label(18000) / rate, rate, True) == "00:10:00;00"


@given(
    st.lists(st.tuples(st.floats(0, 0.9), st.floats(0.001, 0.9)), max_size=40),
    st.floats(-3, 20),
    st.floats(0.5, 300),
)
def test_columns_are_those_that_a_stretch_touches(parts: list[tuple[float, float]], scroll: float, zoom: float) -> None:
    pairs: list[tuple[float, float]] = []
    time = 0.0
    for gap, length in parts:
        pairs.append((time + gap, time + gap + length))
        time = pairs[-1][1]
    scale = TimeScale(scroll, zoom, 200)
    found = from_pairs(pairs).columns(scale, 0, 200)
    wanted = np.zeros(200, bool)
    for start, stop in pairs:
        first = int(np.floor((start - scroll) * zoom))
        last = max(int(np.ceil((stop - scroll) * zoom)), first + 1)
        wanted[max(0, first) : max(0, min(200, last))] = True
    assert np.array_equal(found[1:-1], wanted[1:-1])


def test_runs_never_outnumber_the_pixels() -> None:
    spans = from_pairs([(n * 0.001, n * 0.001 + 0.0005) for n in range(5000)])
    assert spans.runs(TimeScale(0, 10, 100), 0, 100) == [(0, 50)]
    assert spans.visible(1.0, 1.01) == slice(1000, 1010)


def test_the_table_after_an_edit_is_as_if_made_anew() -> None:
    whole = TimeRange(F(0), F(20))
    before = example()
    old = table_of(before, whole)
    for after in (move_segment(before, 2, F(8), whole), set_offset(before, F(3)), Project(segments=()), Project()):
        quick, anew = table_of(after, whole, old), table_of(after, whole)
        assert quick.segments == anew.segments and quick.implied == anew.implied
        for one, other in zip(
            (quick.spans.starts, quick.spans.stops, quick.own_offsets),
            (anew.spans.starts, anew.spans.stops, anew.own_offsets),
            strict=True,
        ):
            assert np.array_equal(one, other, equal_nan=True)


def test_a_project_without_segments_stands_for_all_of_the_clip() -> None:
    table = table_of(Project(), TimeRange(F(0), F(20)))
    assert table.implied and [(s.range.start, s.range.stop, s.id) for s in table.segments] == [(0, 20, 1)]


def test_waveform_columns_are_read_once_and_wherever_the_voice_lies() -> None:
    sound, columns = Words(40.0), PeakColumns()
    columns.set_peaks(sound)
    numbers = np.arange(100, 1100)
    low, high = columns.read(numbers, 50.0)
    wanted_low, wanted_high = Words(40.0).read(0, 2.0, 22.0, 1000)
    assert np.allclose(low, wanted_low, atol=1e-5) and np.allclose(high, wanted_high, atol=1e-5)
    reads = sound.reads
    columns.read(numbers + 20, 50.0)
    assert sound.reads == reads
    scattered = np.concatenate([numbers[:50], numbers[:50] + 3 * BLOCK])
    assert np.array_equal(columns.read(scattered, 50.0)[1][:50], columns.read(numbers[:50], 50.0)[1])
    assert not columns.read(np.arange(-500, -400), 50.0)[1].any()


def test_face_band() -> None:
    clip = make_clip()
    band = face_band(make_analysis(clip), 0)
    assert [(span.start_time, span.stop_time) for span in band.faceless] == [(F(187, 25), F(312, 25))]
    gap = band.faceless_at(8.0)
    assert gap is not None and gap.reason == "other faces only"
    assert band.faceless_at(5.0) is None and band.uncertain_at(3.0) and not band.uncertain_at(1.0)
    assert len(band.cuts) == 2


def test_segments_that_share_time_with_many_stretches() -> None:
    spans = from_pairs([(0, 1), (2, 3), (5, 6)])
    others = from_pairs([(1, 2), (F(1, 2), F(5, 2)), (3, 5), (5, 9)])
    assert spans.touched(others).tolist() == [False, True, False, True]
