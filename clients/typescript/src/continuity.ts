/** Whether events follow one another: repeats are dropped, gaps are errors. */

import type { LoanstreamEvent } from "./envelope.js";
import { placeOf, type Position } from "./positions.js";

/** An event is missing before this one. Never go on: find out what was lost, and where. */
export class Gap extends Error {
  override readonly name = "Gap";
}

/**
 * Follows partitions from known positions on. It keeps a number for each aggregate; with `checkAggregates` false only the
 * partitions' own numbers are followed, which find every lost record as well.
 */
export class Continuity {
  /** How many events came again and were dropped. */
  repeats = 0;
  readonly #last = new Map<string, number>();
  readonly #fromTheFirst = new Set<string>();
  readonly #aggregates = new Map<string, number>();

  constructor(
    positions: ReadonlyMap<string, Position> = new Map(),
    readonly checkAggregates = true,
  ) {
    for (const [place, position] of positions) {
      if (position.partitionseq !== null) this.#last.set(place, position.partitionseq);
      if (position.partitionseq === 0) this.#fromTheFirst.add(place);
    }
  }

  /** Whether the event is the next one; false for one that was seen before. Throws {@link Gap}. */
  isNew(event: LoanstreamEvent): boolean {
    const { topic, partition, offset } = event.record;
    const place = placeOf(topic, partition);
    const last = this.#last.get(place);
    if (last !== undefined && event.partitionseq <= last) {
      this.repeats += 1;
      return false;
    }
    const where = `${topic} partition ${partition} offset ${offset}`;
    if (last !== undefined && event.partitionseq !== last + 1) {
      throw new Gap(`${where}: event ${event.partitionseq} of the partition came after ${last}`);
    }
    if (this.checkAggregates) this.#followAggregate(event, place, where);
    this.#last.set(place, event.partitionseq);
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
