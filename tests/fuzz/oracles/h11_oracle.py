"""Python's h11 as an oracle, without a network; process_oracle.ts is the other end."""

import json
import struct
import sys

import h11


def read(stream):
    requests, error = [], None
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(stream)
    connection.receive_data(b"")
    try:
        while True:
            event = connection.next_event()
            if type(event) is h11.Request:
                fields = [part.decode("latin-1") for pair in event.headers.raw_items() for part in pair]
                seen = {
                    "method": event.method.decode("latin-1"),
                    "target": event.target.decode("latin-1"),
                    "fields": fields,
                    "body": "",
                    "complete": False,
                }
                requests.append(seen)
            elif type(event) is h11.Data:
                seen["body"] += bytes(event.data).decode("latin-1")
            elif type(event) is h11.EndOfMessage:
                seen["complete"] = True
                connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                if connection.our_state is h11.SWITCHED_PROTOCOL:
                    break
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    break
                connection.start_next_cycle()
            elif type(event) is h11.ConnectionClosed or event in (h11.NEED_DATA, h11.PAUSED):
                break
    except h11.RemoteProtocolError as problem:
        error = str(problem)
    return {"requests": requests, "error": error}


def main():
    source = sys.stdin.buffer
    while header := source.read(4):
        count = struct.unpack("<I", header)[0]
        readings = []
        for _ in range(count):
            length = struct.unpack("<I", source.read(4))[0]
            readings.append(read(source.read(length)))
        answer = json.dumps(readings).encode()
        sys.stdout.buffer.write(struct.pack("<I", len(answer)) + answer)
        sys.stdout.buffer.flush()


main()
