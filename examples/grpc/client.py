"""A client of messenger_service in Python: client.py unix:/run/me.sock account | send <address> <text> | watch [<how many>]

The two modules of the service are made of messenger.proto, by the target anochat_grpc or by
protoc --python_out=. --grpc_python_out=. --plugin=protoc-gen-grpc_python=$(command -v grpc_python_plugin) messenger.proto
"""
import itertools
import sys

import grpc
import messenger_pb2 as messages
import messenger_pb2_grpc as services


def main(where, command, *words):
    with grpc.insecure_channel(where) as channel:
        messenger = services.MessengerStub(channel)
        if command == "account":
            print(messenger.GetAccount(messages.GetAccountRequest(), wait_for_ready=True, timeout=60).account)
        elif command == "send":
            to, text = words
            print(messenger.Send(messages.SendRequest(to=to, text=text), wait_for_ready=True, timeout=60).id)
        elif command == "watch":
            received = messenger.Watch(messages.WatchRequest(), wait_for_ready=True)
            for message in itertools.islice(received, *map(int, words[:1] or [sys.maxsize])):
                print(message.sender, message.text, flush=True)
            received.cancel()
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    except (TypeError, ValueError):
        sys.exit(__doc__)
