"""Runs inside GIMP: takes requests on a socket and runs the script each one names.

A request is a line of JSON, {"script": "paint", "arguments": {…}}; so is the answer.
"""

import importlib
import json
import os
import socket
import sys
import traceback
from pathlib import Path

folder = Path(__file__).parent
sys.path.insert(0, str(folder))


def answer(connection):
    stream = connection.makefile("rwb")
    try:
        request = json.loads(stream.readline())
        told = {"answer": importlib.import_module(request["script"]).main(**request["arguments"])}
    except Exception:
        told = {"traceback": traceback.format_exc()}
    stream.write(json.dumps(told).encode() + b"\n")
    stream.flush()
    connection.close()


listener = socket.create_server(("127.0.0.1", 0))
note = Path(os.environ["ANSWER_AT"])
new = note.with_suffix(".new")
new.write_text(f"{listener.getsockname()[1]} {os.getppid()}")
new.rename(note)
while True:
    answer(listener.accept()[0])
