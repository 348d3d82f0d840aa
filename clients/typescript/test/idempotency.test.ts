import assert from "node:assert/strict";
import { test } from "node:test";
import { checkIdempotent, eventOf, type LoanstreamEvent } from "../src/index.js";

/** Events of a type that the kit need not know: `count` of them, turn by turn on three partitions and one loan each. */
function events(count: number): LoanstreamEvent[] {
  return Array.from({ length: count }, (_, at) => {
    const partition = at % 3;
    const number = String(Math.floor(at / 3) + 1);
    const event = eventOf({
      topic: "loanstream.servicing.events.v1",
      partition,
      offset: BigInt(number),
      key: `loan-${partition}`,
      headers: {
        ce_type: "loanstream.servicing.Counted.v1",
        ce_id: `event-${at}`,
        ce_source: "/loanstream/servicing",
        ce_subject: `loan-${partition}`,
        ce_sequence: number,
        ce_partitionseq: number,
        ce_time: "2026-01-05T09:00:00.000000Z",
      },
      value: Buffer.from("{}"),
    });
    assert.ok(event);
    return event;
  });
}

const fifty = events(50);

test("a handler that keeps ids passes", async () => {
  const seen = new Set<string>();
  await checkIdempotent((event) => void seen.add(event.id), fifty, () => new Set(seen));
  assert.equal(seen.size, 50);
});

test("a handler that keeps the highest number of each aggregate passes, also when it is awaited", async () => {
  const highest = new Map<string, number>();
  let counted = 0;
  const handle = async (event: LoanstreamEvent): Promise<void> => {
    await Promise.resolve();
    if (event.sequence <= (highest.get(event.subject) ?? 0)) return;
    highest.set(event.subject, event.sequence);
    counted += 1;
  };
  await checkIdempotent(handle, fifty, async () => Promise.resolve(counted));
  assert.equal(counted, 50);
});

test("a handler that counts deliveries fails at once", async () => {
  let count = 0;
  await assert.rejects(
    checkIdempotent(() => void (count += 1), fifty, () => count),
    /event 1\) handled twice changed the state/,
  );
});

test("a handler that only knows the event before fails when a run comes again", async () => {
  let last = "";
  let count = 0;
  const handle = (event: LoanstreamEvent): void => {
    count += event.id === last ? 0 : 1;
    last = event.id;
  };
  await assert.rejects(
    checkIdempotent(handle, fifty, () => count),
    /50 events delivered again/,
  );
});

test("a handler that depends on the order between partitions fails", async () => {
  let latest = "";
  await assert.rejects(
    checkIdempotent((event) => void (latest = event.id), fifty, () => latest),
    /delivered again from/,
  );
});

test("each run keeps the order within a partition, and the same seed gives the same runs", async () => {
  const delivered = async (seed: number): Promise<string[]> => {
    const heard: string[] = [];
    const last = new Map<number, number>();
    const handle = ({ record, partitionseq, id }: LoanstreamEvent): void => {
      const before = last.get(record.partition) ?? 0;
      assert.ok(partitionseq <= before + 1, "nothing of a partition is left out on the way");
      last.set(record.partition, partitionseq);
      heard.push(id);
    };
    await checkIdempotent(handle, fifty, () => 0, { seed });
    return heard;
  };
  assert.deepEqual(await delivered(7), await delivered(7));
  assert.notDeepEqual(await delivered(7), await delivered(8));
});

test("no events show nothing", async () => {
  await assert.rejects(
    checkIdempotent(() => undefined, [], () => 0),
    /no events/,
  );
});
