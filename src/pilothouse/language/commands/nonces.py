"""What was signed is used once: a key's nonce, or a request that has none."""

from pilothouse.language.schema import Command, command, word

NONCE_BASE = 10**10
"""A nonce of 64 bits without a sign is two words: `nonce_hi` times this, plus `nonce_lo`."""


@command(192, "A key uses a nonce")
class UseNonce(Command):
    """Use a nonce of a key, before what was signed with it is carried out.

    It must be above every nonce the key has used. With a digest the signature is one over text
    and nonce without a border between them: then the nonce must also be told apart from the text
    (see the rule), and the digest must not be that of a request that was used without a nonce.
    """

    key: int = word("63 bits of the hash of the key's public half and its API")
    nonce_hi: int = word("the nonce divided by 10^10")
    nonce_lo: int = word("the nonce modulo 10^10")
    digest_hi: int = word("upper half of the digest of all that was signed", default=0)
    digest_lo: int = word("lower half of it, both 0 for none", default=0)


@command(193, "A key uses a request without a nonce")
class UseRequest(Command):
    """Use a signed request without a nonce: once for its digest, while its account has some left.

    Where no account is named the bound is the key's own.
    """

    key: int = word("63 bits of the hash of the key's public half and its API")
    digest_hi: int = word("upper half of the digest of all that was signed")
    digest_lo: int = word("lower half of it")
    account: int = word("the account whose key it is, 0 where it is not told", default=0)
