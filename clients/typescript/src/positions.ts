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

/** Keeps the positions of one reader, by {@link placeOf}. */
export interface Positions {
  load(): Promise<ReadonlyMap<string, Position>>;
  /** Keep the positions of these partitions; those of others stay. */
  store(positions: ReadonlyMap<string, Position>): Promise<void>;
}

/** The name of a partition in maps of positions. */
export function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Positions that end with the process. */
export class MemoryPositions implements Positions {
  readonly #positions = new Map<string, Position>();

  async load(): Promise<ReadonlyMap<string, Position>> {
    return new Map(this.#positions);
  }

  async store(positions: ReadonlyMap<string, Position>): Promise<void> {
    for (const [place, position] of positions) this.#positions.set(place, position);
  }
}

/** Positions in a JSON file, replaced as a whole: a crash leaves the old or the new one. */
export class FilePositions implements Positions {
  #positions = new Map<string, Position>();

  constructor(readonly path: string) {}

  /** Throws when the file holds something else: starting anew must be somebody's decision. */
  async load(): Promise<ReadonlyMap<string, Position>> {
    const text = await readFile(this.path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    try {
      this.#positions = new Map(Object.entries(JSON.parse(text) as object).map(([place, stored]) => [place, read(stored)]));
    } catch (error) {
      throw new Error(`${this.path} holds no positions (${String(error)}); mend it, or remove it to start anew`);
    }
    return new Map(this.#positions);
  }

  async store(positions: ReadonlyMap<string, Position>): Promise<void> {
    for (const [place, position] of positions) this.#positions.set(place, position);
    const entries = [...this.#positions].map(([place, { offset, partitionseq }]) => [place, [offset.toString(), partitionseq]]);
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
}

function read(stored: unknown): Position {
  if (!Array.isArray(stored) || typeof stored[0] !== "string") throw new TypeError("no position");
  const partitionseq: unknown = stored[1];
  if (partitionseq !== null && !Number.isSafeInteger(partitionseq)) throw new TypeError("no number of an event");
  return { offset: BigInt(stored[0]), partitionseq: partitionseq as number | null };
}
