"""Bytes that TensorBoard's own writer makes of a few events: writes events.json beside this file.

Needs tensorboard, here only. tests/train/events.test.ts encodes the same events.
"""

import json
import pathlib
import struct

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c

EVENTS = [
    {"wallTime": 1700000000.25, "step": 0, "fileVersion": "brain.Event:2"},
    {"wallTime": 1700000001.5, "step": 1, "scalars": {"step/loss": 0.5}},
    {"wallTime": 1700000002.0, "step": 300, "scalars": {"loss": 1.25, "größe": -3e-7, "lr": 0.0}},
    {"wallTime": 1700000003.0, "step": 2**40 + 5, "scalars": {"x": float("inf")}},
    {"wallTime": 1700000004.0, "step": 7, "restarted": True},
]


def encode(event):
    message = Event(wall_time=event["wallTime"], step=event["step"])
    if "fileVersion" in event:
        message.file_version = event["fileVersion"]
    if "scalars" in event:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in event["scalars"].items()]
        message.summary.CopyFrom(Summary(value=values))
    if event.get("restarted"):
        message.session_log.CopyFrom(SessionLog(status=SessionLog.START))
    data = message.SerializeToString()
    header = struct.pack("<Q", len(data))
    record = header + struct.pack("<I", masked_crc32c(header)) + data + struct.pack("<I", masked_crc32c(data))
    return record.hex()


def readable(event):
    scalars = {tag: str(value) for tag, value in event.get("scalars", {}).items()}
    return {**event, **({"scalars": scalars} if scalars else {}), "record": encode(event)}


if __name__ == "__main__":
    checks = {text: crc32c(text.encode()) for text in ["", "123456789", "a" * 300]}
    golden = {"crc32c": checks, "events": [readable(event) for event in EVENTS]}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
