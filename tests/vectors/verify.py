#!/usr/bin/env python3
"""Checks the AnoChat test vectors (tests/vectors/*.json) with the Python reference.

    verify.py [directory] [--only name]...

Prints one line for each file. Ends with 1 when a value differs or a file is missing.
"""

import argparse
import json
import pathlib
import sys

import anochat_reference as ano

PROTOCOL = "AnoChat 1 suite 1"


class Mismatch(Exception):
    pass


class Checker:
    def __init__(self):
        self.count, self.where = 0, ""

    def fail(self, what):
        raise Mismatch(f"{self.where}: {what}")

    def equal(self, what, expected, got):
        """Compares a value of the file with a computed one; byte strings stand in the file as lower-case hex."""
        self.count += 1
        expected, got = (x.hex() if isinstance(x, bytes) else x for x in (expected, got))
        if expected == got:
            return
        if isinstance(expected, str) and isinstance(got, str):
            at = next((i for i, (x, y) in enumerate(zip(expected, got)) if x != y), min(len(expected), len(got)))
            start = max(0, at - 8)
            self.fail(
                f"{what} differs at character {at}: the file has ...{expected[start:at + 24]}... "
                f"({len(expected)} characters), the reference ...{got[start:at + 24]}... ({len(got)} characters)"
            )
        self.fail(f"{what} differs: the file has {str(expected)[:200]}, the reference {str(got)[:200]}")

    def refused(self, what, name, action):
        """`action` must be refused with the error `name`."""
        self.count += 1
        try:
            action()
        except ano.AnoError as e:
            if e.name != name:
                self.fail(f"{what}: the file says {name}, the reference refuses with {e}")
        else:
            self.fail(f"{what}: the file says {name}, the reference accepts it")


def unhex(text):
    if text != text.lower():
        raise Mismatch(f"not lower-case hex: {text[:40]}")
    return bytes.fromhex(text)


def device_of(d):
    return ano.Device(unhex(d["account_seed"]), d["device"], unhex(d["signing_seed"]), unhex(d["agreement_private"]))


def prekey_of(kind, d):
    return ano.Prekey(kind, d["id"], d["created"], d["expires"], unhex(d["seed"] if "seed" in d else d["private"]))


def kem_kind_of(kind):
    names = {1: "kem-one-time", 2: "kem-last-resort", "one-time": "kem-one-time", "last-resort": "kem-last-resort"}
    return names.get(kind, kind)


# --- one function for each file --------------------------------------------------------------------------------------


def check_address(case, c):
    key, device = unhex(case["account_key"]), case["device"]
    addr = ano.address(key, device)
    c.equal("account_id", case["account_id"], ano.account_id(key))
    c.equal("address", case["address"], addr)
    c.equal("account_text", case["account_text"], ano.account_text(addr[:32]))
    c.equal("address_text", case["address_text"], ano.address_text(addr))
    for text, number in ((case["account_text"], 0), (case["address_text"], device)):
        for spelling in (text, text.upper()):
            account, got = ano.parse_address(spelling)
            c.equal("reading " + spelling, [case["account_id"], number], [account.hex(), got])
        other = "b" if text[10] == "a" else "a"
        c.refused("a changed letter", "bad_address", lambda: ano.parse_address(text[:10] + other + text[11:]))


def check_safety_number(case, c):
    a, b = unhex(case["account_key_a"]), unhex(case["account_key_b"])
    digits_a, scan_a = ano.safety_number(a, b)
    digits_b, scan_b = ano.safety_number(b, a)
    c.equal("digits", "".join(case["digits"].split()), digits_a)
    c.equal("digits for b", "".join(case["digits"].split()), digits_b)
    c.equal("scannable_a", case["scannable_a"], scan_a)
    c.equal("scannable_b", case["scannable_b"], scan_b)


def check_certificate(case, c):
    d = device_of(case)
    c.equal("identity", case["identity"], d.identity)
    c.equal("certificate", case["certificate"], d.certificate)
    addr, identity = ano.open_certificate(unhex(case["certificate"]))
    c.equal("opened certificate", (addr, identity), (d.address, d.identity))
    bad = bytearray(unhex(case["certificate"]))
    bad[40] ^= 1
    c.refused("a changed certificate", "bad_signature", lambda: ano.open_certificate(bytes(bad)))


def check_device_list(case, c):
    seed = unhex(case["account_seed"])
    entries = [(e["device"], unhex(e["identity"])) for e in case["entries"]]
    encoded = ano.make_device_list(seed, case["version"], case["issued"], entries)
    c.equal("encoded", case["encoded"], encoded)
    got = ano.open_device_list(unhex(case["encoded"]), ano.account_id(encoded[:32]))
    c.equal("opened list", (case["version"], case["issued"], entries), got)
    bad = encoded[:-1] + bytes((encoded[-1] ^ 1,))
    c.refused("a changed list", "bad_signature", lambda: ano.open_device_list(bad, ano.account_id(encoded[:32])))


def check_prekeys(case, c):
    d = device_of(case)
    key = prekey_of(case["kind"], case)
    c.equal("record", case["record"], key.record(d))
    c.equal("signature verifies", True, ano.Record(case["kind"], unhex(case["record"])).signed_by(d.identity))


def handshake_inputs(case):
    """(a, b, the responder with its prekeys, the bundle's bytes, draws)."""
    a, b, keys = device_of(case["a"]), device_of(case["b"]), case["prekeys"]
    signed = prekey_of("signed", keys["signed"])
    one_time = prekey_of("one-time", keys["one_time"]) if keys["one_time"] else None
    kem = prekey_of(kem_kind_of(keys["kem_kind"]), keys["kem"])
    responder = ano.Responder(b, [k for k in (signed, one_time, kem) if k])
    now = case.get("now", max(k.created for k in (signed, one_time, kem) if k))
    return a, responder, ano.make_bundle(b, signed, one_time, kem), now, ano.Draws(map(unhex, case["draws"]))


HANDSHAKE_FIELDS = "dh1 dh2 dh3 dh4 ct ss kid block sid t prk sk_ec sk_pq hk_a nhk_b a0 ad exp".split()


def check_handshake(case, c):
    a, responder, encoded, now, draws = handshake_inputs(case)
    c.equal("bundle", case["bundle"], encoded)
    bundle = ano.Bundle(encoded, now, a)
    hs = ano.initiate(a, bundle, draws)
    c.equal("draws left", 0, len(draws.left))
    block = ano.Block(unhex(case["block"]))
    hs_b = ano.respond(responder.device, block, lambda *key: responder.prekeys.get(key))
    for side, values in (("a", hs), ("b", hs_b)):
        for name in HANDSHAKE_FIELDS:
            c.equal(f"{name} of {side}", case[name], values.get(name))
    c.equal("peer of b", hs_b["peer"], (a.address, a.identity))
    example = case["exporter_example"]
    label, context = example["label"].encode(), example["context"]
    secret = ano.export_secret(hs["exp"], label, unhex(context))
    c.equal("exporter_example", example["secret"], secret)
    c.refused("own bundle", "self_session", lambda: ano.Bundle(encoded, now, responder.device))


def check_conversation(case, c):
    a, responder, encoded, now, draws = handshake_inputs(case["handshake"])
    if "bundle" in case["handshake"]:
        c.equal("bundle", case["handshake"]["bundle"], encoded)
    bundle = ano.Bundle(encoded, now, a)
    sessions = {"a": ano.Session.initiator(ano.initiate(a, bundle, draws), bundle), "b": None}
    c.equal("handshake draws left", 0, len(draws.left))
    place, messages = c.where, {}

    def receive(who, message, now):
        if sessions[who] is None:
            sessions[who], content = responder.accept(message, now)
            return content
        return sessions[who].receive(message, now)

    for i, step in enumerate(case["steps"]):
        op = step["op"]
        c.where = f"{place}, step {i} ({op})"
        if op == "send":
            session, draws = sessions[step["from"]], ano.Draws(map(unhex, step["draws"]))
            try:
                messages[i] = session.send(unhex(step["content"]), draws)
            except LookupError as e:
                c.fail(str(e))
            c.equal("draws left", 0, len(draws.left))
            for name in ("mk_ec", "mk_pq", "header", "pq_epoch", "pq_n", "body"):
                c.equal(name, step[name], session.trace[name])
            c.equal("message", step["message"], messages[i])
        elif op == "receive":
            try:
                content = receive(step["to"], messages[step["message_index"]], step["now"])
            except ano.AnoError as e:
                c.fail(f"the reference refuses message {step['message_index']} with {e}")
            c.equal("content", step["content"], content)
        elif op == "refuse":
            session = sessions[step["to"]]
            before = session.save() if session else None
            c.refused("message", step["error"], lambda: receive(step["to"], unhex(step["message"]), step["now"]))
            c.equal("state after a refusal", before, session.save() if session else None)
        elif op == "lose":
            draws = ano.Draws(map(unhex, step["draws"]))
            for _ in range(step["count"]):
                sessions[step["from"]].send(b"", draws)
            c.equal("draws left", 0, len(draws.left))
        elif op == "signal":
            session, draws = sessions[step["from"]], ano.Draws(map(unhex, step["draws"]))
            signal = session.send_signal(unhex(step["content"]), step["now_ms"], draws)
            c.equal("draws left", 0, len(draws.left))
            c.equal("signal", step["message"], signal)
            other = sessions["b" if step["from"] == "a" else "a"]
            c.equal("content of the signal", step["content"], other.receive_signal(signal, step["now_ms"]))
            c.refused("the signal again", "replayed", lambda: other.receive_signal(signal, step["now_ms"]))
        elif op == "state":
            session = sessions[step["of"]]
            c.equal("record", step["record"], session.encode())
            c.equal("save", step["save"], session.save())
            # From here on the conversation goes on with what was saved.
            restored = ano.Session.restore(unhex(step["save"]))
            c.equal("save of the restored session", step["save"], restored.save())
            sessions[step["of"]] = restored
        else:
            c.fail(f"unknown op {op!r}")
    c.where = place


def check_erasure(case, c):
    payload = unhex(case["payload"])
    k, by_index = len(payload) // 32, {}
    for s in case["symbols"]:
        by_index[s["index"]] = ano.encode_symbol(payload, s["index"])
        c.equal(f"symbol {s['index']}", s["bytes"], by_index[s["index"]])
    chosen = [(i, by_index.get(i) or ano.encode_symbol(payload, i)) for i in case["decode_from"]]
    c.equal("number of symbols to decode from", k, len(chosen))
    c.equal("decoded payload", case["payload"], ano.decode_symbols(chosen, k))


def check_padding(case, c):
    c.equal(f"padded({case['length']})", case["padded"], ano.padded(case["length"]))
    c.equal(f"padded({case['padded']})", case["padded"], ano.padded(case["padded"]))


FILES = {
    "address": check_address,
    "safety_number": check_safety_number,
    "certificate": check_certificate,
    "device_list": check_device_list,
    "prekeys": check_prekeys,
    "handshake": check_handshake,
    "conversation": check_conversation,
    "erasure": check_erasure,
    "padding": check_padding,
}


def verify_file(path):
    """The number of checks that passed."""
    c = Checker()
    c.where = path.name
    try:
        if not path.is_file():
            c.fail("the file is missing")
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.get("protocol") != PROTOCOL:
            c.fail(f"protocol is {data.get('protocol')!r} instead of {PROTOCOL!r}")
        if not data.get("cases"):
            c.fail("there are no cases")
        for i, case in enumerate(data["cases"]):
            c.where = f"{path.name}, case {i}"
            try:
                FILES[path.stem](case, c)
            except ano.AnoError as e:
                c.fail(f"the reference refuses with {e}")
            except (KeyError, TypeError, ValueError, LookupError) as e:
                c.fail(f"cannot be read: {type(e).__name__}: {e}")
    except json.JSONDecodeError as e:
        c.fail(f"not JSON: {e}")
    except Mismatch as e:
        raise Mismatch(str(e) if path.name in str(e) else f"{c.where}: {e}") from None
    return c.count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--only", action="append", choices=FILES, metavar="name")
    args = parser.parse_args()
    failed = False
    for name in args.only or FILES:
        path = args.directory / f"{name}.json"
        try:
            print(f"ok    {path.name}: {verify_file(path)} checks")
        except Mismatch as e:
            failed = True
            print(f"WRONG {e}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
