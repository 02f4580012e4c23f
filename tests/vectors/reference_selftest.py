#!/usr/bin/env python3
"""Tests of the Python reference itself: two parties that talk over a bad line, and of verify.py.

With ANOCHAT_VECTORS set, ML-KEM, X25519, Ed25519 and ChaCha20-Poly1305 are also checked against the files in its
folder wycheproof/.
"""

import json
import os
import pathlib
import random
import sys
import tempfile
import time

import anochat_reference as ano
import mlkem768
import verify

NOW = 1_800_000_000
DAY = 86_400


class SeededDraws(ano.Draws):
    def __init__(self, rng):
        super().__init__()
        self.rng = rng

    def take(self, size):
        self.taken.append(self.rng.randbytes(size))
        return self.taken[-1]


def refusal(action):
    """The name of the error, or None."""
    try:
        action()
    except ano.AnoError as e:
        return e.name
    return None


def refused(name, action):
    got = refusal(action)
    assert got == name, f"expected {name}, got {got or 'no refusal'}"


def party(rng, device=1):
    return {
        "account_seed": rng.randbytes(32).hex(),
        "device": device,
        "signing_seed": rng.randbytes(32).hex(),
        "agreement_private": rng.randbytes(32).hex(),
    }


def x_prekey(rng, id):
    return {"id": id, "created": NOW - 60, "expires": NOW + 30 * DAY, "private": rng.randbytes(32).hex()}


def handshake_case(rng, with_opk=True, kem_kind="one-time"):
    kem = x_prekey(rng, 9)
    kem |= {"seed": rng.randbytes(64).hex()}
    del kem["private"]
    keys = {"signed": x_prekey(rng, 7), "one_time": x_prekey(rng, 8) if with_opk else None}
    keys |= {"kem_kind": kem_kind, "kem": kem}
    draws = [rng.randbytes(32).hex(), rng.randbytes(32).hex()]
    return {"a": party(rng), "b": party(rng, 3), "prekeys": keys, "draws": draws}


def start(rng, **options):
    """(a's session, the responder b)."""
    a, responder, encoded, _, draws = verify.handshake_inputs(handshake_case(rng, **options))
    bundle = ano.Bundle(encoded, NOW, a)
    return ano.Session.initiator(ano.initiate(a, bundle, draws), bundle), responder


def talk(rng, **options):
    """Two sessions that have both received."""
    a, responder = start(rng, **options)
    b, _ = responder.accept(a.send(b"hello", SeededDraws(rng)), NOW)
    a.receive(b.send(b"hi", SeededDraws(rng)), NOW)
    return a, b


# --- tests -----------------------------------------------------------------------------------------------------------


def test_identities(rng):
    d = verify.device_of(party(rng, 2**31 - 1))
    assert ano.open_certificate(d.certificate) == (d.address, d.identity)
    text = ano.address_text(d.address)
    assert len(ano.account_text(d.address[:32])) == 60
    assert ano.parse_address(text.upper()) == (d.address[:32], 2**31 - 1)
    endings = [text[:60] + ending for ending in (".", ".0", ".01", ".2147483648")]
    for bad in (text[:-1], text + "0", " " + text, "ano2" + text[4:], *endings):
        refused("bad_address", lambda: ano.parse_address(bad))
    for i in range(0, 165, 7):
        bad = bytearray(d.certificate)
        bad[i] ^= 4
        refused("bad_signature", lambda: ano.open_certificate(bytes(bad)))
    seed = d.account_seed
    low = d.identity[:33] + bytes(32)
    refused("bad_key", lambda: ano.open_certificate(ano.make_certificate(seed, 1, low)))

    one = ano.make_device_list(seed, 1, NOW, [(1, d.identity)])
    two = ano.make_device_list(seed, 2, NOW, [(1, d.identity), (4, d.identity)])
    other = ano.make_device_list(seed, 2, NOW, [(1, d.identity)])
    assert ano.open_device_list(two, d.address[:32], one)[0] == 2
    refused("stale_device_list", lambda: ano.open_device_list(one, d.address[:32], two))
    refused("identity_changed", lambda: ano.open_device_list(other, d.address[:32], two))
    e = verify.device_of(party(rng))
    ab, ba = ano.safety_number(d.account_key, e.account_key), ano.safety_number(e.account_key, d.account_key)
    assert ab[0] == ba[0] and len(ab[0]) == 60 and ab[1] != ba[1]


def test_strict_points(rng):
    def add(p, q):  # on the Edwards curve, affine
        (x1, y1), (x2, y2) = p, q
        inverse = lambda v: pow(v, ano.P25519 - 2, ano.P25519)
        d = -121665 * inverse(121666)
        t = d * x1 * x2 * y1 * y2
        return (x1 * y2 + x2 * y1) * inverse(1 + t) % ano.P25519, (y1 * y2 + x1 * x2) * inverse(1 - t) % ano.P25519

    def x_of(y):
        p = ano.P25519
        d = -121665 * pow(121666, p - 2, p)
        square = (y * y - 1) * pow(d * y * y + 1, p - 2, p) % p
        x = pow(square, (p + 3) // 8, p)
        return x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p

    for y in ano._ED25519_LOW_ORDER_Y:
        point = (x_of(y), y)
        for _ in range(3):
            point = add(point, point)
        assert point == (0, 1), hex(y)
    for low in ano._X25519_LOW_ORDER:
        assert ano.backend.x25519(rng.randbytes(32), low) == bytes(32)
    seed = rng.randbytes(32)
    public, signature = ano.ed25519_public(seed), ano.sign(seed, b"x")
    s = int.from_bytes(signature[32:], "little") + ano.ED25519_ORDER
    assert ano.verify(public, b"x", signature)
    assert not ano.verify(public, b"x", signature[:32] + s.to_bytes(32, "little"))
    assert not ano.verify(bytes(32), b"x", signature)


def test_bundle_refusals(rng):
    case = handshake_case(rng)
    a, responder, encoded, _, _ = verify.handshake_inputs(case)
    b = responder.device
    opk_at, kind_at = 2 + 165 + 116, 2 + 165 + 116 + 1 + 116

    def changed(at, value):
        return encoded[:at] + bytes((value,)) + encoded[at + 1 :]

    ano.Bundle(encoded, NOW, a)
    refused("unsupported_version", lambda: ano.Bundle(changed(0, 0x12), NOW))
    refused("unsupported_suite", lambda: ano.Bundle(changed(1, 2), NOW))
    refused("bad_bundle", lambda: ano.Bundle(changed(opk_at, 2), NOW))
    refused("bad_bundle", lambda: ano.Bundle(changed(kind_at, 3), NOW))
    refused("bad_signature", lambda: ano.Bundle(changed(kind_at, 2), NOW))
    refused("bad_bundle", lambda: ano.Bundle(encoded + b"\0", NOW))
    refused("bad_bundle", lambda: ano.Bundle(encoded[:-1], NOW))
    refused("bad_signature", lambda: ano.Bundle(encoded[:-1] + bytes((encoded[-1] ^ 1,)), NOW))
    refused("self_session", lambda: ano.Bundle(encoded, NOW, b))
    refused("prekey_expired", lambda: ano.Bundle(encoded, NOW + 30 * DAY))
    refused("prekey_expired", lambda: ano.Bundle(encoded, NOW - 61 - DAY))
    ano.Bundle(encoded, NOW + 30 * DAY - 1)

    def bundle(**change):
        signed, kem = dict(case["prekeys"]["signed"]), dict(case["prekeys"]["kem"])
        (signed if "private" not in change else kem).update({k: v for k, v in change.items() if k != "private"})
        return ano.make_bundle(b, verify.prekey_of("signed", signed), None, verify.prekey_of("kem-one-time", kem))

    refused("bad_bundle", lambda: ano.Bundle(bundle(id=0), NOW))
    refused("bad_bundle", lambda: ano.Bundle(bundle(expires=NOW - 60 + 366 * DAY + 1), NOW))
    ano.Bundle(bundle(expires=NOW - 60 + 366 * DAY), NOW)


def test_handshake_refusals(rng):
    for with_opk in (True, False):
        for kem_kind in ("one-time", "last-resort"):
            a, responder = start(rng, with_opk=with_opk, kem_kind=kem_kind)
            first, second = a.send(b"one", SeededDraws(rng)), a.send(b"two", SeededDraws(rng))
            for at in (4, 40, 41, 46, 1100, 1140, 1318, 1325, 1340, 1400, len(first) - 1):
                bad = bytearray(first)
                bad[at] ^= 1
                error = refusal(lambda: responder.accept(bytes(bad), NOW))
                assert error in ("bad_message", "bad_key", "prekey_unknown"), (at, error)
            b, content = responder.accept(second, NOW)
            assert content == b"two" and b.receive(first, NOW) == b"one"
            refused("replayed", lambda: b.receive(first, NOW))
            expected = "replayed" if kem_kind == "last-resort" else "prekey_unknown"
            refused(expected, lambda: responder.accept(first, NOW))
            assert ("one-time", 8) not in responder.prekeys
            assert a.export_secret(b"l", b"c") == b.export_secret(b"l", b"c")


def test_message_refusals(rng):
    a, b = talk(rng)
    message = a.send(b"text", SeededDraws(rng))
    before = b.save()
    cases = [
        (b"", "bad_message"),
        (message[:3], "bad_message"),
        (message[:-1], "bad_message"),
        (message + b"\0", "bad_message"),
        (b"\x12" + message[1:], "unsupported_version"),
        (message[:2] + b"\x02" + message[3:], "unsupported_suite"),
        (message[:1] + b"\x03" + message[2:], "bad_message"),
        (message[:3] + b"\x01" + message[4:], "bad_message"),
    ]
    cases += [(message[:i] + bytes((message[i] ^ 0x80,)) + message[i + 1 :], "bad_message") for i in range(4, 150)]
    for bad, name in cases:
        refused(name, lambda: b.receive(bad, NOW))
        assert b.save() == before
    assert b.receive(message, NOW) == b"text"
    refused("replayed", lambda: b.receive(message, NOW))
    refused("bad_message", lambda: a.receive(message, NOW))
    refused("too_large", lambda: a.send(bytes(65_537), SeededDraws(rng)))
    assert b.receive(a.send(bytes(65_536), SeededDraws(rng)), NOW) == bytes(65_536)


def test_signals(rng):
    a, b = talk(rng)
    ms = NOW * 1000
    one, two = (a.send_signal(b"typing", ms, SeededDraws(rng)) for _ in range(2))
    assert b.receive_signal(one, ms) == b"typing"
    refused("replayed", lambda: b.receive_signal(one, ms))
    refused("replayed", lambda: b.receive_signal(two, ms + 60_002))
    refused("bad_message", lambda: a.receive_signal(two, ms))
    refused("bad_message", lambda: b.receive(two, NOW))
    assert b.receive_signal(two, ms + 60_001) == b"typing"
    for at in (3, 4, 40, 355):
        three = a.send_signal(bytes(302), ms, SeededDraws(rng))
        refused("bad_message", lambda: b.receive_signal(three[:at] + bytes((three[at] ^ 1,)) + three[at + 1 :], ms))
    assert b.receive_signal(three, ms) == bytes(302)
    refused("too_large", lambda: a.send_signal(bytes(303), ms, SeededDraws(rng)))
    a.receive(b.send(b"", SeededDraws(rng)), NOW)
    late = a.send_signal(b"old chain", ms, SeededDraws(rng))
    message = a.send(b"", SeededDraws(rng))
    assert b.receive_signal(a.send_signal(b"next chain", ms, SeededDraws(rng)), ms) == b"next chain"
    b.receive(message, NOW)
    refused("bad_message", lambda: b.receive_signal(late, ms))


def test_gaps_and_limits(rng):
    a, b = talk(rng)
    late = [a.send(b"late", SeededDraws(rng)) for _ in range(1002)]
    refused("gap_too_large", lambda: b.receive(late[1001], NOW))
    assert b.receive(late[1000], NOW) == b"late"
    assert b.ec_skipped.count() == b.pq_skipped.count() == 1000
    assert b.receive(late[3], NOW + 30 * DAY) == b"late"
    for _ in range(18):
        a.receive(b.send(b"turn", SeededDraws(rng)), NOW)
        messages = [a.send(b"%d" % i, SeededDraws(rng)) for i in range(3)]
        b.receive(messages[2], NOW + 30 * DAY)
    assert len(b.ec_skipped.chains) == 17  # 16 older ones and the present one
    refused("bad_message", lambda: b.receive(late[5], NOW + 30 * DAY))
    restored = ano.Session.restore(b.save())
    assert restored.save() == b.save()
    assert restored.receive(messages[1], NOW) == b"1"
    b.receive(a.send(b"", SeededDraws(rng)), NOW + 61 * DAY)
    assert b.ec_skipped.count() == b.pq_skipped.count() == 0


def test_erasure(rng):
    for k in (1, 2, 35, 38):
        payload = rng.randbytes(32 * k)
        indices = rng.sample(range(65_536), k)
        symbols = [(i, ano.encode_symbol(payload, i)) for i in indices]
        assert ano.decode_symbols(symbols, k) == payload
        assert ano.encode_symbol(payload, k - 1) == payload[-32:]


def test_padding(rng):
    for length in [0, 7, 255, 256, 257, 4096, 4097] + [rng.randrange(70_000) for _ in range(500)]:
        p = ano.padded(length)
        assert p >= length and ano.padded(p) == p and p <= max(256, 2 * length) and (length < 4096 or p < 1.13 * length)
    assert ano.padded(65_543) == 67_584 == ano.padded(67_584)


def conversation(rng, steps, loss=0.15, late=0.2, keep_state=0.03):
    """A conversation.json case: a talk with loss, reordering, changed messages and saves; and both sessions."""
    case = handshake_case(rng)
    a, responder, encoded, _, draws = verify.handshake_inputs(case)
    bundle = ano.Bundle(encoded, NOW, a)
    sessions = {"a": ano.Session.initiator(ano.initiate(a, bundle, draws), bundle), "b": None}
    out, queue, delivered, now = [], [], [], NOW
    while len(out) < steps:
        now += rng.randrange(100)
        who = rng.choice("ab")
        for _ in range(rng.choice((1, 1, 2, 5))):
            if sessions[who] is None:
                break
            draws, content = SeededDraws(rng), rng.randbytes(rng.choice((0, 3, 100, 217, 700, 5000)))
            message = sessions[who].send(content, draws)
            step = {"op": "send", "from": who, "draws": [d.hex() for d in draws.taken], "content": content.hex()}
            step |= {k: v if isinstance(v, int) else v.hex() for k, v in sessions[who].trace.items()}
            out.append(step | {"message": message.hex()})
            if rng.random() >= loss or sessions["b"] is None:
                queue.append((len(out) - 1, "b" if who == "a" else "a", message, content))
        while queue and rng.random() > late:
            at = 0 if rng.random() > late else rng.randrange(len(queue))
            index, to, message, content = queue.pop(at)
            if rng.random() < 0.1:
                bad = bytearray(message)
                bad[-1 - rng.randrange(len(bad) - 1400 if len(bad) > 1600 else 200)] ^= 1 << rng.randrange(8)
                receiver = (lambda m: responder.accept(m, now)) if sessions[to] is None else None
                refused("bad_message", lambda: (receiver or (lambda m: sessions[to].receive(m, now)))(bytes(bad)))
                out.append({"op": "refuse", "to": to, "message": bytes(bad).hex(), "now": now, "error": "bad_message"})
            if sessions[to] is None:
                sessions[to], got = responder.accept(message, now)
            else:
                got = sessions[to].receive(message, now)
            assert got == content
            delivered.append((to, message))
            out.append({"op": "receive", "to": to, "message_index": index, "now": now, "content": content.hex()})
        if delivered and rng.random() < 0.1:
            # A message of a chain that is over and complete is not even recognised.
            to, message = delivered[-1]
            error = refusal(lambda: sessions[to].receive(message, now))
            assert error in ("replayed", "bad_message")
            out.append({"op": "refuse", "to": to, "message": message.hex(), "now": now, "error": error})
        if sessions[who] and rng.random() < keep_state:
            save = sessions[who].save()
            record = sessions[who].encode()
            out.append({"op": "state", "of": who, "now": now, "record": record.hex(), "save": save.hex()})
            sessions[who] = ano.Session.restore(save)
            assert sessions[who].save() == save
    return {"handshake": case, "steps": out}, sessions


def test_conversations(rng):
    epochs = []
    for loss in (0, 0.15, 0.4):
        for _ in range(2):
            _, sessions = conversation(rng, 900, loss=loss, keep_state=0.15)
            a, b = sessions["a"], sessions["b"]
            assert min(a.epoch, b.epoch) >= 2 and abs(a.epoch - b.epoch) <= 1, (a.epoch, b.epoch)
            epochs.append(b.epoch)
    assert max(epochs) >= 5, epochs
    return f"PQ epochs reached: {epochs}"


def test_broken_saves(rng):
    _, sessions = conversation(rng, 300)
    save = sessions["a"].save()
    for size in range(0, len(save), 61):
        refused("bad_state", lambda: ano.Session.restore(save[:size]))
    refused("bad_state", lambda: ano.Session.restore(save + b"\0"))
    refused("unsupported_state", lambda: ano.Session.restore(save[:4] + b"\x02" + save[5:]))


def test_one_direction(rng):
    """Nothing but messages of A: no symbols after the first 38, and the agreement waits."""
    a, responder = start(rng)
    b, carried = None, 0
    for i in range(40):
        message = a.send(b"x", SeededDraws(rng))
        carried += ano.decode_body(a.trace["body"])[2] != []
        b = responder.accept(message, NOW)[0] if b is None else (b.receive(message, NOW), b)[1]
    b.receive(a.send(bytes(3000), SeededDraws(rng)), NOW)
    assert carried == 6 and b.phase == ano.EK_COMPLETE and b.epoch == 0


def test_last_symbols(rng):
    """The index of the next symbol starts again after 65,535."""
    a, responder = start(rng)
    a.next_symbol = 65_530
    b, _ = responder.accept(a.send(b"", SeededDraws(rng)), NOW)
    assert [i for i, _ in b.symbols] == list(range(65_530, 65_536)) and a.next_symbol == 0
    b.receive(a.send(b"", SeededDraws(rng)), NOW)
    assert [i for i, _ in b.symbols][6:] == list(range(7)) and a.next_symbol == 7


# --- verify.py -------------------------------------------------------------------------------------------------------


def sample_vectors(rng):
    """Small vectors of every kind, made by the reference."""
    d = party(rng, 5)
    dev = verify.device_of(d)
    files = {}
    key, other = dev.account_key, verify.device_of(party(rng)).account_key
    a_text, d_text = ano.account_text(dev.address[:32]), ano.address_text(dev.address)
    files["address"] = {"account_key": key.hex(), "device": 5, "account_id": dev.address[:32].hex()}
    files["address"] |= {"address": dev.address.hex(), "account_text": a_text, "address_text": d_text}
    digits, scan_a = ano.safety_number(key, other)
    files["safety_number"] = {"account_key_a": key.hex(), "account_key_b": other.hex(), "digits": digits}
    files["safety_number"] |= {"scannable_a": scan_a, "scannable_b": ano.safety_number(other, key)[1]}
    files["certificate"] = d | {"identity": dev.identity.hex(), "certificate": dev.certificate.hex()}
    encoded = ano.make_device_list(dev.account_seed, 4, NOW, [(5, dev.identity)])
    files["device_list"] = {"account_seed": d["account_seed"], "version": 4, "issued": NOW, "encoded": encoded.hex()}
    files["device_list"]["entries"] = [{"device": 5, "identity": dev.identity.hex()}]
    prekey = {"kind": "signed"} | x_prekey(rng, 3)
    files["prekeys"] = d | prekey | {"record": verify.prekey_of("signed", prekey).record(dev).hex()}
    case = handshake_case(rng, with_opk=False, kem_kind="last-resort")
    a, _, bundle, _, draws = verify.handshake_inputs(case)
    hs = ano.initiate(a, ano.Bundle(bundle, NOW), draws)
    example = {"label": "test", "context": "00ff", "secret": ano.export_secret(hs["exp"], "test", b"\0\xff").hex()}
    values = {name: hs[name].hex() if name in hs else None for name in verify.HANDSHAKE_FIELDS}
    files["handshake"] = case | values | {"bundle": bundle.hex(), "exporter_example": example}
    files["conversation"] = conversation(rng, 200)[0]
    payload = rng.randbytes(1120)
    symbols = [{"index": i, "bytes": ano.encode_symbol(payload, i).hex()} for i in range(20, 60)]
    files["erasure"] = {"payload": payload.hex(), "symbols": symbols, "decode_from": list(range(25, 60))}
    files["padding"] = {"length": 257, "padded": 512}
    return {k: {"description": k, "protocol": verify.PROTOCOL, "cases": [v]} for k, v in files.items()}


def leaves(value, path=()):
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, path + (key,))
    elif value not in (None, ""):
        yield path, value


def decides(name, path):
    """Whether another value there must be noticed."""
    free = {"now", "op", "device", "message_index", "kem_kind", "label"}
    free |= {"prekeys": {"account_seed"}, "erasure": {"decode_from"}, "padding": {"length"}}.get(name, set())
    free |= {"created", "expires"} if name == "conversation" else set()
    return not free & set(path)


def test_verify(rng):
    """verify.py accepts good vectors and sees any value that was changed."""
    vectors = sample_vectors(rng)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, data in vectors.items():
            path = folder / f"{name}.json"

            def passes(content):
                path.write_text(json.dumps(content))
                try:
                    return verify.verify_file(path) > 0
                except verify.Mismatch as e:
                    assert str(path.name) in str(e)
                    return False

            path.unlink(missing_ok=True)
            try:
                verify.verify_file(path)
                raise AssertionError("a missing file was accepted")
            except verify.Mismatch:
                pass
            path.write_text(json.dumps(data))
            verify.verify_file(path)
            places = [(where, value) for where, value in leaves(data["cases"]) if decides(name, where)]
            for where, value in rng.sample(places, min(len(places), 25 if name == "conversation" else 12)):
                changed = json.loads(json.dumps(data))
                node = changed["cases"]
                for key in where[:-1]:
                    node = node[key]
                if isinstance(value, str):
                    middle = (len(value) - 1) // 2  # in a seed d || z, a part of d: z decides nothing here
                    node[where[-1]] = value[:middle] + ("1" if value[middle] == "0" else "0") + value[middle + 1 :]
                else:
                    node[where[-1]] = value + 1
                if where[-1] == "message" and node["op"] == "refuse":
                    continue  # refused as well
                assert not passes(changed), f"{name}: a change at {where} was not seen"


# --- published vectors -----------------------------------------------------------------------------------------------


def wycheproof(name):
    path = pathlib.Path(os.environ["ANOCHAT_VECTORS"]) / "wycheproof" / f"{name}.json"
    for group in json.loads(path.read_text())["testGroups"]:
        for test in group["tests"]:
            values = {k: v for k, v in test.items() if isinstance(v, str) and k not in ("comment", "result")}
            yield group, test, {k: bytes.fromhex(v) for k, v in values.items()}


def test_published_vectors(rng):
    if "ANOCHAT_VECTORS" not in os.environ:
        return "skipped: ANOCHAT_VECTORS is not set"
    count = 0
    for _, test, v in wycheproof("mlkem_768_keygen_seed_test"):
        assert mlkem768.keygen(v["seed"]) == v["ek"] and mlkem768.expanded_key(v["seed"]) == v["dk"]
        count += 1
    for _, test, v in wycheproof("mlkem_768_encaps_test"):
        expected = (v["c"], v["K"]) if test["result"] == "valid" else None
        assert mlkem768.encaps(v["ek"], v["m"]) == expected, test["tcId"]
        count += 1
    for _, test, v in wycheproof("mlkem_768_test"):
        if len(v["seed"]) != 64 or len(v["c"]) != mlkem768.CT_BYTES:
            assert test["result"] == "invalid"
        else:
            assert (mlkem768.decaps(v["seed"], v["c"]) == v["K"]) == (test["result"] == "valid"), test["tcId"]
        count += 1
    for group, test, v in wycheproof("ed25519_test"):
        key = bytes.fromhex(group["publicKey"]["pk"])
        assert ano.verify(key, v["msg"], v["sig"]) == (test["result"] == "valid"), test["tcId"]
        count += 1
    for _, test, v in wycheproof("x25519_test"):
        if ano.acceptable_x25519(v["public"]):
            assert ano.X(v["private"], v["public"]) == v["shared"], test["tcId"]
        else:
            assert test["result"] != "valid" or v["shared"] == bytes(32), test["tcId"]
        count += 1
    for name, nonce_bytes, open_it in (("chacha20", 12, ano.open_sealed), ("xchacha20", 24, ano.xopen)):
        for _, test, v in wycheproof(name + "_poly1305_test"):
            if len(v["key"]) == 32 and len(v["iv"]) == nonce_bytes:
                opened = open_it(v["key"], v["iv"], v["aad"], v["ct"] + v["tag"])
                assert opened == (v["msg"] if test["result"] == "valid" else None), test["tcId"]
                count += 1
    return f"{count} cases"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"backend: {ano.backend.name}, seed {seed}")
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            began = time.monotonic()
            note = test(random.Random(seed)) or ""
            print(f"ok {name} ({time.monotonic() - began:.1f} s) {note}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
