"""The AnoChat protocol, version 1, suite 1: a second implementation, written from docs/protocol.md alone.

It exists to check the test vectors, and through them the page and the library. It is slow, keeps keys in ordinary
memory and takes no care about timing: never use it to talk to anybody.

Randomness is a `Draws`: byte strings that are consumed in the order in which the page says they are drawn, so that a
recorded conversation can be replayed. A refusal is an `AnoError` whose `name` is the error name of the page.

Needs Python 3.10 and one of `cryptography` and PyNaCl (X25519, Ed25519, ChaCha20-Poly1305).
"""

import base64
import copy
import hashlib
import hmac
import os

import mlkem768

# --- errors and encodings --------------------------------------------------------------------------------------------


class AnoError(Exception):
    def __init__(self, name, why=""):
        super().__init__(f"{name}: {why}" if why else name)
        self.name = name


def require(condition, name, why=""):
    if not condition:
        raise AnoError(name, why)


def be(x, size):
    return x.to_bytes(size, "big")


def be16(x):
    return be(x, 2)


def be32(x):
    return be(x, 4)


def be64(x):
    return be(x, 8)


def lp(x):
    x = x.encode() if isinstance(x, str) else x
    return be32(len(x)) + x


class Reader:
    """Takes fields off a byte string; raises `error` when there are not enough bytes, or some are left."""

    def __init__(self, data, error):
        self.data, self.at, self.error = data, 0, error

    def take(self, size):
        require(len(self.data) - self.at >= size, self.error, "too short")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def end(self):
        require(self.at == len(self.data), self.error, "too long")


class Draws:
    """Recorded randomness. `Draws()` draws fresh bytes and records them in `taken`."""

    def __init__(self, values=None):
        self.left = None if values is None else list(values)
        self.taken = []

    def take(self, size):
        if self.left is None:
            value = os.urandom(size)
        else:
            if not self.left:
                raise LookupError(f"a draw of {size} bytes is needed but none is left")
            value = self.left.pop(0)
            if len(value) != size:
                raise LookupError(f"a draw of {size} bytes is needed but the next has {len(value)}")
        self.taken.append(value)
        return value

    def done(self):
        return not self.left


# --- section 1: primitives -------------------------------------------------------------------------------------------


def _cryptography_backend():
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    class Backend:
        name = "cryptography"

        @staticmethod
        def raw(public_key):
            return public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)

        @staticmethod
        def x25519_public(private):
            return Backend.raw(X25519PrivateKey.from_private_bytes(private).public_key())

        @staticmethod
        def x25519(private, public):
            try:
                return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
            except ValueError:  # all zero
                return bytes(32)

        @staticmethod
        def ed25519_public(seed):
            return Backend.raw(Ed25519PrivateKey.from_private_bytes(seed).public_key())

        @staticmethod
        def ed25519_sign(seed, message):
            return Ed25519PrivateKey.from_private_bytes(seed).sign(message)

        @staticmethod
        def ed25519_verify(public, message, signature):
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
                return True
            except (InvalidSignature, ValueError):
                return False

        @staticmethod
        def seal(key, nonce, ad, text):
            return ChaCha20Poly1305(key).encrypt(nonce, text, ad)

        @staticmethod
        def open(key, nonce, ad, text):
            try:
                return ChaCha20Poly1305(key).decrypt(nonce, text, ad)
            except InvalidTag:
                return None

    return Backend


def _nacl_backend():
    from nacl import bindings, exceptions

    class Backend:
        name = "PyNaCl"

        @staticmethod
        def x25519_public(private):
            return bindings.crypto_scalarmult_base(private)

        @staticmethod
        def x25519(private, public):
            try:
                return bindings.crypto_scalarmult(private, public)
            except exceptions.CryptoError:  # all zero
                return bytes(32)

        @staticmethod
        def ed25519_public(seed):
            return bindings.crypto_sign_seed_keypair(seed)[0]

        @staticmethod
        def ed25519_sign(seed, message):
            return bindings.crypto_sign(message, bindings.crypto_sign_seed_keypair(seed)[1])[:64]

        @staticmethod
        def ed25519_verify(public, message, signature):
            try:
                bindings.crypto_sign_open(signature + message, public)
                return True
            except exceptions.CryptoError:
                return False

        @staticmethod
        def seal(key, nonce, ad, text):
            return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(text, ad, nonce, key)

        @staticmethod
        def open(key, nonce, ad, text):
            try:
                return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(text, ad, nonce, key)
            except exceptions.CryptoError:
                return None

    return Backend


def _choose_backend():
    candidates = {"cryptography": _cryptography_backend, "nacl": _nacl_backend}
    wanted = os.environ.get("ANOCHAT_REFERENCE_BACKEND")
    for name, make in candidates.items():
        if wanted in (None, "", name):
            try:
                return make()
            except ImportError:
                continue
    raise ImportError("the AnoChat reference needs the Python package cryptography or PyNaCl")


backend = _choose_backend()


def H(x):
    return hashlib.blake2b(x, digest_size=32).digest()


def H512(x):
    return hashlib.blake2b(x, digest_size=64).digest()


def extract(k, x):
    assert len(k) == 32
    return hashlib.blake2b(x, digest_size=32, key=k).digest()


def derive(k, i, c, n):
    assert len(k) == 32 and len(c) == 8
    salt = i.to_bytes(16, "little")
    return hashlib.blake2b(b"", digest_size=n, key=k, salt=salt, person=c.encode().ljust(16, b"\0")).digest()


def derive_three(k, c):
    return tuple(derive(k, i, c, 32) for i in (1, 2, 3))


P25519 = 2**255 - 19
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_X25519_LOW_ORDER = {
    bytes(32),
    (1).to_bytes(32, "little"),
    (P25519 - 1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
}
_ED25519_LOW_ORDER_Y = {  # the sign bit is removed before comparing
    0,
    1,
    P25519 - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
}


def acceptable_x25519(public):
    return len(public) == 32 and int.from_bytes(public, "little") < P25519 and public not in _X25519_LOW_ORDER


def X(private, public):
    require(acceptable_x25519(public), "bad_key", "X25519 public key")
    shared = backend.x25519(private, public)
    require(shared != bytes(32), "bad_key", "X25519 result is zero")
    return shared


def x25519_public(private):
    return backend.x25519_public(private)


def sign(seed, x):
    return backend.ed25519_sign(seed, x)


def ed25519_public(seed):
    return backend.ed25519_public(seed)


def verify(public, x, signature):
    def sound_point(encoded):
        y = int.from_bytes(encoded, "little") & (2**255 - 1)
        return y < P25519 and y not in _ED25519_LOW_ORDER_Y

    if len(public) != 32 or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= ED25519_ORDER:
        return False
    if not sound_point(public) or not sound_point(signature[:32]):
        return False
    return backend.ed25519_verify(public, x, signature)


def seal(key, nonce, ad, x):
    return backend.seal(key, nonce, ad, x)


def open_sealed(key, nonce, ad, x):
    return backend.open(key, nonce, ad, x) if len(x) >= 16 else None


def _hchacha20(key, nonce):
    state = [int.from_bytes((b"expand 32-byte k" + key + nonce)[i : i + 4], "little") for i in range(0, 64, 4)]

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            word = state[z] ^ state[x]
            state[z] = (word << turn | word >> (32 - turn)) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join(word.to_bytes(4, "little") for word in state[:4] + state[12:])


def xseal(key, nonce, ad, x):
    """XChaCha20-Poly1305-IETF."""
    return seal(_hchacha20(key, nonce[:16]), bytes(4) + nonce[16:], ad, x)


def xopen(key, nonce, ad, x):
    return open_sealed(_hchacha20(key, nonce[:16]), bytes(4) + nonce[16:], ad, x)


# --- section 2: identities -------------------------------------------------------------------------------------------

MAX_DEVICE = 2**31 - 1


def account_id(account_key):
    return H(lp("AnoChat/1/account") + account_key)


def address(account_key, device):
    return account_id(account_key) + be32(device)


class Device:
    """The private side of one device. `account_seed` is there only because test vectors make certificates too."""

    def __init__(self, account_seed, device, signing_seed, agreement_private):
        self.account_seed, self.device = account_seed, device
        self.signing_seed, self.agreement_private = signing_seed, agreement_private
        self.account_key = ed25519_public(account_seed)
        self.address = address(self.account_key, device)
        self.identity = b"\x01" + ed25519_public(signing_seed) + x25519_public(agreement_private)
        self.certificate = make_certificate(account_seed, device, self.identity)


def make_certificate(account_seed, device, identity):
    account_key = ed25519_public(account_seed)
    signed = lp("AnoChat/1/device") + address(account_key, device) + identity
    return account_key + be32(device) + identity + sign(account_seed, signed)


def check_identity(identity):
    require(len(identity) == 65 and identity[0] == 1, "bad_key", "device identity version")
    require(acceptable_x25519(identity[33:]), "bad_key", "agreement key")


def open_certificate(certificate):
    """(address, device identity) of a valid certificate."""
    assert len(certificate) == 165
    account_key, device = certificate[:32], int.from_bytes(certificate[32:36], "big")
    identity, signature = certificate[36:101], certificate[101:]
    addr = address(account_key, device)
    require(verify(account_key, lp("AnoChat/1/device") + addr + identity, signature), "bad_signature", "certificate")
    require(1 <= device <= MAX_DEVICE, "bad_key", "device number")
    check_identity(identity)
    return addr, identity


def make_device_list(account_seed, version, issued, entries):
    account_key = ed25519_public(account_seed)
    body = be64(version) + be64(issued) + be32(len(entries)) + b"".join(be32(d) + did for d, did in entries)
    return account_key + body + sign(account_seed, lp("AnoChat/1/device-list") + account_key + body)


MAX_ISSUED = 9_223_372_036_854_775


def open_device_list(data, account, known=None):
    """(version, issued, [(device, identity)]); `known` is the newest list seen so far, encoded."""
    r = Reader(data, "bad_bundle")
    key, version, issued, count = r.take(32), r.number(8), r.number(8), r.number(4)
    require(1 <= count <= 32, "bad_bundle", "count")
    entries = [(r.number(4), r.take(65)) for _ in range(count)]
    signed_end = r.at
    signature = r.take(64)
    r.end()
    require(account_id(key) == account, "bad_signature", "another account's list")
    require(verify(key, lp("AnoChat/1/device-list") + data[:signed_end], signature), "bad_signature", "device list")
    require(issued <= MAX_ISSUED, "bad_bundle", "issued")
    last = 0
    for number, did in entries:
        require(last < number <= MAX_DEVICE, "bad_bundle", "device number")
        check_identity(did)
        last = number
    if known is not None:
        known_version = int.from_bytes(known[32:40], "big")
        require(version >= known_version, "stale_device_list")
        require(version > known_version or data == known, "identity_changed")
    return version, issued, entries


def _base32(x):
    return base64.b32encode(x).decode().rstrip("=")


def _address_check(account, device):
    return H(lp("AnoChat/1/address") + account + be32(device))[:3]


def account_text(account):
    return "ano1" + _base32(account + _address_check(account, 0)).lower()


def address_text(addr):
    account, device = addr[:32], int.from_bytes(addr[32:], "big")
    return "ano1" + _base32(account + _address_check(account, device)).lower() + f".{device}"


def parse_address(text):
    """(account id, device number); the number is 0 when the text names an account."""
    require(text.isascii(), "bad_address", "not ASCII")
    text = text.lower()
    body, dot, number = text.partition(".")
    require(len(body) == 60 and body.startswith("ano1"), "bad_address", "length or prefix")
    require(all(c in "abcdefghijklmnopqrstuvwxyz234567" for c in body[4:]), "bad_address", "letters")
    raw = base64.b32decode(body[4:].upper())
    device = 0
    if dot:
        require(number.isdecimal() and number[0] != "0" and len(number) <= 10, "bad_address", "device number")
        device = int(number)
        require(device <= MAX_DEVICE, "bad_address", "device number")
    require(raw[32:] == _address_check(raw[:32], device), "bad_address", "checksum")
    return raw[:32], device


def _safety_hash(account_key):
    h = H512(lp("AnoChat/1/safety-number") + account_key)
    for _ in range(5200):
        h = H512(h + account_key)
    return h


def safety_number(own_account_key, peer_account_key):
    """(sixty digits, the scannable text that the owner shows)."""
    own, peer = _safety_hash(own_account_key), _safety_hash(peer_account_key)

    def digits(h):
        return "".join(f"{int.from_bytes(h[5 * i : 5 * i + 5], 'big') % 100000:05}" for i in range(6))

    return "".join(sorted((digits(own), digits(peer)))), "ANOCHAT1:" + _base32(own[:32] + peer[:32])


# --- section 3: prekeys and bundles ----------------------------------------------------------------------------------

LABELS = {
    "signed": "AnoChat/1/signed-prekey",
    "one-time": "AnoChat/1/one-time-prekey",
    "kem-one-time": "AnoChat/1/kem-one-time-prekey",
    "kem-last-resort": "AnoChat/1/kem-last-resort-prekey",
}
KEM_KINDS = {1: "kem-one-time", 2: "kem-last-resort"}
CLOCK_SKEW, MAX_PREKEY_LIFETIME = 86_400, 31_622_400
VERSION, SUITE = 0x11, 0x01


class Prekey:
    """The private side: a 32-byte X25519 key, or a 64-byte ML-KEM seed."""

    def __init__(self, kind, id, created, expires, private):
        self.kind, self.id, self.created, self.expires, self.private = kind, id, created, expires, private
        self.public = mlkem768.keygen(private) if kind.startswith("kem") else x25519_public(private)

    def record(self, device):
        body = be32(self.id) + be64(self.created) + be64(self.expires) + self.public
        return body + sign(device.signing_seed, lp(LABELS[self.kind]) + device.identity + body)


class Record:
    """The public side, as read from a bundle."""

    def __init__(self, kind, data):
        r = Reader(data, "bad_bundle")
        self.kind, self.data = kind, data
        self.id, self.created, self.expires = r.number(4), r.number(8), r.number(8)
        self.key = r.take(mlkem768.EK_BYTES if kind.startswith("kem") else 32)
        self.signature = r.take(64)
        r.end()

    def signed_by(self, identity):
        return verify(identity[1:33], lp(LABELS[self.kind]) + identity + self.data[:-64], self.signature)


def make_bundle(device, signed, one_time, kem):
    out = bytes((VERSION, SUITE)) + device.certificate + signed.record(device)
    out += b"\x00" if one_time is None else b"\x01" + one_time.record(device)
    kind = {name: number for number, name in KEM_KINDS.items()}[kem.kind]
    return out + bytes((kind,)) + kem.record(device)


class Bundle:
    """A bundle that has been checked."""

    def __init__(self, data, now, own=None, asked=None):
        r = Reader(data, "bad_bundle")
        version, suite = r.number(1), r.number(1)
        require(version == VERSION, "unsupported_version")
        require(suite == SUITE, "unsupported_suite")
        certificate = r.take(165)
        self.signed = Record("signed", r.take(116))
        has_opk = r.number(1)
        require(has_opk in (0, 1), "bad_bundle", "has_opk")
        self.one_time = Record("one-time", r.take(116)) if has_opk else None
        self.kem_kind = r.number(1)
        require(self.kem_kind in KEM_KINDS, "bad_bundle", "KEM kind")
        self.kem = Record(KEM_KINDS[self.kem_kind], r.take(1268))
        r.end()

        self.address, self.identity = open_certificate(certificate)
        require(asked in (None, self.address), "bad_signature", "not the address that was asked for")
        curve = [k for k in (self.signed, self.one_time) if k]
        records = curve + [self.kem]
        require(all(k.signed_by(self.identity) for k in records), "bad_signature", "prekey record")
        require(all(acceptable_x25519(k.key) for k in curve), "bad_key", "X25519 prekey")
        require(mlkem768.acceptable(self.kem.key), "bad_key", "ML-KEM prekey")
        require(all(k.created <= now + CLOCK_SKEW and now < k.expires for k in records), "prekey_expired")
        for k in records:
            require(k.created < k.expires <= k.created + MAX_PREKEY_LIFETIME, "bad_bundle", "lifetime")
            require(k.id != 0, "bad_bundle", "id 0")
        if own is not None:
            require(self.address != own.address and self.identity != own.identity, "self_session")


# --- section 4: handshake --------------------------------------------------------------------------------------------

INITIAL, RATCHET, SIGNAL = 1, 2, 5
SIGNAL_BYTES, MAX_SIGNAL = 356, 302
BLOCK_BYTES, SEALED_CERTIFICATE_AT = 1315, 1134
HANDSHAKE_NAMES = ("sk_ec", "sk_pq", "hk_a", "nhk_b", "a0", "ad", "exp")


def prefix(kind):
    return bytes((VERSION, kind, SUITE, 0))


def session_id(block):
    return H(lp("AnoChat/1/session") + block)


class Block:
    """The fields of a handshake block, laid out and in range (`bad_message`)."""

    def __init__(self, data):
        r = Reader(data, "bad_message")
        self.data = data
        self.ek, self.signed_id, self.has_opk, self.one_time_id = r.take(32), r.number(4), r.number(1), r.number(4)
        self.kem_kind, self.kem_id, self.ct, self.sealed = r.number(1), r.number(4), r.take(1088), r.take(181)
        r.end()
        require(self.has_opk in (0, 1), "bad_message", "has_opk")
        require((self.one_time_id != 0) == bool(self.has_opk), "bad_message", "one-time prekey id")
        require(self.kem_kind in KEM_KINDS, "bad_message", "KEM kind")
        require(self.signed_id != 0 and self.kem_id != 0, "bad_message", "prekey id")
        self.open_part, self.sid = data[:SEALED_CERTIFICATE_AT], session_id(data)


def _identity_key(open_part, dh2, dh3, ss):
    ik = extract(H(lp("AnoChat/1/initiator") + open_part), dh2 + dh3 + ss)
    return derive(ik, 1, "AnoIdent", 32)


def _handshake_keys(block, a, b, keys, dhs, ss):
    """`a` and `b` are (address, identity); `keys` the public SPK, OPK or None, and PQPK."""
    spk, opk, pqpk = keys
    t = lp("AnoChat/1/handshake") + bytes((VERSION, SUITE)) + lp(a[1]) + lp(a[0]) + lp(b[1]) + lp(b[0])
    t += block.ek + be32(block.signed_id) + spk + bytes((block.has_opk,))
    if block.has_opk:
        t += be32(block.one_time_id) + opk
    t = H(t + bytes((block.kem_kind,)) + be32(block.kem_id) + pqpk + block.ct)
    prk = extract(t, b"\xff" * 32 + b"".join(dhs) + ss)
    out = {name: derive(prk, i + 1, "AnoHands", 32) for i, name in enumerate(HANDSHAKE_NAMES)}
    out |= {"t": t, "prk": prk, "ss": ss, "ct": block.ct, "block": block.data, "sid": block.sid}
    out |= {f"dh{i + 1}": dh for i, dh in enumerate(dhs)}
    return out


def initiate(device, bundle, draws):
    """A's side: the handshake values, by the names of the page in lower case."""
    ek_private, m = draws.take(32), draws.take(32)
    ct, ss = mlkem768.encaps(bundle.kem.key, m)
    dhs = [
        X(device.agreement_private, bundle.signed.key),
        X(ek_private, bundle.identity[33:]),
        X(ek_private, bundle.signed.key),
    ]
    opk = bundle.one_time
    if opk:
        dhs.append(X(ek_private, opk.key))
    open_part = x25519_public(ek_private) + be32(bundle.signed.id) + bytes((1 if opk else 0,))
    open_part += be32(opk.id if opk else 0) + bytes((bundle.kem_kind,)) + be32(bundle.kem.id) + ct
    kid = _identity_key(open_part, dhs[1], dhs[2], ss)
    sealed = seal(kid, bytes(12), prefix(INITIAL) + open_part, device.certificate)
    keys = bundle.signed.key, opk.key if opk else None, bundle.kem.key
    peers = (device.address, device.identity), (bundle.address, bundle.identity)
    return _handshake_keys(Block(open_part + sealed), *peers, keys, dhs, ss) | {"kid": kid}


def respond(device, block, find_prekey, accepted=frozenset()):
    """B's side. `find_prekey(kind, id)` gives a Prekey or None; `accepted` are the session ids accepted before."""
    require(acceptable_x25519(block.ek), "bad_key", "EK")
    require(block.sid not in accepted, "replayed")
    spk = find_prekey("signed", block.signed_id)
    opk = find_prekey("one-time", block.one_time_id) if block.has_opk else None
    pqpk = find_prekey(KEM_KINDS[block.kem_kind], block.kem_id)
    require(spk and pqpk and (opk or not block.has_opk), "prekey_unknown")
    dh2, dh3 = X(device.agreement_private, block.ek), X(spk.private, block.ek)
    ss = mlkem768.decaps(pqpk.private, block.ct)
    kid = _identity_key(block.open_part, dh2, dh3, ss)
    certificate = open_sealed(kid, bytes(12), prefix(INITIAL) + block.open_part, block.sealed)
    require(certificate is not None, "bad_message", "initiator's certificate does not open")
    peer = open_certificate(certificate)
    require(peer[0] != device.address and peer[1] != device.identity, "self_session")
    dhs = [X(spk.private, peer[1][33:]), dh2, dh3] + ([X(opk.private, block.ek)] if opk else [])
    keys = spk.public, opk.public if opk else None, pqpk.public
    hs = _handshake_keys(block, peer, (device.address, device.identity), keys, dhs, ss)
    return hs | {"kid": kid, "peer": peer, "spk": spk}


def export_secret(exporter, label, context):
    return extract(exporter, lp("AnoChat/1/export") + lp(label) + lp(context))


class Responder:
    """B's device with its prekeys: takes initial messages, and remembers what must not be accepted twice."""

    def __init__(self, device, prekeys):
        self.device, self.accepted = device, set()
        self.prekeys = {(k.kind, k.id): k for k in prekeys}

    def accept(self, message, now):
        """(session, content) of an initial message; nothing changes when it is refused."""
        kind, front, _, _, _ = split_message(message)
        require(kind == INITIAL, "bad_message", "not an initial message")
        block = Block(front[4:])
        hs = respond(self.device, block, lambda *key: self.prekeys.get(key), self.accepted)
        session = Session.responder(hs)
        content = session.receive(message, now)
        if block.has_opk:
            del self.prekeys["one-time", block.one_time_id]
        if block.kem_kind == 1:
            del self.prekeys["kem-one-time", block.kem_id]
        else:
            self.accepted.add(block.sid)
        return session, content


# --- section 5: messages ---------------------------------------------------------------------------------------------

MAX_CONTENT, MAX_BODY, SYMBOL = 65_536, 67_584, 32
COUNTER_LIMIT = 2**31


def padded(length):
    for bucket in (256, 512, 1024, 2048, 4096):
        if length <= bucket:
            return bucket
    e = length.bit_length() - 1
    mask = (1 << (e - e.bit_length())) - 1
    return (length + mask) & ~mask


def split_message(message):
    """(type, front, header nonce, sealed header, sealed body) of a message whose length and prefix are right."""
    require(len(message) >= 4, "bad_message", "length")
    version, kind, suite, flags = message[:4]
    front = 4 + (BLOCK_BYTES if kind == INITIAL else 0)
    body = len(message) - (front + 12 + 68 + 16)
    require(256 <= body <= MAX_BODY and padded(body) == body, "bad_message", "length")
    require(version == VERSION, "unsupported_version")
    require(suite == SUITE, "unsupported_suite")
    require(kind in (INITIAL, RATCHET) and flags == 0, "bad_message", "type or flags")
    return kind, message[:front], message[front : front + 12], message[front + 12 : front + 80], message[front + 80 :]


def encode_header(dh, pn, n, pq_epoch, pq_n):
    return dh + be32(pn) + be32(n) + be64(pq_epoch) + be32(pq_n)


def decode_header(data):
    r = Reader(data, "bad_message")
    return r.take(32), r.number(4), r.number(4), r.number(8), r.number(4)


def encode_body(content, first, symbols, size):
    out = be32(len(content)) + content + bytes((len(symbols),)) + be16(first) + b"".join(symbols)
    assert len(out) <= size
    return out.ljust(size, b"\0")


def decode_body(data):
    """(content, index of the first symbol, symbols)."""
    r = Reader(data, "bad_message")
    length = r.number(4)
    require(length <= MAX_CONTENT, "bad_message", "content too long")
    content, count, first = r.take(length), r.number(1), r.number(2)
    symbols = [r.take(SYMBOL) for _ in range(count)]
    require(not any(data[r.at :]), "bad_message", "filling is not zero")
    require(first + count <= 65_536 if count else first == 0, "bad_message", "symbol index")
    return content, first, symbols


def message_keys(mk_ec, mk_pq):
    """(body key, body nonce, header nonce)."""
    w = hashlib.blake2b(mk_ec + b"AnoChat/1/message", digest_size=64, key=mk_pq).digest()
    return w[:32], w[32:44], w[44:56]


# --- section 7: erasure code -----------------------------------------------------------------------------------------


def _field_tables():
    exp, log, x = [0] * 131_070, [0] * 65_536, 1
    for i in range(65_535):
        exp[i] = exp[i + 65_535] = x
        log[x] = i
        x <<= 1
        if x & 0x10000:
            x ^= 0x1100B
    assert x == 1 and len(set(exp)) == 65_535, "2 does not generate the field"
    return exp, log


_EXP, _LOG = _field_tables()


def gf_mul(a, b):
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def gf_inv(a):
    return _EXP[65_535 - _LOG[a]]


def interpolate(points, x):
    """The row at x of the polynomials of degree < len(points) through `points`, (index, 32 bytes) each."""
    for xi, row in points:
        if xi == x:
            return row
    whole = 1
    for xi, _ in points:
        whole = gf_mul(whole, x ^ xi)
    total = [0] * 16
    for xi, row in points:
        bottom = x ^ xi
        for xj, _ in points:
            if xj != xi:
                bottom = gf_mul(bottom, xi ^ xj)
        weight = gf_mul(whole, gf_inv(bottom))
        for column in range(16):
            total[column] ^= gf_mul(weight, int.from_bytes(row[2 * column : 2 * column + 2], "big"))
    return b"".join(be16(v) for v in total)


def encode_symbol(payload, index):
    assert len(payload) % SYMBOL == 0
    rows = [payload[i : i + SYMBOL] for i in range(0, len(payload), SYMBOL)]
    return interpolate(list(enumerate(rows)), index)


def decode_symbols(symbols, k):
    """The payload of k symbols from k different ones, (index, bytes) each."""
    assert len(symbols) == k
    return b"".join(interpolate(symbols, i) for i in range(k))


# --- sections 6 to 9: a session --------------------------------------------------------------------------------------

MAX_STEP, MAX_PQ_STEP, MAX_SKIPPED, MAX_CHAINS, MAX_AGE = 1000, 2000, 2000, 16, 30 * 86_400
EK_PAYLOAD, CT_PAYLOAD = 1216, 1120
EK_SYMBOLS, CT_SYMBOLS = 38, 35
WITHOUT_KEY, HOLDER, COLLECTING, EK_COMPLETE, ENCAPSULATED = range(5)


class SkippedKeys:
    """Keys kept for late messages: number of the EC receiving chain, or PQ epoch -> number -> (time, key)."""

    def __init__(self):
        self.chains = {}

    def copy(self):
        other = SkippedKeys()
        other.chains = {name: dict(keys) for name, keys in self.chains.items()}
        return other

    def count(self):
        return sum(len(keys) for keys in self.chains.values())

    def expire(self, now):
        for name, keys in list(self.chains.items()):
            self.chains[name] = {n: (at, key) for n, (at, key) in keys.items() if now - at <= MAX_AGE}
            if not self.chains[name]:
                del self.chains[name]

    def add(self, name, n, at, key):
        self.chains.setdefault(name, {})[n] = (at, key)

    def trim(self):
        while self.count() > MAX_SKIPPED:
            name = min(self.chains)
            del self.chains[name][min(self.chains[name])]
            if not self.chains[name]:
                del self.chains[name]

    def ordered(self):
        for name, keys in sorted(self.chains.items()):
            for n, (at, key) in sorted(keys.items()):
                yield name, n, at, key

    def take(self, name, n, now):
        require(n in self.chains.get(name, ()), "replayed")
        at, key = self.chains[name].pop(n)
        require(now - at <= MAX_AGE, "replayed", "the key is too old")
        if not self.chains[name]:
            del self.chains[name]
        return key


def pq_step(root, secret):
    return derive_three(extract(root, secret), "AnoPQrtK")


class Session:
    signal_sent = signal_seen = 0  # never saved

    @classmethod
    def initiator(cls, hs, bundle):
        s = cls()
        s._start(hs, True, (bundle.address, bundle.identity))
        s.remote, s.step_due, s.block = bundle.signed.key, True, hs["block"]
        s.nhks, s.nhkr = hs["hk_a"], hs["nhk_b"]
        return s

    @classmethod
    def responder(cls, hs):
        s = cls()
        s._start(hs, False, hs["peer"])
        s.own = hs["spk"].private, hs["spk"].public
        s.nhks, s.nhkr = hs["nhk_b"], hs["hk_a"]
        return s

    def _start(self, hs, is_a, peer):
        self.is_a, self.sid, self.ad, self.exp = is_a, hs["sid"], hs["ad"], hs["exp"]
        self.peer_address, self.peer_identity = peer
        self.block, self.received = None, False
        # EC ratchet
        self.rk, self.own, self.remote, self.step_due, self.pn = hs["sk_ec"], None, None, False, 0
        self.send_chain = None  # [cks, HKs, Ns]
        self.receive_chain = None  # [ckr, HKr, Nr]
        self.chain_number, self.older = 0, {}  # of the receiving chain; header keys of older ones with skipped keys
        self.ec_skipped, self.pq_skipped = SkippedKeys(), SkippedKeys()
        # PQ ratchet: R and A belong to the newest epoch derived
        self.pq_root, ck_ab, ck_ba = derive_three(hs["sk_pq"], "AnoPQrtK")
        self.pq_auth, self.epoch = hs["a0"], 0
        self.pq_send = [0, ck_ab if is_a else ck_ba]  # last pq_n used, key
        self.pq_receive = {0: [0, ck_ba if is_a else ck_ab]}  # epoch -> last pq_n derived, key
        self._begin_agreement()

    def _begin_agreement(self):
        """Works on epoch s + 1."""
        self.phase = WITHOUT_KEY if self._holds_key() else COLLECTING
        self.seed = self.ek = self.ct_payload = self.next_chain = None
        self.next_symbol, self.symbols = 0, []

    def _holds_key(self):
        return self.is_a == ((self.epoch + 1) % 2 == 1)

    def copy(self):
        other = copy.copy(self)
        for name in ("send_chain", "receive_chain", "pq_send", "symbols"):
            value = getattr(self, name)
            setattr(other, name, None if value is None else list(value))
        other.older = dict(self.older)
        other.pq_receive = {e: list(chain) for e, chain in self.pq_receive.items()}
        other.ec_skipped, other.pq_skipped = self.ec_skipped.copy(), self.pq_skipped.copy()
        return other

    def export_secret(self, label, context):
        return export_secret(self.exp, label, context)

    # --- the sparse PQ agreement

    def _ek_tag(self, ek):
        return extract(derive(self.pq_auth, self.epoch + 1, "AnoSckaK", 32), ek)

    def _payload(self):
        """(payload to send or None)."""
        if self.phase == HOLDER and not self.symbols:
            ek = mlkem768.keygen(self.seed)
            return ek + self._ek_tag(ek)
        return self.ct_payload if self.phase == ENCAPSULATED else None

    def _derive_epoch(self, shared):
        """R, A and the chains (A to B, B to A) of the epoch worked on."""
        secret = derive(shared, self.epoch + 1, "AnoSckaS", 32)
        self.pq_auth = extract(self.pq_auth, secret)
        self.pq_root, ck_ab, ck_ba = pq_step(self.pq_root, secret)
        own, peer = (ck_ab, ck_ba) if self.is_a else (ck_ba, ck_ab)
        self.pq_receive[self.epoch + 1] = [0, peer]
        return own

    def _ct_tag(self, ct):
        return extract(derive(self.pq_auth, self.epoch + 1, "AnoSckaC", 32), ct)

    def _enter_epoch(self, chain):
        self.epoch += 1
        self.pq_send = [0, chain]
        self.pq_receive = {e: c for e, c in self.pq_receive.items() if e >= self.epoch - 1}
        self._begin_agreement()

    def _advance_agreement(self, draws):
        """What the agreement does at a send, after the ratchet key has been drawn."""
        if self.phase == WITHOUT_KEY:
            self.seed, self.phase = draws.take(64), HOLDER
        elif self.phase == EK_COMPLETE:
            ct, shared = mlkem768.encaps(self.ek, draws.take(32))
            self.next_chain = self._derive_epoch(shared)
            self.ct_payload, self.ek, self.phase = ct + self._ct_tag(ct), None, ENCAPSULATED

    def _take_symbol(self, index, data):
        """One symbol of the epoch worked on."""
        require(self.phase != WITHOUT_KEY, "bad_message", "a ct symbol before there is a key")
        if self.phase in (EK_COMPLETE, ENCAPSULATED):
            return
        for known, other in self.symbols:
            if known == index:
                require(data == other, "bad_message", "two different symbols with one index")
                return
        self.symbols.append((index, data))
        if self.phase == COLLECTING and len(self.symbols) == EK_SYMBOLS:
            payload = decode_symbols(self.symbols, EK_SYMBOLS)
            ek, tag = payload[: mlkem768.EK_BYTES], payload[mlkem768.EK_BYTES :]
            require(hmac.compare_digest(tag, self._ek_tag(ek)), "bad_message", "tag of ek")
            require(mlkem768.acceptable(ek), "bad_message", "ek")
            self.ek, self.symbols, self.phase = ek, [], EK_COMPLETE
        elif self.phase == HOLDER and len(self.symbols) == CT_SYMBOLS:
            payload = decode_symbols(self.symbols, CT_SYMBOLS)
            ct, tag = payload[: mlkem768.CT_BYTES], payload[mlkem768.CT_BYTES :]
            own = self._derive_epoch(mlkem768.decaps(self.seed, ct))
            require(hmac.compare_digest(tag, self._ct_tag(ct)), "bad_message", "tag of ct")
            self._enter_epoch(own)

    def _take_symbols(self, pq_epoch, first, symbols):
        if self.phase == ENCAPSULATED and pq_epoch == self.epoch + 1:
            self._enter_epoch(self.next_chain)
        for i, data in enumerate(symbols):
            # The last symbol of an epoch moves self.epoch, and makes what follows belong to an epoch that is over.
            require(pq_epoch <= self.epoch, "bad_message", "symbols of an epoch not begun")
            if pq_epoch == self.epoch:
                self._take_symbol(first + i, data)

    # --- sending

    def send(self, content, draws):
        """The message; `self.trace` holds its inner values."""
        require(len(content) <= MAX_CONTENT, "too_large")
        n = 0 if self.step_due else self.send_chain[2]
        require(n < COUNTER_LIMIT and self.pq_send[0] + 1 < COUNTER_LIMIT, "counter_exhausted")
        if self.step_due:
            private = draws.take(32)
            self.own = private, x25519_public(private)
            self.pn = self.send_chain[2] if self.send_chain else 0
            header_key = self.nhks
            self.rk, chain, self.nhks = self._root_step()
            self.send_chain, self.step_due = [chain, header_key, 0], False
        self._advance_agreement(draws)

        out = derive(self.send_chain[0], n, "AnoChain", 64)
        self.send_chain[0], self.send_chain[2], mk_ec = out[:32], n + 1, out[32:]
        pq_n = self.pq_send[0] + 1
        out = derive(self.pq_send[1], pq_n, "AnoPQchn", 64)
        self.pq_send, mk_pq = [pq_n, out[:32]], out[32:]

        first, symbols, size = self._choose_symbols(len(content), n)
        header = encode_header(self.own[1], self.pn, n, self.epoch, pq_n)
        body = encode_body(content, first, symbols, size)
        body_key, body_nonce, header_nonce = message_keys(mk_ec, mk_pq)
        front = prefix(INITIAL) + self.block if self.block else prefix(RATCHET)
        head = front + header_nonce + seal(self.send_chain[1], header_nonce, front + self.ad, header)
        self.trace = {"mk_ec": mk_ec, "mk_pq": mk_pq, "header": header, "body": body}
        self.trace |= {"pq_epoch": self.epoch, "pq_n": pq_n}
        return head + seal(body_key, body_nonce, self.ad + head, body)

    def _root_step(self):
        return derive_three(extract(self.rk, X(self.own[0], self.remote)), "AnoRootK")

    def _choose_symbols(self, length, n):
        """(index of the first, symbols, P)."""
        payload, i = self._payload(), self.next_symbol
        k = len(payload) // SYMBOL if payload else 0
        if not payload or (i >= k and n > 0):
            return 0, [], padded(7 + length)
        size = padded(7 + length + SYMBOL)
        room = (size - 7 - length) // SYMBOL
        count = min(room, k, 65_536 - i) if n == 0 else min(room, k - i)
        self.next_symbol = (i + count) % 65_536
        return i, [encode_symbol(payload, j) for j in range(i, i + count)], size

    # --- receiving

    def receive(self, message, now):
        """The content; nothing changes when the message is refused."""
        work = self.copy()
        content = work._receive(message, now)
        self.__dict__ = work.__dict__
        return content

    def _receive(self, message, now):
        kind, front, nonce, sealed_header, sealed_body = split_message(message)
        if kind == INITIAL:
            require(session_id(front[4:]) == self.sid, "bad_message", "another session's handshake")

        chain, header = self._open_header(nonce, front + self.ad, sealed_header)
        dh, pn, n, pq_epoch, pq_n = decode_header(header)
        require(max(pn, n, pq_n) < COUNTER_LIMIT and pq_n > 0, "bad_message", "counters")

        mk_ec = self._ec_key(chain, dh, pn, n, now)
        mk_pq = self._pq_key(pq_epoch, pq_n, now)
        body_key, body_nonce, header_nonce = message_keys(mk_ec, mk_pq)
        require(hmac.compare_digest(nonce, header_nonce), "bad_message", "header nonce")
        body = open_sealed(body_key, body_nonce, self.ad + front + nonce + sealed_header, sealed_body)
        require(body is not None, "bad_message", "body does not open")
        content, first, symbols = decode_body(body)
        self._take_symbols(pq_epoch, first, symbols)
        self._apply_limits(now)
        self.received, self.block = True, None
        return content

    def _apply_limits(self, now):
        for number in sorted(set(self.ec_skipped.chains) - {self.chain_number})[:-MAX_CHAINS]:
            del self.ec_skipped.chains[number]
        for skipped in (self.ec_skipped, self.pq_skipped):
            skipped.expire(now)
            skipped.trim()
        self._forget_chains()

    def _forget_chains(self):
        self.older = {i: key for i, key in self.older.items() if i in self.ec_skipped.chains}

    def _header_keys(self):
        """(number of the receiving chain, header key), in the order in which they are tried."""
        if self.receive_chain:
            yield self.chain_number, self.receive_chain[1]
        yield self.chain_number + 1, self.nhkr
        yield from sorted(self.older.items(), reverse=True)

    def _open_header(self, nonce, ad, sealed):
        """(number of the receiving chain, header)."""
        for chain, key in self._header_keys():
            header = open_sealed(key, nonce, ad, sealed)
            if header is not None:
                return chain, header
        raise AnoError("bad_message", "no header key opens the header")

    def _ec_key(self, chain, dh, pn, n, now):
        if chain < self.chain_number:
            return self.ec_skipped.take(chain, n, now)
        if chain == self.chain_number:
            require(dh == self.remote, "bad_message", "ratchet key changed within a chain")
            if n < self.receive_chain[2]:
                return self.ec_skipped.take(chain, n, now)
        else:
            require(acceptable_x25519(dh), "bad_message", "ratchet key")
            require(dh != self.remote and dh != self.own[1], "bad_message", "ratchet key repeated")
            if self.receive_chain:
                self._skip_ec(pn, now)
                self.older[self.chain_number] = self.receive_chain[1]
            self.chain_number += 1
            self.remote = dh
            header_key = self.nhkr
            self.rk, key, self.nhkr = self._root_step()
            self.receive_chain, self.step_due = [key, header_key, 0], True
        self._skip_ec(n, now)
        return self._next_ec_key()

    def _next_ec_key(self):
        key, header_key, n = self.receive_chain
        out = derive(key, n, "AnoChain", 64)
        self.receive_chain = [out[:32], header_key, n + 1]
        return out[32:]

    def _skip_ec(self, until, now):
        require(until - self.receive_chain[2] <= MAX_STEP, "gap_too_large")
        while self.receive_chain[2] < until:
            n = self.receive_chain[2]
            self.ec_skipped.add(self.chain_number, n, now, self._next_ec_key())

    def _pq_key(self, epoch, n, now):
        require(epoch <= max(self.pq_receive), "bad_message", "unknown PQ epoch")
        chain = self.pq_receive.get(epoch)
        if chain is None or n <= chain[0]:
            return self.pq_skipped.take(epoch, n, now)
        require(n - chain[0] - 1 <= MAX_PQ_STEP, "gap_too_large")
        while True:
            out = derive(chain[1], chain[0] + 1, "AnoPQchn", 64)
            chain[:] = chain[0] + 1, out[:32]
            if chain[0] == n:
                return out[32:]
            self.pq_skipped.add(epoch, chain[0], now, out[32:])

    # --- section 9: signals

    def send_signal(self, content, now_ms, draws):
        require(len(content) <= MAX_SIGNAL, "too_large")
        require(self.send_chain, "wrong_state", "no sending chain")
        self.signal_sent = max(now_ms, self.signal_sent + 1)
        nonce, start = draws.take(24), prefix(SIGNAL)
        text = (be64(self.signal_sent) + be16(len(content)) + content).ljust(312, b"\0")
        return start + nonce + xseal(derive(self.send_chain[1], 1, "AnoSignl", 32), nonce, start + self.ad, text)

    def receive_signal(self, signal, now_ms):
        require(len(signal) == SIGNAL_BYTES, "bad_message", "length")
        require(signal[0] == VERSION, "unsupported_version")
        require(signal[2] == SUITE, "unsupported_suite")
        require(signal[:4] == prefix(SIGNAL), "bad_message", "type or flags")
        for _, key in self._header_keys():
            text = xopen(derive(key, 1, "AnoSignl", 32), signal[4:28], signal[:4] + self.ad, signal[28:])
            if text is not None:
                break
        require(text is not None, "bad_message", "no header key opens the signal")
        r = Reader(text, "bad_message")
        at, length = r.number(8), r.number(2)
        content = r.take(length)
        require(not any(text[r.at :]), "bad_message", "filling is not zero")
        require(at > self.signal_seen and abs(at - now_ms) <= 60_000, "replayed")
        self.signal_seen = at
        return content

    # --- section 11: saved state

    def encode(self):
        """The session record."""
        bits = (self.is_a, self.send_chain, self.receive_chain, self.step_due)
        bits += (self.block, self.own, self.remote, self.received)
        flags = sum(1 << i for i, bit in enumerate(bits) if bit)
        out = bytes((1, SUITE, flags)) + self.sid + self.ad + self.exp + self.peer_address + self.peer_identity
        out += self.rk + self.nhks + self.nhkr
        out += b"".join(self.own or ()) + (self.remote or b"") + be32(self.pn)
        for chain in (self.send_chain, self.receive_chain):
            if chain:
                out += chain[0] + chain[1] + be32(chain[2])
        out += be64(self.chain_number) + bytes((len(self.older),))
        out += b"".join(be64(number) + key for number, key in sorted(self.older.items()))
        out += self.pq_root + self.pq_auth + be64(self.epoch) + be32(self.pq_send[0]) + self.pq_send[1]
        out += bytes((len(self.pq_receive),))
        for epoch, (n, key) in sorted(self.pq_receive.items()):
            out += be64(epoch) + be32(n) + key
        out += bytes((self.phase,))
        symbols = bytes((len(self.symbols),)) + b"".join(be16(i) + data for i, data in self.symbols)
        if self.phase == HOLDER:
            out += self.seed + be16(self.next_symbol) + symbols
        elif self.phase == COLLECTING:
            out += symbols
        elif self.phase == EK_COMPLETE:
            out += self.ek
        elif self.phase == ENCAPSULATED:
            out += self.ct_payload + be16(self.next_symbol) + self.next_chain
        return out + (self.block or b"")

    def save(self):
        """The complete save."""
        records = []
        for kind, keys in ((1, self.ec_skipped), (2, self.pq_skipped)):
            records += [bytes((kind,)) + be64(c) + be32(n) + be64(at) + key for c, n, at, key in keys.ordered()]
        return lp(self.encode()) + be32(len(records)) + b"".join(records)

    @classmethod
    def restore(cls, data):
        r = Reader(data, "bad_state")
        s = cls.decode(r.take(r.number(4)))
        last = (0, 0, 0)
        for _ in range(r.number(4)):
            kind, name, n, at, key = r.number(1), r.number(8), r.number(4), r.number(8), r.take(32)
            require(kind in (1, 2) and (kind, name, n) > last, "bad_state", "kind or order of skipped keys")
            last = (kind, name, n)
            if kind == 1:
                present = s.receive_chain is not None and name == s.chain_number
                limit = s.receive_chain[2] if present else COUNTER_LIMIT
                require((present or name in s.older) and n < limit, "bad_state", "skipped EC key")
                s.ec_skipped.add(name, n, at, key)
            else:
                limit = s.pq_receive[name][0] if name in s.pq_receive else COUNTER_LIMIT
                require(name <= max(s.pq_receive) and 0 < n < limit, "bad_state", "skipped PQ key")
                s.pq_skipped.add(name, n, at, key)
        r.end()
        s._forget_chains()
        require(max(s.ec_skipped.count(), s.pq_skipped.count()) <= MAX_SKIPPED, "bad_state", "too many skipped keys")
        return s

    @classmethod
    def decode(cls, data):
        def check(condition, why):
            require(condition, "bad_state", why)

        r = Reader(data, "bad_state")
        version, suite = r.number(1), r.number(1)
        check(version >= 1, "version")
        require(version == 1 and suite == SUITE, "unsupported_state")
        flags = r.number(1)
        s = cls()
        s.is_a, sending, receiving, s.step_due, with_block, own, remote, s.received = (
            bool(flags >> i & 1) for i in range(8)
        )
        s.sid, s.ad, s.exp, s.peer_address, s.peer_identity = (r.take(n) for n in (32, 32, 32, 36, 65))
        check(s.peer_identity[0] == 1 and acceptable_x25519(s.peer_identity[33:]), "peer's identity")
        check(1 <= int.from_bytes(s.peer_address[32:], "big") <= MAX_DEVICE, "peer's device number")
        s.rk, s.nhks, s.nhkr = r.take(32), r.take(32), r.take(32)
        s.own = (r.take(32), r.take(32)) if own else None
        s.remote = r.take(32) if remote else None
        s.pn = r.number(4)
        s.send_chain = [r.take(32), r.take(32), r.number(4)] if sending else None
        s.receive_chain = [r.take(32), r.take(32), r.number(4)] if receiving else None
        s.chain_number, count, s.older = r.number(8), r.number(1), {}
        check(count <= MAX_CHAINS and (s.chain_number > 0) == receiving, "receiving chains")
        for _ in range(count):
            number = r.number(8)
            check(max(s.older, default=0) < number < s.chain_number, "number of an older chain")
            s.older[number] = r.take(32)
        counters = [s.pn] + [chain[2] for chain in (s.send_chain, s.receive_chain) if chain]
        check(not own or s.own[1] == x25519_public(s.own[0]), "own pair")
        check(not remote or acceptable_x25519(s.remote), "remote key")

        s.pq_root, s.pq_auth, s.epoch = r.take(32), r.take(32), r.number(8)
        s.pq_send = [r.number(4), r.take(32)]
        count = r.number(1)
        check(1 <= count <= 3, "number of PQ receiving chains")
        s.pq_receive = {}
        for _ in range(count):
            epoch, n, key = r.number(8), r.number(4), r.take(32)
            check(not s.pq_receive or epoch > max(s.pq_receive), "order of PQ receiving chains")
            s.pq_receive[epoch] = [n, key]
            counters.append(n)
        check(max(counters + s.pq_send[:1]) <= COUNTER_LIMIT, "counters")
        s._begin_agreement()
        s.phase = r.number(1)
        check(s.phase <= ENCAPSULATED, "phase")
        check((s.phase in (WITHOUT_KEY, HOLDER)) == s._holds_key(), "phase of the other role")
        newest = s.epoch + (s.phase == ENCAPSULATED)
        check(list(s.pq_receive) == list(range(max(0, s.epoch - 1), newest + 1)), "epochs of PQ receiving chains")

        def symbols(limit):
            out = [(r.number(2), r.take(SYMBOL)) for _ in range(r.number(1))]
            check(len(out) < limit and len({i for i, _ in out}) == len(out), "symbols")
            return out

        if s.phase == HOLDER:
            s.seed, s.next_symbol, s.symbols = r.take(64), r.number(2), symbols(CT_SYMBOLS)
        elif s.phase == COLLECTING:
            s.symbols = symbols(EK_SYMBOLS)
        elif s.phase == EK_COMPLETE:
            s.ek = r.take(mlkem768.EK_BYTES)
            check(mlkem768.acceptable(s.ek), "ek")
        elif s.phase == ENCAPSULATED:
            s.ct_payload, s.next_symbol, s.next_chain = r.take(CT_PAYLOAD), r.number(2), r.take(32)
        s.block = r.take(BLOCK_BYTES) if with_block else None
        r.end()

        # What the flags may say together.
        check(not with_block or (s.is_a and not s.received and session_id(s.block) == s.sid), "handshake block")
        check(receiving == s.received, "receiving chain")
        if s.is_a:
            check(with_block != s.received and remote, "initiator")
            check(sending == own and (sending or s.step_due), "initiator's sending chain")
        else:
            check(own and remote == receiving and (receiving or not (sending or s.step_due)), "responder")
            check(sending or s.step_due or not receiving, "responder's sending chain")
        check(sending or s.pn == 0, "previous chain without a chain")
        s.ec_skipped, s.pq_skipped = SkippedKeys(), SkippedKeys()
        return s
