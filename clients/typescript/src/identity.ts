/**
 * Which log a partition is: its first record names the installation, and was written once. A topic that was remade has another
 * one, also where it has as many events as the one before it.
 */

import { randomUUID } from "node:crypto";
import type kafkajs from "kafkajs";
import { Remade } from "./continuity.js";
import { IDENTITY_TYPE } from "./envelope.js";
import { placeOf, type Identity } from "./positions.js";

const PATIENCE_MS = 30_000;

/** The identity in a partition's first record; null for any other record. */
export function identityOf(type: string | undefined, value: Buffer, timestamp: number): Identity | null {
  if (type !== IDENTITY_TYPE) return null;
  try {
    const stated = JSON.parse(value.toString("utf8")) as { readonly installation?: unknown } | null;
    return { installation: String(stated?.installation), timestamp };
  } catch {
    return null;
  }
}

/**
 * Throws {@link Remade} for a partition that is another one than that of the positions. One that is not in `found` has lost its
 * first record, or has none: that tells nothing.
 */
export function compareIdentities(stored: ReadonlyMap<string, Identity>, found: ReadonlyMap<string, Identity | null>): void {
  for (const [place, was] of stored) {
    const now = found.get(place);
    if (now === undefined || (now?.installation === was.installation && now.timestamp === was.timestamp)) continue;
    throw new Remade(
      `${place} is not the partition that the stored positions are of: they are of ${said(was)}, it ` +
        `${now === null ? "begins without an identity" : `is of ${said(now)}`}. Where the address is wrong, mend it; else the topic ` +
        "was remade or restored: ask who runs it. To read everything anew, remove the stored positions and what was made from them.",
    );
  }
}

/** What the first records say, of `places`, which must have one at offset 0. `group` is the first part of a group's name. */
export async function readIdentities(
  kafka: kafkajs.Kafka,
  group: string,
  topics: string[],
  places: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Identity | null>> {
  const found = new Map<string, Identity | null>();
  if (places.size === 0) return found;
  // uncommitted: the record at offset 0 comes in any case, also while a transaction is open there
  const consumer = kafka.consumer({
    groupId: `${group}.${randomUUID()}`,
    readUncommitted: true,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
  });
  let late: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    const all = new Promise<void>((resolve, reject) => {
      late = setTimeout(() => reject(new Error(`no first records of ${topics.join(", ")} in time`)), PATIENCE_MS);
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      const eachBatch = async ({ batch, pause }: kafkajs.EachBatchPayload): Promise<void> => {
        const place = placeOf(batch.topic, batch.partition);
        const message = batch.messages[0];
        if (message !== undefined && places.has(place) && !found.has(place)) {
          const type = message.headers?.["ce_type"]?.toString();
          const identity = identityOf(type, message.value ?? Buffer.alloc(0), Number(message.timestamp));
          found.set(place, message.offset === "0" ? identity : null);
        }
        pause();
        if (found.size === places.size) resolve();
      };
      consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }).catch(reject);
    });
    await all;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
  }
  return found;
}

function said({ installation, timestamp }: Identity): string {
  return `installation '${installation}', made at ${timestamp} ms since 1970`;
}
