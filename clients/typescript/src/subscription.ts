/** Reading events: from the beginning, a time or the position stored last; each at least once, in order, none passed over. */

import { randomUUID } from "node:crypto";
import kafkajs, { type EachBatchPayload, type IHeaders, type KafkaConfig } from "kafkajs";
import { Continuity, Standing } from "./continuity.js";
import { eventOf, IDENTITY_TYPE, type EventRecord, type LoanstreamEvent } from "./envelope.js";
import { TOPICS } from "./generated/events.js";
import { compareIdentities, readIdentities } from "./identity.js";
import { MemoryPositions, placeOf, type Position, type Positions } from "./positions.js";

export type Context = keyof typeof TOPICS;

export interface SubscribeOptions {
  /** How to reach the cluster, as kafkajs takes it: brokers, ssl, sasl. */
  readonly kafka: KafkaConfig;
  readonly contexts: readonly Context[];
  /** Called for one event after the other. When it throws, reading ends and nothing of the event is stored. */
  readonly handle: (event: LoanstreamEvent) => Promise<void> | void;
  readonly positions?: Positions;
  /** Where partitions without a stored position begin. */
  readonly start?: "beginning" | "end" | Date;
  /** End where the topics ended when reading began. */
  readonly untilEnd?: boolean;
  /** Ends reading after the event under way. */
  readonly signal?: AbortSignal;
  /** First part of the name of the group that kafkajs needs; the rest is random, so a right to it must be on the prefix. */
  readonly group?: string;
  readonly checkAggregates?: boolean;
}

const STORE_MS = 1_000;

/** Read events until the signal, or the end; one reader has all partitions. Throws `Gap`, and what `handle` throws. */
export async function subscribe(options: SubscribeOptions): Promise<void> {
  const kafka = new kafkajs.Kafka({ logLevel: kafkajs.logLevel.ERROR, ...options.kafka });
  const topics = options.contexts.map((context) => TOPICS[context]);
  const store = options.positions ?? new MemoryPositions();
  const { begins, ends, firsts } = await bounds(kafka, topics, await store.load(), options.start ?? "beginning");
  // positions that end with the process, or cannot keep it, have nothing to compare
  if (options.positions) await identify(kafka, options, options.positions, topics, firsts);
  const reader = new Reader(options, store, begins, ends);
  // a member of a group of its own: kafkajs has no other way to read, and nothing is committed to it
  const consumer = kafka.consumer({
    groupId: `${groupOf(options)}.${randomUUID()}`,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
  });
  const stop = (): void => reader.end();
  options.signal?.addEventListener("abort", stop);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reader.end(payload.error);
    });
    // each time that it joined: a group that is joined again would begin anew
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const { topic, partition, offset } of reader.joined()) consumer.seek({ topic, partition, offset: offset.toString() });
    });
    // also said of batches that hold nothing but aborted records and transaction markers
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      reader.reached(placeOf(payload.topic, payload.partition), BigInt(payload.lastOffset) + 1n);
    });
    if (options.signal?.aborted) reader.end();
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (batch) => reader.take(batch) });
    await reader.ended;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await consumer.disconnect();
  }
  await reader.store();
}

/** What is common to one call of {@link subscribe}. */
class Reader {
  readonly ended: Promise<void>;
  readonly #continuity: Continuity;
  readonly #standing = new Standing();
  readonly #open: Map<string, bigint>;
  readonly #handled = new Map<string, Position>();
  #unstored = new Map<string, Position>();
  #storedAt = Date.now();
  #over = false;
  #settle!: (error?: Error) => void;

  constructor(
    readonly options: SubscribeOptions,
    readonly positions: Positions,
    readonly begins: ReadonlyMap<string, Position>,
    ends: ReadonlyMap<string, bigint>,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
    });
    this.ended.catch(() => undefined); // it is awaited later
    this.#continuity = new Continuity(begins, options.checkAggregates ?? true);
    this.#open = new Map([...ends].filter(([place, end]) => end > (begins.get(place)?.offset ?? 0n)));
    this.#endAtTheEnd();
  }

  /** No more events; with an error reading failed. */
  end(error?: Error): void {
    this.#over = true;
    this.#settle(error);
  }

  async take({ batch, resolveOffset, heartbeat, isStale }: EachBatchPayload): Promise<void> {
    for (const message of batch.messages) {
      // the group was joined again: what is left of the batch comes once more, from where reading was sent
      if (this.#over || isStale()) return;
      const record = {
        topic: batch.topic,
        partition: batch.partition,
        offset: BigInt(message.offset),
        key: message.key?.toString("utf8") ?? "",
        headers: texts(message.headers),
        value: message.value ?? Buffer.alloc(0),
      };
      if (!(await this.#done(record))) return;
      resolveOffset(message.offset);
      // what it throws is kafkajs's own affair: after a rebalance, what comes again is dropped as a repeat
      await heartbeat();
    }
    resolveOffset(batch.lastOffset());
  }

  /** Where reading goes on in each partition, now that the group was joined. */
  joined(): { topic: string; partition: number; offset: bigint }[] {
    return [...this.begins].map(([place, begin]) => {
      const [topic, partition] = [topicOf(place), partitionOf(place)];
      const offset = this.#handled.get(place)?.offset ?? begin.offset;
      this.#standing.sent(topic, partition, offset);
      return { topic, partition, offset };
    });
  }

  reached(place: string, offset: bigint): void {
    const end = this.#open.get(place);
    if (end !== undefined && offset >= end && !this.#over) {
      this.#open.delete(place);
      this.#endAtTheEnd();
    }
  }

  async store(): Promise<void> {
    const unstored = this.#unstored;
    this.#unstored = new Map();
    this.#storedAt = Date.now();
    if (unstored.size > 0) await this.positions.store(unstored);
  }

  /** Handle a record and store what is due. False where that failed: it ends reading, and is never tried again. */
  async #done(record: EventRecord): Promise<boolean> {
    try {
      // where the offset asked for is not there, kafkajs goes back to the first one without a word
      this.#standing.came(record.topic, record.partition, record.offset);
      await this.#handle(record);
      if (Date.now() - this.#storedAt >= STORE_MS) await this.store();
      return true;
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  async #handle(record: EventRecord): Promise<void> {
    const event = eventOf(record);
    if (event === null) {
      const known = record.headers["ce_type"] === IDENTITY_TYPE;
      if (!known) process.emitWarning(`${record.topic} partition ${record.partition} offset ${record.offset} is no event`);
      return;
    }
    if (!this.#continuity.isNew(event)) return;
    await this.options.handle(event);
    this.#unstored.set(placeOf(record.topic, record.partition), event.position);
    this.#handled.set(placeOf(record.topic, record.partition), event.position);
  }

  #endAtTheEnd(): void {
    if (this.options.untilEnd === true && this.#open.size === 0) this.end();
  }
}

/** Compare which logs the stored positions are of. Throws `Remade`. */
async function identify(
  kafka: kafkajs.Kafka,
  options: SubscribeOptions,
  positions: Positions,
  topics: string[],
  firsts: ReadonlySet<string>,
): Promise<void> {
  if (!positions.identities || !positions.identify) return;
  const found = await readIdentities(kafka, groupOf(options), topics, firsts);
  compareIdentities(await positions.identities(), found);
  await positions.identify(new Map([...found].flatMap(([place, identity]) => (identity ? [[place, identity]] : []))));
}

function groupOf(options: SubscribeOptions): string {
  return options.group ?? "loanstream-client";
}

interface Bounds {
  readonly begins: ReadonlyMap<string, Position>;
  readonly ends: ReadonlyMap<string, bigint>;
  /** The partitions that have a record at offset 0. */
  readonly firsts: ReadonlySet<string>;
}

async function bounds(
  kafka: kafkajs.Kafka,
  topics: readonly string[],
  stored: ReadonlyMap<string, Position>,
  start: "beginning" | "end" | Date,
): Promise<Bounds> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const begins = new Map<string, Position>();
    const ends = new Map<string, bigint>();
    const firsts = new Set<string>();
    for (const topic of topics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      const times = start instanceof Date ? await admin.fetchTopicOffsetsByTimestamp(topic, start.getTime()) : [];
      for (const { partition, low, high } of offsets) {
        const place = placeOf(topic, partition);
        const from = start === "beginning" ? low : (times.find((each) => each.partition === partition)?.offset ?? high);
        const first = { offset: BigInt(from), partitionseq: start === "beginning" ? 0 : null };
        const begin = stored.get(place) ?? first;
        if (begin.offset > BigInt(high)) {
          throw new Error(`${place} ends at ${high}, before the stored position ${begin.offset}: it was remade or truncated`);
        }
        begins.set(place, begin);
        ends.set(place, BigInt(high));
        if (BigInt(low) === 0n && BigInt(high) > 0n) firsts.add(place);
      }
    }
    return { begins, ends, firsts };
  } finally {
    await admin.disconnect();
  }
}

function texts(headers: IHeaders | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    return [name, last?.toString() ?? ""] as const;
  });
  return Object.fromEntries(entries);
}

function topicOf(place: string): string {
  return place.slice(0, place.lastIndexOf("/"));
}

function partitionOf(place: string): number {
  return Number(place.slice(place.lastIndexOf("/") + 1));
}
