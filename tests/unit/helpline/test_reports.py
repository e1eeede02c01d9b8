"""Figures for readers outside of the team: nothing so small that somebody could be recognised, nor reckoned."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.outcome import Outcome
from bot.core.taxonomy import FLAGS, Priority
from bot.helpline.reports import Hour, Judged, Load, Report, Waiting, for_outsiders
from bot.helpline.team_load import FEW

COUNT = st.integers(0, 12)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    waits = {p: Waiting(draw(COUNT), 0, 0, timedelta(1), timedelta(1)) for p in Priority}
    return Report(
        waiting=waits,
        overdue=dict.fromkeys(Priority, 0),
        hours=tuple(Hour(draw(COUNT), timedelta(1)) for _ in range(24)),
        team=(Load("Ana", 1, 1, 1),),
        outcomes={outcome: draw(COUNT) for outcome in Outcome},
        flags={name: Judged(draw(COUNT), draw(COUNT)) for name in FLAGS},
        categories={top: draw(COUNT) for top in ("violence", "peers", "family")},
        helped=draw(COUNT),
        not_helped=draw(COUNT),
    )


@given(reports())
def test_no_small_figure_is_shown_and_none_can_be_reckoned_from_a_sum(whole: Report) -> None:
    seen = for_outsiders(whole)
    assert seen.team == ()
    pairs = [
        ([one.opened for one in whole.waiting.values()], [one.opened for one in seen.waiting.values()]),
        ([one.opened for one in whole.hours], [one.opened for one in seen.hours]),
        ([*whole.outcomes.values()], [*seen.outcomes.values()]),
        ([*whole.categories.values()], [*seen.categories.values()]),
    ]
    for before, after in pairs:
        assert not [n for n in after if 0 < n < FEW]
        gone = len([n for n in before if n]) - len([n for n in after if n])
        assert gone != 1 or sum(n > 0 for n in before) == 1
        assert seen.left_out or gone == 0
    assert not [one for one in seen.flags.values() if 0 < one.right + one.wrong < FEW]


@given(reports())
def test_what_is_hidden_is_not_told_as_nought(whole: Report) -> None:
    seen = for_outsiders(whole)
    for priority, wait in seen.waiting.items():
        assert wait.few or wait == whole.waiting[priority]
    for at, hour in enumerate(seen.hours):
        assert hour.few or hour == whole.hours[at]
