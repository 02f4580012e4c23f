import pathlib
import time

import httpx

import anochat.sync


def test_messages_go_through_the_service_and_it_can_read_none(server, settings, tmp_path):
    secret = "the eagle lands at nine"
    url = f"ws://{server}/relay/"
    with anochat.sync.Client(None, relay=url, allow_strangers=True) as alice, \
            anochat.sync.Client(None, relay=url, allow_strangers=True) as bob:
        alice.wait_until_online(timeout=20)
        bob.wait_until_online(timeout=20)
        while frames(server) < 8:  # both have published what others need to write to them
            time.sleep(0.02)
        alice.send(bob.account(), secret)
        received = next(bob.messages(timeout=60))
        assert received.text == secret
        received.reply("so be it")
        assert next(alice.messages(timeout=60)).text == "so be it"
    for path in pathlib.Path(tmp_path).iterdir():
        if path.is_file():
            assert secret.encode() not in path.read_bytes() and b"so be it" not in path.read_bytes()
    assert pathlib.Path(settings.relay_store).stat().st_size > 0


def frames(server):
    text = httpx.get(f"http://{server}/metrics").text
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("anochat_relay_frames_received")))


def test_the_relay_speaks_websocket_only(server):
    assert httpx.get(f"http://{server}/relay").status_code in (307, 426)
    assert httpx.get(f"http://{server}/relay/").status_code == 426
