/**
 * An assertion for tests of handlers: events that come again change nothing.
 *
 * A subscription gives events at least once. What may come again is a run of events of a partition, in order, from the position
 * stored last; the events of other partitions come in between in any order.
 */

import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";
import type { LoanstreamEvent } from "./envelope.js";
import { placeOf } from "./positions.js";

type Chance = () => number;

const crashes = 8;

/**
 * Hand over every event, and again what may be delivered again; throws an `AssertionError` where that changes the state.
 *
 * Each event comes twice in a row. Afterwards the reader crashes some times: the events of some partitions come again from an
 * earlier position on, in order. `state` must read a copy, or something that does not change by itself.
 */
export async function checkIdempotent(
  handle: (event: LoanstreamEvent) => Promise<void> | void,
  events: Iterable<LoanstreamEvent>,
  state: () => unknown,
  { seed = 0 }: { readonly seed?: number } = {},
): Promise<void> {
  const everything = [...events];
  if (everything.length === 0) throw new Error("no events: nothing would be shown");
  for (const event of everything) {
    await handle(event);
    const once = await state();
    await handle(event);
    compare(once, await state(), `${named(event)} handled twice`);
  }
  const settled = await state();
  for (const run of redeliveries(everything, chanceOf(seed))) {
    for (const event of run) await handle(event);
    compare(settled, await state(), `${run.length} events delivered again from ${named(run[0]!)} on`);
  }
}

function* redeliveries(events: readonly LoanstreamEvent[], chance: Chance): Generator<LoanstreamEvent[]> {
  yield [...events];
  const byPlace = new Map<string, LoanstreamEvent[]>();
  for (const event of events) {
    const place = placeOf(event.record.topic, event.record.partition);
    byPlace.set(place, [...(byPlace.get(place) ?? []), event]);
  }
  for (let crash = 0; crash < crashes; crash++) {
    const again = [...byPlace.values()].filter(() => chance() < 0.5).map((run) => run.slice(below(run.length, chance)));
    if (again.length > 0) yield interleaved(again, chance);
  }
}

/** One order of the runs' events that keeps the order within each. */
function interleaved(runs: LoanstreamEvent[][], chance: Chance): LoanstreamEvent[] {
  const ordered: LoanstreamEvent[] = [];
  while (runs.length > 0) {
    const at = below(runs.length, chance);
    ordered.push(runs[at]!.shift()!);
    if (runs[at]!.length === 0) runs.splice(at, 1);
  }
  return ordered;
}

function compare(before: unknown, after: unknown, what: string): void {
  if (isDeepStrictEqual(before, after)) return;
  const message = `${what} changed the state:\n  before: ${inspect(before)}\n  after:  ${inspect(after)}`;
  throw new AssertionError({ message, actual: after, expected: before });
}

function named(event: LoanstreamEvent): string {
  return `${event.type} (partition ${event.record.partition}, event ${event.partitionseq})`;
}

function below(limit: number, chance: Chance): number {
  return Math.floor(chance() * limit);
}

/** The same numbers from 0 to 1 for the same seed: a linear congruential generator, constants of Numerical Recipes, 2nd ed., 7.1. */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
