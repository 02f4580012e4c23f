"""TLS with a CA of the test's own: what must be refused is refused, clearly, and nothing is lost by it."""
from processes import Authority, Person, Relay, check, main

TLS_REFUSED = 7


def expect_refusal(person, relay, ca_file, words):
    url = f"wss://localhost:{relay.port}"
    _, errors = person.run("send", "bob", "not over this line", "--relay", url, "--timeout", 30,
                           *(["--ca-file", ca_file] if ca_file else []), code=TLS_REFUSED, json_output=False)
    check(any(word in errors.lower() for word in words), f"expected one of {words} in: {errors}")
    check("queued" in errors, f"nobody says what became of the message: {errors}")
    check("ca-file" in errors or "host name" in errors, f"there is no advice: {errors}")


def test(world):
    authority = Authority(world)
    good = Relay(world, "good", **authority.issue("good", "localhost"))
    url = f"wss://localhost:{good.port}"
    alice = Person(world, "alice", url, "--ca-file", authority.ca_file)
    bob = Person(world, "bob", url, "--ca-file", authority.ca_file)
    check(alice.is_published and bob.is_published, "no account got through good TLS")
    alice.add(bob)
    bob.add(alice)
    alice.rows("send", "bob", "over tls")
    texts = [row["text"] for row in bob.rows("recv", "--count", 1, "--timeout", 60) if row["type"] == "message"]
    check(texts == ["over tls"], f"bob has {texts}")

    wrong_host = Relay(world, "wrong_host", **authority.issue("wrong_host", "other.example"))
    expired = Relay(world, "expired", **authority.issue("expired", "localhost", first_day=-20, last_day=-1))
    expect_refusal(alice, wrong_host, authority.ca_file, ["host"])
    expect_refusal(alice, expired, authority.ca_file, ["expired"])
    expect_refusal(alice, good, Authority(world, "other_ca").ca_file, ["trust", "issuer", "certificate"])
    alice.run("send", "bob", "x", "--ca-file", world.path("no such file"), code=TLS_REFUSED)

    # What was refused had not been sent: with the right relay it goes out, once each and in order.
    alice.rows("send", "bob", "the last", "--timeout", 60)
    rows = bob.rows("recv", "--count", 4, "--timeout", 60)
    texts = [row["text"] for row in rows if row["type"] == "message"]
    check(texts == ["not over this line"] * 3 + ["the last"], f"bob has {texts}")
    for relay in (wrong_host, expired):
        check(b"not over this line" not in relay.everything(), "a refused relay has got something")


if __name__ == "__main__":
    main(test)
