"""What could name a person is unreadable without its key, and does not open in another place."""

from __future__ import annotations

import base64
import hashlib
import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import Cipher, KeyringError, SealError, load_or_make, new_keyring, parse_keyring

KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in range(4)]
OLD = parse_keyring(f"k1 {KEYS[1]}\nindex {KEYS[0]}\n")
ROTATED = parse_keyring(f"k2 {KEYS[2]}\nk1 {KEYS[1]}\nindex {KEYS[0]}\n")
STRANGE = parse_keyring(f"k1 {KEYS[3]}\nindex {KEYS[0]}\n")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_what_was_sealed_opens_again(text: str) -> None:
    assert OLD.open("clients.name", OLD.seal("clients.name", text)) == text


@given(TEXTS.filter(lambda text: len(text) > 3))
def test_what_was_sealed_does_not_show(text: str) -> None:
    assert text.encode() not in OLD.seal("clients.name", text)


def test_the_same_text_is_never_sealed_alike() -> None:
    sealed = {OLD.seal("clients.name", "Alice") for _ in range(100)}
    assert len(sealed) == 100


def test_a_value_does_not_open_in_another_column() -> None:
    with pytest.raises(SealError, match=r"^a value in outbox\.body does not open: it was changed, or moved"):
        OLD.open("outbox.body", OLD.seal("clients.name", "Alice"))


def test_a_value_does_not_open_with_another_key_of_the_same_name() -> None:
    with pytest.raises(SealError, match=r"^a value in clients\.name does not open"):
        STRANGE.open("clients.name", OLD.seal("clients.name", "Alice"))


def test_after_a_rotation_old_values_open_and_new_ones_have_the_new_key() -> None:
    assert ROTATED.open("clients.name", OLD.seal("clients.name", "Alice")) == "Alice"
    with pytest.raises(
        SealError, match=r"^a value in clients\.name was sealed with a key that is not in the keyring$"
    ):
        OLD.open("clients.name", ROTATED.seal("clients.name", "Alice"))


@given(TEXTS, st.data())
def test_a_changed_byte_anywhere_is_seen(text: str, data: st.DataObject) -> None:
    sealed = bytearray(OLD.seal("clients.name", text))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        OLD.open("clients.name", bytes(sealed))


@given(TEXTS, st.data())
def test_a_value_cut_short_or_made_longer_is_seen(text: str, data: st.DataObject) -> None:
    sealed = OLD.seal("clients.name", text)
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for wrong in (sealed[:cut], sealed + b"\0"):
        with pytest.raises(SealError):
            OLD.open("clients.name", wrong)


@given(st.binary(max_size=64))
def test_bytes_that_were_never_sealed_do_not_open(noise: bytes) -> None:
    with pytest.raises(SealError):
        OLD.open("clients.name", noise)


def test_an_address_is_found_by_its_hash_and_by_nothing_else() -> None:
    found = OLD.fingerprint("address:sms", "+15550100")
    assert found == hmac.digest(b"\0" * 32, b"address:sms\x00+15550100", hashlib.sha256)
    assert found == ROTATED.fingerprint("address:sms", "+15550100"), "a rotation leaves addresses findable"
    others = parse_keyring(f"k1 {KEYS[1]}\nindex {KEYS[3]}\n")
    assert found not in {
        OLD.fingerprint("address:telegram", "+15550100"),
        OLD.fingerprint("address:sms", "+15550101"),
        others.fingerprint("address:sms", "+15550100"),
    }


def test_a_cipher_shows_no_key() -> None:
    assert repr(OLD) == "Cipher(primary='k1')"


LINE = "is not `<id> <base64 of 32 bytes>`"
NEEDS = "a keyring needs a line `index <key>` and"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", NEEDS, id="empty"),
        pytest.param("# only a comment\n\n", NEEDS, id="only a comment"),
        pytest.param(f"k1 {KEYS[1]}\n", NEEDS, id="no index"),
        pytest.param(f"index {KEYS[0]}\n", NEEDS, id="nothing but the index"),
        pytest.param(f"index {KEYS[0]}\nk1\n", f"line 2 of the keyring {LINE}", id="no key"),
        pytest.param(
            f"index {KEYS[0]}\n\nk1 {KEYS[1][:-4]}\n", f"line 3 of the keyring {LINE}", id="too short"
        ),
        pytest.param(f"k1 {KEYS[1]}AAAA\nindex {KEYS[0]}\n", f"line 1 of the keyring {LINE}", id="too long"),
        pytest.param(
            f"k1 {KEYS[1][:-1]}!\nindex {KEYS[0]}\n", f"line 1 of the keyring {LINE}", id="no base64"
        ),
        pytest.param(
            f"k1 {KEYS[1][:-1]}é\nindex {KEYS[0]}\n", f"line 1 of the keyring {LINE}", id="no ASCII"
        ),
        pytest.param(
            f"clé {KEYS[1]}\nindex {KEYS[0]}\n", f"line 1 of the keyring {LINE}", id="an id not ASCII"
        ),
        pytest.param(
            f"{'k' * 33} {KEYS[1]}\nindex {KEYS[0]}\n", f"line 1 of the keyring {LINE}", id="a long id"
        ),
        pytest.param(
            f"k1 {KEYS[1]}\nk1 {KEYS[2]}\nindex {KEYS[0]}\n",
            "line 2 of the keyring repeats an id",
            id="twice",
        ),
    ],
)
def test_a_wrong_keyring_is_told_by_line_and_without_a_key(text: str, told: str) -> None:
    with pytest.raises(KeyringError) as raised:
        parse_keyring(text)
    assert str(raised.value).startswith(told)
    assert not any(key[:8] in str(raised.value) for key in KEYS)
    assert raised.value.__cause__ is raised.value.__context__ is None


def test_a_keyring_may_hold_comments_and_any_order() -> None:
    read = parse_keyring(f"# ours\n  index {KEYS[0]}  \n\nk2   {KEYS[2]}\nk1 {KEYS[1]}\n")
    assert (read.primary, dict(read.keys)) == ("k2", {"k2": b"\2" * 32, "k1": b"\1" * 32})


def test_every_new_keyring_is_different_and_can_be_read() -> None:
    one, other = parse_keyring(new_keyring()), parse_keyring(new_keyring())
    assert one.keys["k1"] != other.keys["k1"] != other.index != one.index


def test_a_keyring_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "attune.keys"
    made, fresh = load_or_make(path)
    text = path.read_text()
    assert fresh
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make(path) == (made, False)
    assert path.read_text() == text


@pytest.mark.parametrize("content", [b"", b"k1 nonsense\n", b"\xff\xfe\x00k1"])
def test_a_file_that_is_no_keyring_is_never_written_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "attune.keys"
    path.write_bytes(content)
    with pytest.raises(KeyringError):
        load_or_make(path)
    assert path.read_bytes() == content


def test_a_keyring_cannot_be_made_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_or_make(tmp_path / "missing" / "attune.keys")


def test_a_new_cipher_seals_with_its_primary_key() -> None:
    assert OLD.seal("a.b", "c")[:3] == b"\x02k1"
    assert ROTATED.seal("a.b", "c")[:3] == b"\x02k2"
    assert isinstance(OLD, Cipher)


def test_of_many_who_make_the_keys_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "attune.keys"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_or_make(path), range(8)))
    assert {cipher.index for cipher, _ in found} == {found[0][0].index}
    assert [made for _, made in found].count(True) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["attune.keys"]
