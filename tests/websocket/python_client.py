"""A client of Python's websockets: sends texts and bytes of the lengths given, compares, closes."""

import asyncio
import json
import sys

from websockets import connect


def extensions_of(socket):
    """Where the library has them before its version 14, and from then on."""
    return socket.extensions if hasattr(socket, "extensions") else socket.protocol.extensions


async def main(url, lengths):
    wrong = 0
    async with connect(url, subprotocols=["a", "b"], max_size=None) as socket:
        for length in lengths:
            for message in ("x" * length, b"\7" * length):
                await socket.send(message)
                if await socket.recv() != message:
                    wrong += 1
        # A message in fragments, and a ping.
        await socket.send(["one ", "two ", "three"])
        if await socket.recv() != "one two three":
            wrong += 1
        await (await socket.ping(b"hello"))
        await socket.close(4000, "bye")
        print(
            json.dumps(
                {
                    "protocol": socket.subprotocol,
                    "compressed": len(extensions_of(socket)) > 0,
                    "wrong": wrong,
                    "close": [socket.close_code, socket.close_reason],
                }
            )
        )


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
