/** Events as readers get them: the envelope from the record's headers, and the value, checked against its schema. */

import type { EventData } from "./generated/events.js";
import type { Position } from "./positions.js";
import { faultOf } from "./validation.js";

/** Type of a partition's first record, which names installation, topic and partition count; it is no event. */
export const IDENTITY_TYPE = "loanstream.topic.identity.v1";

/** A record as it lies in the topic. */
export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The untouched bytes: the hash chain is made over them. */
  readonly value: Buffer;
}

export interface Envelope {
  /** The same for ever, also when the event is delivered again. */
  readonly id: string;
  readonly context: string;
  /** Id of the aggregate that decided. */
  readonly subject: string;
  /** Number in its aggregate, from 1, without a gap. */
  readonly sequence: number;
  /** Number in its partition, from 1, without a gap. */
  readonly partitionseq: number;
  /** When it was recorded, UTC, ISO text with microseconds. */
  readonly time: string;
  /** Business day on which it counts, ISO text; null before the first. */
  readonly businessDate: string | null;
  readonly correlation: string;
  /** Id of the command that was decided. */
  readonly causation: string;
  readonly actor: string;
  /** Where to go on once this event is handled: store it together with what the event did. */
  readonly position: Position;
  readonly record: EventRecord;
}

/** An event of a type that this release of the kit knows; `type` tells its `data`. */
export type KnownEvent = {
  [T in keyof EventData]: Envelope & { readonly known: true; readonly type: T; readonly data: EventData[T] };
}[keyof EventData];

/** An event of a type that is not known here, or whose value is not as its schema says. */
export type GenericEvent = Envelope & {
  readonly known: false;
  readonly type: string;
  /** The value as JSON gives it; null where it is no JSON. */
  readonly data: unknown;
  /** `unknown type`, or what is wrong with the value. */
  readonly reason: string;
};

export type LoanstreamEvent = KnownEvent | GenericEvent;

/**
 * The event in a record; null for an identity record, or a foreign one without an event's headers. Nothing is missed by
 * passing over such a record: the events around it are numbered without a gap.
 */
export function eventOf(record: EventRecord): LoanstreamEvent | null {
  const headers = record.headers;
  const type = headers["ce_type"];
  const id = headers["ce_id"];
  const source = headers["ce_source"];
  const subject = headers["ce_subject"];
  const sequence = numberOf(headers["ce_sequence"]);
  const partitionseq = numberOf(headers["ce_partitionseq"]);
  const time = headers["ce_time"];
  if (!type || !id || !source || !subject || !time || sequence === null || partitionseq === null) return null;
  const envelope: Envelope = {
    id,
    context: source.slice(source.lastIndexOf("/") + 1),
    subject,
    sequence,
    partitionseq,
    time,
    businessDate: headers["ce_businessdate"] || null,
    correlation: headers["ce_correlationid"] ?? "",
    causation: headers["ce_causationid"] ?? "",
    actor: headers["ce_authid"] ?? "",
    position: { offset: record.offset + 1n, partitionseq },
    record,
  };
  const data = parsed(record.value);
  const reason = data === null ? "no JSON" : faultOf(type, data);
  if (reason !== null) return { ...envelope, known: false, type, data, reason };
  return { ...envelope, known: true, type, data } as KnownEvent;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : null;
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    return null;
  }
}
