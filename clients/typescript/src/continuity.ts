/** Whether events follow one another: repeats are dropped, gaps are errors. */

import type { LoanstreamEvent } from "./envelope.js";
import { placeOf, type Position } from "./positions.js";

/** An event is missing before this one. Never go on: find out what was lost, and where. */
export class Gap extends Error {
  override readonly name = "Gap";
}

/** A record that stands behind what was read has a number that was read before: this is another log under the same name. */
export class Remade extends Gap {}

const REMADE =
  "The topic was remade or restored: ask who runs it. To read everything anew, remove the stored positions and what was made from them.";

/**
 * Follows partitions from known positions on. It keeps a number for each aggregate; with `checkAggregates` false only the
 * partitions' own numbers are followed, which find every lost record as well.
 */
export class Continuity {
  /** How many events came again and were dropped. */
  repeats = 0;
  readonly #last = new Map<string, number>();
  /** By partition the offset below which everything was read. */
  readonly #read = new Map<string, bigint>();
  readonly #fromTheFirst = new Set<string>();
  readonly #aggregates = new Map<string, number>();

  constructor(
    positions: ReadonlyMap<string, Position> = new Map(),
    readonly checkAggregates = true,
  ) {
    for (const [place, position] of positions) {
      if (position.partitionseq !== null) this.#last.set(place, position.partitionseq);
      this.#read.set(place, position.offset);
      if (position.partitionseq === 0) this.#fromTheFirst.add(place);
    }
  }

  /** Whether the event is the next one; false for one that was seen before. Throws {@link Gap} and {@link Remade}. */
  isNew(event: LoanstreamEvent): boolean {
    const { topic, partition, offset } = event.record;
    const place = placeOf(topic, partition);
    const last = this.#last.get(place);
    const where = `${topic} partition ${partition} offset ${offset}`;
    const read = this.#read.get(place) ?? 0n;
    if (last !== undefined && event.partitionseq <= last) {
      if (offset >= read) {
        throw new Remade(`${where}: event ${event.partitionseq} of the partition came after ${last}. ${REMADE}`);
      }
      this.repeats += 1;
      return false;
    }
    if (last !== undefined && event.partitionseq !== last + 1) {
      throw new Gap(`${where}: event ${event.partitionseq} of the partition came after ${last}`);
    }
    if (this.checkAggregates) this.#followAggregate(event, place, where);
    this.#last.set(place, event.partitionseq);
    if (offset >= read) this.#read.set(place, offset + 1n);
    return true;
  }

  #followAggregate(event: LoanstreamEvent, place: string, where: string): void {
    const aggregate = `${event.record.topic} ${event.subject}`;
    const known = this.#aggregates.get(aggregate) ?? (this.#fromTheFirst.has(place) ? 0 : undefined);
    if (known !== undefined && event.sequence !== known + 1) {
      throw new Gap(`${where}: event ${event.sequence} of ${event.subject} came after ${known}`);
    }
    this.#aggregates.set(aggregate, event.sequence);
  }
}

/** Where reading stands in each partition: a record below that, when nothing sent reading back, is of another log. */
export class Standing {
  readonly #next = new Map<string, bigint>();

  /** Reading goes on at this offset, also where it stood further on. */
  sent(topic: string, partition: number, offset: bigint): void {
    this.#next.set(placeOf(topic, partition), offset);
  }

  /** A record came. Throws {@link Remade}. */
  came(topic: string, partition: number, offset: bigint): void {
    const next = this.#next.get(placeOf(topic, partition)) ?? 0n;
    if (offset < next) {
      throw new Remade(`${topic} partition ${partition} offset ${offset}: it came again after everything below ${next}. ${REMADE}`);
    }
    this.#next.set(placeOf(topic, partition), offset + 1n);
  }
}
