"""Encryption: bound to its place, readable after a rotation, silent about values."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import KeyringError
from bot.helpline.crypto import DataKey, Keyring, generate_key

OLD, NEW = generate_key(), generate_key()
PEPPER = "sixteen letters!"
RING = Keyring([NEW, OLD], pepper=PEPPER)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_comes_back(value: object, place: str) -> None:
    assert RING.decrypt(RING.encrypt(value, place), place) == value


def test_lone_surrogates_survive() -> None:
    assert RING.decrypt(RING.encrypt("a\ud800", "p"), "p") == "a\ud800"


def test_the_same_text_never_looks_the_same() -> None:
    assert RING.encrypt("x", "p") != RING.encrypt("x", "p")


def test_a_text_opens_only_at_its_place() -> None:
    with pytest.raises(KeyringError):
        RING.decrypt(RING.encrypt("x", "outbox:1"), "outbox:2")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_every_changed_byte_is_noticed(where: int, change: int) -> None:
    token = bytearray(RING.encrypt("some words", "p"))
    token[where % len(token)] ^= change
    with pytest.raises(KeyringError):
        RING.decrypt(bytes(token), "p")


@pytest.mark.parametrize("length", [0, 1, 5, 16, 20])
def test_a_stump_is_noticed(length: int) -> None:
    with pytest.raises(KeyringError):
        RING.decrypt(RING.encrypt("x", "p")[:length], "p")


def test_old_keys_read_and_the_newest_writes() -> None:
    before = Keyring([OLD], pepper=PEPPER).encrypt("x", "p")
    assert RING.decrypt(before, "p") == "x"
    assert RING.key_id_of(RING.encrypt("x", "p")) == RING.key_ids[0]
    assert RING.key_id_of(before) == RING.key_ids[1]


def test_rewrapping_moves_to_the_newest_key() -> None:
    before = Keyring([OLD], pepper=PEPPER).encrypt("x", "p")
    after = RING.rewrap(before, "p")
    assert after is not None
    assert Keyring([NEW], pepper=PEPPER).decrypt(after, "p") == "x"
    assert RING.rewrap(after, "p") is None


def test_without_its_key_nothing_opens() -> None:
    with pytest.raises(KeyringError):
        Keyring([OLD], pepper=PEPPER).decrypt(RING.encrypt("x", "p"), "p")


def test_a_data_key_is_wrapped_and_bound_to_its_case() -> None:
    key, wrapped = RING.new_data_key("cases:A")
    token = key.encrypt({"t": "x"}, "line:1")
    assert RING.data_key(wrapped, "cases:A").decrypt(token, "line:1") == {"t": "x"}
    with pytest.raises(KeyringError):
        RING.data_key(wrapped, "cases:B")
    with pytest.raises(KeyringError):
        key.decrypt(token, "line:2")
    with pytest.raises(KeyringError):
        DataKey(os.urandom(32)).decrypt(token, "line:1")


def test_a_text_of_the_ring_is_none_of_a_case() -> None:
    key, _ = RING.new_data_key("cases:A")
    with pytest.raises(KeyringError):
        key.decrypt(RING.encrypt("x", "p"), "p")


def test_a_chat_keeps_its_name_when_keys_change() -> None:
    assert RING.chat_key(1, 55) == Keyring([OLD], pepper=PEPPER).chat_key(1, 55)
    assert RING.chat_key(1, 55) != Keyring([NEW], pepper="another pepper 16").chat_key(1, 55)


def test_names_of_chats_differ_by_bot_and_chat() -> None:
    names = {RING.chat_key(1, 55), RING.chat_key(2, 55), RING.chat_key(1, 56), RING.lone_key(1, 55)}
    assert {len(name) for name in names} == {16}
    assert len(names) == 4


SHORT, OTHER_ALPHABET = base64.urlsafe_b64encode(bytes(31)).decode(), base64.b85encode(bytes(32)).decode()


@pytest.mark.parametrize("key", ["", "short", "ñ" * 44, "A" * 43, SHORT, OTHER_ALPHABET])
def test_a_malformed_key_is_named_without_its_value(key: str) -> None:
    with pytest.raises(KeyringError) as caught:
        Keyring([key], pepper=PEPPER)
    assert not key or key not in str(caught.value)


def test_a_ring_needs_a_key_and_a_pepper() -> None:
    with pytest.raises(KeyringError, match="no encryption key"):
        Keyring([], pepper=PEPPER)
    with pytest.raises(KeyringError, match="pepper"):
        Keyring([NEW], pepper="too short")
