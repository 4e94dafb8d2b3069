"""Encryption of what could name a person, and the keyed hash by which an address is found.

AES-256-GCM with a random nonce; each value carries the id of its key and is bound to the column it
stands in, so that a value copied to another column does not open. Addresses are looked up by
HMAC-SHA-256 under a key of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY = 32
_NAME = 32
_INDEX = "index"


class KeyringError(ValueError):
    """The keys are missing, malformed or another database's; the text says what to write and holds no key."""


class SealError(ValueError):
    """A stored value does not open: its key is missing, or it was changed."""


@dataclass(frozen=True, slots=True)
class Cipher:
    """Seals and opens values, and hashes addresses.

    Attributes:
        primary: the id of the key that new values are sealed with.
        keys: every key that values may have been sealed with, by id.
        index: the key of the address hash.
    """

    primary: str
    keys: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    _ready: dict[str, AESGCM] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare each key once."""
        object.__setattr__(self, "_ready", {name: AESGCM(key) for name, key in self.keys.items()})

    def seal(self, column: str, text: str) -> bytes:
        """Encrypt `text` for the column named ("clients.name")."""
        nonce = os.urandom(_NONCE)
        name = self.primary.encode()
        sealed = self._ready[self.primary].encrypt(nonce, text.encode(), column.encode())
        return bytes([len(name)]) + name + nonce + sealed

    def open(self, column: str, sealed: bytes) -> str:
        """Decrypt what `seal` gave for the same column.

        Raises:
            SealError: no such key here, another column, or changed bytes.
        """
        size = 1 + sealed[0] if sealed else 0
        key = self._ready.get(sealed[1:size].decode("utf-8", "replace"))
        if key is None:
            msg = f"a value in {column} was sealed with a key that is not in the keyring"
            raise SealError(msg)
        try:
            return key.decrypt(
                sealed[size : size + _NONCE], sealed[size + _NONCE :], column.encode()
            ).decode()
        except (InvalidTag, ValueError) as error:
            msg = f"a value in {column} does not open: it was changed, or moved from another column"
            raise SealError(msg) from error

    def fingerprint(self, kind: str, text: str) -> bytes:
        """Hash `text` under the index key, so that it can be looked up without being readable."""
        return hmac.digest(self.index, f"{kind}\0{text}".encode(), hashlib.sha256)


def parse_keyring(text: str) -> Cipher:
    """Read a keyring: one `id base64key` a line, `index` among them; the first other one is primary.

    Raises:
        KeyringError: what is wrong with which line.
    """
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, value = _parted(line, number)
        if name in keys:
            msg = f"line {number} of the keyring repeats an id: every key needs its own"
            raise KeyringError(msg)
        keys[name] = value
    index = keys.pop(_INDEX, None)
    if index is None or not keys:
        msg = "a keyring needs a line `index <key>` and a line `<id> <key>`, keys as base64 of 32 bytes"
        raise KeyringError(msg)
    return Cipher(next(iter(keys)), keys, index)


def _parted(line: str, number: int) -> tuple[str, bytes]:
    name, _, value = line.strip().partition(" ")
    try:
        key = base64.b64decode(value.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY or not name.isascii() or len(name) > _NAME:
        msg = f"line {number} of the keyring is not `<id> <base64 of 32 bytes>`"
        raise KeyringError(msg)
    return name, key


def new_keyring() -> str:
    """Make the text of a fresh keyring."""
    key, index = (base64.b64encode(secrets.token_bytes(_KEY)).decode() for _ in range(2))
    return (
        "# Attune's keys. Without this file nothing that names a person can be read again:\n"
        "# keep a copy apart from the database's backup, and never in the same place.\n"
        f"k1 {key}\n{_INDEX} {index}\n"
    )


def load_or_make(path: Path) -> tuple[Cipher, bool]:
    """Read the keyring at `path`, or make one there, readable by its owner only.

    Returns:
        The cipher, and whether the file was made now.

    Raises:
        KeyringError: the file is there and is no keyring.
    """
    made = not path.exists() and _make(path)
    return parse_keyring(path.read_text(encoding="utf-8", errors="replace")), made


def _make(path: Path) -> bool:
    """Write new keys beside `path` and link them there whole; False where another process was first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(new_keyring())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
