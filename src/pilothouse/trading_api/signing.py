"""Kraken's two signatures, made over the raw bytes a client sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def spot_signature(secret: bytes, path: bytes, nonce: bytes, body: bytes) -> bytes:
    """Return the 64 bytes behind `API-Sign`: HMAC-SHA512(path + SHA256(nonce + body))."""
    inner = hashlib.sha256(nonce + body).digest()
    return hmac.new(secret, path + inner, hashlib.sha512).digest()


def futures_signature(secret: bytes, post_data: bytes, nonce: bytes, endpoint: bytes) -> bytes:
    """Return the 64 bytes behind `Authent`: HMAC-SHA512(SHA256(data + nonce + endpoint)).

    `post_data` is the query string followed by the body, each as sent; `endpoint` is the path
    without a leading /derivatives.
    """
    return signed_digest(secret, futures_digest(post_data, nonce, endpoint))


def futures_digest(post_data: bytes, nonce: bytes, endpoint: bytes) -> bytes:
    """Return what is signed of a futures request: the same for every border between the parts."""
    return hashlib.sha256(post_data + nonce + endpoint).digest()


def signed_digest(secret: bytes, digest: bytes) -> bytes:
    """Return the 64 bytes behind `Authent` for a digest."""
    return hmac.new(secret, digest, hashlib.sha512).digest()


def matches(expected: bytes, header: str) -> bool:
    """Tell whether a header is the base64 of a signature, in time that says nothing about it."""
    try:
        given = base64.b64decode(header.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return False
    return hmac.compare_digest(expected, given)
