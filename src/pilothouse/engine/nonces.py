"""What was signed stays single: the nonces of keys, and the requests that had none.

Rows are made for keys whose signature was right, so their number is that of the keys there are,
and one for each account that signs without nonces: it is found by the account's negative number.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.hashes import code_of, insert, probe, row_at
from pilothouse.engine.state import State
from pilothouse.language.refusals import (
    KEY_NEEDS_A_NONCE,
    KEY_SIGNS_WITHOUT_NONCES,
    KEY_TABLE_IS_FULL,
    MALFORMED_COMMAND,
    NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT,
    NONCE_IS_NOT_ABOVE_THE_LAST,
    REQUEST_TABLE_IS_FULL,
    REQUEST_WAS_USED_ALREADY,
)
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.nonces import (
    WITHOUT_NONCE_SHARE,
    is_above,
    is_longer,
    is_nonce,
)


@inner
def use_nonce(s: State, c: Any) -> int:
    """Use a nonce of a key; return 0 or why it may not be used."""
    if not is_nonce(c.nonce_hi, c.nonce_lo):
        return MALFORMED_COMMAND
    row = find_key(s, c.key)
    k = s.keys[row]
    signed_without_border = c.digest_hi != 0 or c.digest_lo != 0
    if k.nonced != 0:
        if not is_above(c.nonce_hi, c.nonce_lo, k.last_hi, k.last_lo):
            return NONCE_IS_NOT_ABOVE_THE_LAST
        if signed_without_border and is_longer(c.nonce_hi, c.nonce_lo, k.first_hi, k.first_lo):
            return NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT
    elif k.without_nonce != 0:
        # Its digits may be the end of a text that was signed without.
        return KEY_SIGNS_WITHOUT_NONCES
    if signed_without_border and find_request(s, c.key, c.digest_hi, c.digest_lo) != 0:
        return REQUEST_WAS_USED_ALREADY
    if row == 0:
        if s.exchange[0].keys_used + 1 >= s.keys.shape[0]:
            return KEY_TABLE_IS_FULL
        row = _new_key(s, c.key)
    k = s.keys[row]
    if k.nonced == 0:
        k.nonced = 1
        k.first_hi = c.nonce_hi
        k.first_lo = c.nonce_lo
    k.last_hi = c.nonce_hi
    k.last_lo = c.nonce_lo
    return 0


@inner
def use_request(s: State, c: Any) -> int:
    """Use a request that has no nonce; return 0 or why it may not be used.

    All keys of an account share what one sender may use. A key that signs with nonces never signs
    without: else a nonce could be moved into the text.
    """
    x = s.exchange[0]
    if c.account < 0:
        return MALFORMED_COMMAND
    row, sender = find_key(s, c.key), -c.account if c.account != 0 else c.key
    of_sender = find_key(s, sender)
    if s.keys[row].nonced != 0:
        return KEY_NEEDS_A_NONCE
    if find_request(s, c.key, c.digest_hi, c.digest_lo) != 0:
        return REQUEST_WAS_USED_ALREADY
    if s.keys[of_sender].without_nonce >= max(1, (s.requests.shape[0] - 1) // WITHOUT_NONCE_SHARE):
        return KEY_NEEDS_A_NONCE
    new = int(row == 0) + int(of_sender == 0 and sender != c.key)
    if new != 0 and x.keys_used + new >= s.keys.shape[0]:
        return KEY_TABLE_IS_FULL
    if x.requests_used + 1 >= s.requests.shape[0]:
        return REQUEST_TABLE_IS_FULL
    _count_without(s, c.key)
    if sender != c.key:
        _count_without(s, sender)
    x.requests_used += 1
    r = s.requests[x.requests_used]
    r.key = c.key
    r.digest_hi = c.digest_hi
    r.digest_lo = c.digest_lo
    insert(s.request_index, request_code(s, c.digest_hi, c.digest_lo), x.requests_used)
    return 0


@inlined
def _count_without(s: State, key: int) -> None:
    row = find_key(s, key)
    if row == 0:
        row = _new_key(s, key)
    s.keys[row].without_nonce += 1


@inlined
def key_code(s: State, key: int) -> int:
    """Return the code of a key in the index."""
    return code_of(s.exchange[0].hash_seed, key, 0)


@inlined
def request_code(s: State, digest_hi: int, digest_lo: int) -> int:
    """Return the code of a request in the index."""
    return code_of(s.exchange[0].hash_seed, digest_hi, digest_lo)


@inlined
def find_key(s: State, key: int) -> int:
    """Return the row of a key, or 0."""
    code = key_code(s, key)
    place = probe(s.key_index, code, code)
    row = row_at(s.key_index, place)
    while row != 0:
        if s.keys[row].key == key:
            return row
        place = probe(s.key_index, code, place + 1)
        row = row_at(s.key_index, place)
    return 0


@inlined
def find_request(s: State, key: int, digest_hi: int, digest_lo: int) -> int:
    """Return the row of a request that was used without a nonce, or 0."""
    code = request_code(s, digest_hi, digest_lo)
    place = probe(s.request_index, code, code)
    row = row_at(s.request_index, place)
    while row != 0:
        r = s.requests[row]
        if r.key == key and r.digest_hi == digest_hi and r.digest_lo == digest_lo:
            return row
        place = probe(s.request_index, code, place + 1)
        row = row_at(s.request_index, place)
    return 0


@inlined
def _new_key(s: State, key: int) -> int:
    x = s.exchange[0]
    x.keys_used += 1
    s.keys[x.keys_used].key = key
    insert(s.key_index, key_code(s, key), x.keys_used)
    return x.keys_used
