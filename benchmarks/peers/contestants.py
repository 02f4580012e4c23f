"""contestants.py - who takes part, and what everybody should know about them before comparing figures."""

from dataclasses import dataclass
from typing import Callable

import install


@dataclass(frozen=True)
class Contestant:
    key: str
    title: str
    install: Callable
    does: str
    lacks: str
    is_native: bool = True  # callgrind can count it


SESSIONS = [
    Contestant("anochat", "AnoChat", install.anochat,
               "X3DH with ML-KEM-768 and certified devices; double ratchet with a PQ ratchet; sealed headers; bodies "
               "padded to 256, 2,048, ... bytes; saved state sealed",
               "-"),
    Contestant("vodozemac", "vodozemac", install.vodozemac,
               "Olm: 3DH and a double ratchet; saved state encrypted",
               "no PQ; signatures of prekeys are left to the caller; headers open, no padding, 8 bytes of MAC; 40 "
               "keys kept for late messages"),
    Contestant("libsignal", "libsignal", install.libsignal,
               "PQXDH with Kyber-1024; double ratchet with SPQR. Attachments as its apps have them, AES-256-CBC and "
               "HMAC-SHA256, by Node's OpenSSL",
               "headers open, no padding here, 8 bytes of MAC, saved state not encrypted; measured through its Node "
               "package, whose bridge and JavaScript stores take part in every call",
               is_native=False),
    Contestant("libsignal-protocol-c", "libsignal-protocol-c", install.libsignal_protocol_c,
               "X3DH and a double ratchet",
               "no PQ; headers open, no padding, 8 bytes of MAC, saved state not encrypted; no longer maintained. "
               "Loads and stores its record in every call. AES and SHA are OpenSSL's"),
    Contestant("libolm", "libolm", install.libolm,
               "Olm: 3DH and a double ratchet; saved state encrypted",
               "no PQ; signatures of prekeys are left to the caller; headers open, no padding, 8 bytes of MAC; 40 "
               "keys kept for late messages; messages in Base64; no longer maintained, AES not constant-time"),
    Contestant("python-doubleratchet", "python-doubleratchet", install.doubleratchet,
               "X3DH and a double ratchet in Python, on OpenSSL and libxeddsa",
               "no PQ; headers open, no padding, no form of messages (the driver packs 40 bytes of header), saved "
               "state not encrypted",
               is_native=False),
]

STORES = [
    Contestant("anochat", "AnoChat's store", install.store("anochat"),
               "SQLite on a VFS that seals pages and log with AEGIS-256", "-"),
    Contestant("sqlite", "SQLite", install.store("sqlite"), "SQLite on an ordinary file", "no encryption"),
    Contestant("sqlcipher", "SQLCipher", install.store("sqlcipher"),
               "SQLite with AES-256-CBC and HMAC-SHA1 for each page, by OpenSSL",
               "no FTS5; Debian's is SQLCipher 3.4.1 of 2016"),
]

# Each workload, what it is, and the raw primitive of the same run by which it is divided.
SESSION_WORKLOADS = {
    "handshake": ("W1: one bundle is read and used, 64 B sent, session accepted and message opened; both sides",
                  "X25519"),
    "ping-pong 64 B": ("W2: strict alternation, one message sealed and opened", "X25519"),
    "one-way 64 B": ("W3: one direction, sealed and opened", "ChaCha20-Poly1305 64 B"),
    "one-way 1 KiB": ("W3", "ChaCha20-Poly1305 1 KiB"),
    "one-way 16 KiB": ("W3", "ChaCha20-Poly1305 16 KiB"),
    "reverse 40": ("W4: 40 messages of 64 B, the last opened first; opening only", "ChaCha20-Poly1305 64 B"),
    "reverse 1,000": ("W4 with 1,000", "ChaCha20-Poly1305 64 B"),
    "attachment 1 MiB": ("W5: 1 MiB sealed and opened", "ChaCha20-Poly1305 1 MiB"),
    "save + restore": ("W6: a session to bytes and back, after ten round trips", "ChaCha20-Poly1305 1 KiB"),
    "group 1 KiB": ("W7: one message with a sender's key, sealed and opened by one member; alike for any group size",
                    "Ed25519 sign + verify"),
}
STORE_WORKLOADS = {
    "store, 1 a commit": "W9: message, search index and 600 B of session state; fsync before it returns",
    "store, 10 a commit": "W9",
    "store, 100 a commit": "W9",
    "store, 1,000 a commit": "W9",
    "page of 50": "W9: newest 50 before some moment, of 50,000",
    "search": "W9: two words, newest 20 of 50,000",
}
COUNTED = ["handshake", "ping-pong 64 B", "one-way 64 B", "one-way 1 KiB", "save + restore"]

# Why somebody is quicker than we are. A pair that has no line here is reported with "not explained yet".
REASONS = {
    ("handshake", "vodozemac"):
        "It does less: three X25519 a side, and neither signature nor KEM. Ours has five X25519 a side, five Ed25519 "
        "verifications (four in the bundle, the certificate in the message), an ML-KEM encapsulation, a "
        "decapsulation and two ML-KEM keys; raw, these alone are 92 % of our time.",
    ("ping-pong 64 B", "vodozemac"):
        "Three scalar multiplications on both sides of the comparison, as few as a double ratchet can have, and "
        "curve25519-dalek's are a little quicker than libsodium's; ours also seals the header, fills up to 256 B and "
        "turns a PQ epoch every 28 messages (4 us each).",
    ("reverse 40", "vodozemac"):
        "Its skipped keys are a list of 40 without sealed headers; ours find a header's key first, then the "
        "message's, and bodies are padded to 256 B.",
    ("store, 1,000 a commit", "sqlcipher"):
        "In a large commit pages are written once and little is encrypted; an older SQLite does less for each "
        "statement (no cell checks, smaller FTS4). Our VFS seals every page of the log and of the file.",
    ("page of 50", "sqlcipher"):
        "The pages are in the cache, so nothing is decrypted; its older SQLite is a little quicker.",
    ("search", "sqlcipher"):
        "The pages are in the cache, so nothing is decrypted; its older SQLite is a little quicker.",
}
# Why ours are larger.
SIZE_REASONS = {
    "first message 64 B":
        "1,088 bytes are the ML-KEM ciphertext; the rest has a device certificate, sealed, and padding to 256.",
    "message 64 B": "Bodies are padded to 256 bytes so that lengths say little, and the header is sealed (68 bytes).",
    "message 1 KiB":
        "Bodies are padded to 2,048 bytes so that lengths say little, and the header is sealed (68 bytes).",
    "saved state": "It holds keys and symbols of the PQ agreement, more or less as an epoch turns, and the seal.",
    "pending key": "Two ratchets leave a key each, and each is found by the key of its sealed header.",
    "live session (W8)": "Keys of two ratchets and the PQ agreement; Python's is a model of few objects without PQ.",
}
# Why another server is quicker than our relay.
RELAY_REASONS = {
    "memory":
        "Each of our messages is a relay frame in a WebSocket frame: a delivery token is hashed and compared, the "
        "envelope numbered, its mailbox's limits kept, and an acknowledgement deletes it. The other protocols are "
        "plainer and trust every connection.",
    "disk, before the answer":
        "Ours is a SQLite transaction with rows and indexes; Redis appends to a file and syncs once for all who wait.",
}
RELAYS_LIKE_OURS = ("NATS JetStream", "Redis streams")  # the others keep nothing

for _workload in STORE_WORKLOADS:
    REASONS[(_workload, "sqlite")] = "It does not encrypt."
