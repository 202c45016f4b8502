/**
 * Encodes TensorBoard's event files: protocol buffers inside TFRecords. Used by tensorboard.ts, which writes the files.
 */
import { maskedCrc32c } from "./crc32c.js";

/*
 * TensorBoard's files: TFRecords, each an Event of tensorboard/compat/proto/event.proto in the wire format of protocol
 * buffers. Only what is needed to write scalars:
 *
 *     message Event      { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
 *     message Summary    { message Value { string tag = 1; float simple_value = 2; }  repeated Value value = 1; }
 *     message SessionLog { SessionStatus status = 1; }    START = 1
 */

/** One event: numbers by tag, the version that a file begins with, or that a run was begun again at a step. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars?: Readonly<Record<string, number>>;
  readonly fileVersion?: string;
  readonly restarted?: boolean;
}

const [varintType, fixed64Type, bytesType, fixed32Type] = [0, 1, 2, 5];

/** Seven bits a byte, the lowest first, the top bit set on all but the last. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return bytes;
}

const key = (field: number, type: number): number[] => varint(field * 8 + type);

function double(field: number, value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [...key(field, fixed64Type), ...bytes];
}

function float(field: number, value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [...key(field, fixed32Type), ...bytes];
}

const varintField = (field: number, value: number): number[] => [...key(field, varintType), ...varint(value)];
const message = (field: number, bytes: ArrayLike<number>): number[] => [
  ...key(field, bytesType),
  ...varint(bytes.length),
  ...Array.from(bytes),
];
const string = (field: number, text: string): number[] => message(field, new TextEncoder().encode(text));

/** An Event as protocol buffers write it; fields that have their default, such as step 0, are left out. */
export function encodeEvent({
  wallTime,
  step,
  scalars = {},
  fileVersion,
  restarted = false,
}: TensorBoardEvent): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) => message(1, [...string(1, tag), ...float(2, value)]));
  return Uint8Array.from([
    ...double(1, wallTime),
    ...(step === 0 ? [] : varintField(2, step)),
    ...(fileVersion === undefined ? [] : string(3, fileVersion)),
    ...(values.length === 0 ? [] : message(5, values)),
    ...(restarted ? message(7, varintField(1, 1)) : []),
  ]);
}

/** A TFRecord: the length (64 bits), its checksum, the data, their checksum. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
