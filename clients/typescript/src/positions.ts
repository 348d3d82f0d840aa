/**
 * Where a reader stands, kept between its runs. A position is stored after its events were handled: after a crash some events
 * come again and none is lost.
 */

import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

export interface Position {
  /** Where reading goes on. */
  readonly offset: bigint;
  /** Number of the last event handled in its partition, 0 for none; null when it is not known. */
  readonly partitionseq: number | null;
}

/** What the first record of a partition says: which log it is. */
export interface Identity {
  readonly installation: string;
  /** When it was written, milliseconds since 1970: another one in the same installation is a topic that was remade. */
  readonly timestamp: number;
}

/** Keeps the positions of one reader, by {@link placeOf}. */
export interface Positions {
  load(): Promise<ReadonlyMap<string, Position>>;
  /** Keep the positions of these partitions; those of others stay. */
  store(positions: ReadonlyMap<string, Position>): Promise<void>;
  /** The identities stored last. With this and `identify`, a topic that was remade is found out when reading begins. */
  identities?(): Promise<ReadonlyMap<string, Identity>>;
  /** From the next `store` on keep these together with the positions of their partitions. */
  identify?(identities: ReadonlyMap<string, Identity>): Promise<void>;
}

/** The name of a partition in maps of positions. */
export function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Positions that end with the process. */
export class MemoryPositions implements Positions {
  readonly #positions = new Map<string, Position>();
  readonly #identities = new Map<string, Identity>();

  async load(): Promise<ReadonlyMap<string, Position>> {
    return new Map(this.#positions);
  }

  async store(positions: ReadonlyMap<string, Position>): Promise<void> {
    for (const [place, position] of positions) this.#positions.set(place, position);
  }

  async identities(): Promise<ReadonlyMap<string, Identity>> {
    return new Map(this.#identities);
  }

  async identify(identities: ReadonlyMap<string, Identity>): Promise<void> {
    for (const [place, identity] of identities) this.#identities.set(place, identity);
  }
}

/** Positions in a JSON file, replaced as a whole: a crash leaves the old or the new one. */
export class FilePositions implements Positions {
  #positions = new Map<string, Position>();
  #identities = new Map<string, Identity>();

  constructor(readonly path: string) {}

  /** Throws when the file holds something else: starting anew must be somebody's decision. */
  async load(): Promise<ReadonlyMap<string, Position>> {
    const text = await readFile(this.path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    try {
      const entries = Object.entries(JSON.parse(text) as object);
      this.#positions = new Map(entries.map(([place, stored]) => [place, read(stored)]));
      this.#identities = new Map(entries.flatMap(([place, stored]) => identified(stored).map((identity) => [place, identity])));
    } catch (error) {
      throw new Error(`${this.path} holds no positions (${String(error)}); mend it, or remove it to start anew`);
    }
    return new Map(this.#positions);
  }

  async store(positions: ReadonlyMap<string, Position>): Promise<void> {
    for (const [place, position] of positions) this.#positions.set(place, position);
    const entries = [...this.#positions].map(([place, { offset, partitionseq }]) => {
      const identity = this.#identities.get(place);
      return [place, [offset.toString(), partitionseq, ...(identity ? [identity.installation, identity.timestamp] : [])]];
    });
    const beside = `${this.path}.new`;
    const file = await open(beside, "w");
    try {
      await file.writeFile(JSON.stringify(Object.fromEntries(entries)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.path);
    // the name is on the disk once the folder is
    const folder = await open(dirname(this.path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async identities(): Promise<ReadonlyMap<string, Identity>> {
    return new Map(this.#identities);
  }

  async identify(identities: ReadonlyMap<string, Identity>): Promise<void> {
    for (const [place, identity] of identities) this.#identities.set(place, identity);
  }
}

function read(stored: unknown): Position {
  if (!Array.isArray(stored) || typeof stored[0] !== "string") throw new TypeError("no position");
  const partitionseq: unknown = stored[1];
  if (partitionseq !== null && !Number.isSafeInteger(partitionseq)) throw new TypeError("no number of an event");
  return { offset: BigInt(stored[0]), partitionseq: partitionseq as number | null };
}

/** What was stored beside a position: nothing by releases that kept no identity. */
function identified(stored: unknown[]): Identity[] {
  const [, , installation, timestamp] = stored;
  if (stored.length <= 2) return [];
  if (typeof installation !== "string" || typeof timestamp !== "number") throw new TypeError("no installation and time");
  return [{ installation, timestamp }];
}
