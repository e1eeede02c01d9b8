"""The remembered state survives storage, older versions and nonsense."""

from __future__ import annotations

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from bot.core.state import State, dump, restore

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
STATES = st.builds(
    State,
    language=st.sampled_from(["", "es", "gn"]),
    country=st.sampled_from(["", "cr", "rw"]),
    role=st.sampled_from(["", "child"]),
    topic=st.sampled_from(["", "abuse/grooming"]),
    path=st.sampled_from(["", "emergency", "urgent"]),
    incident=st.integers(0, 9),
    misses=st.integers(0, 3),
)


@given(STATES)
def test_round_trip_through_json(state: State) -> None:
    stored = json.loads(json.dumps(dump(state)))
    assert restore(stored, case=None, on_duty=False) == state


@given(st.dictionaries(st.sampled_from([*dump(State(language="es", incident=1)), "path", "gone"]), JSON))
def test_what_does_not_fit_falls_back_to_its_default(stored: dict[str, object]) -> None:
    state = restore(stored, case=None, on_duty=False)
    assert state.path in ("", "emergency", "urgent")
    assert isinstance(state.incident, int)
    assert isinstance(state.language, str)


def test_the_state_holds_no_words() -> None:
    """Every text field is one of ours: a code, a topic, a choice; there is none for words of a person."""
    texts = {field.name for field in fields(State) if field.type == "str"}
    ours = {
        "language",
        "country",
        "role",
        "topic",
        "before",
        "part",
        "helped",
        "awaiting",
        "path",
        "path_flag",
    }
    assert texts == ours | {"stage", "draft_told"}
