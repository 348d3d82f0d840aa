import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  Continuity,
  EVENT_TYPES,
  eventOf,
  FilePositions,
  Gap,
  MemoryPositions,
  placeOf,
  Remade,
  replay,
  type EventRecord,
  type LoanstreamEvent,
  type Money,
  type Position,
} from "../src/index.js";
import { Standing } from "../src/continuity.js";
import { compareIdentities, identityOf } from "../src/identity.js";

interface Golden {
  readonly type: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
}

const folder = new URL("../../../../schemas/golden/", import.meta.url);
const golden = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Golden);
const payment = golden.find(({ type }) => type === "loanstream.servicing.PaymentReceived.v1")!;
const topic = "loanstream.servicing.events.v1";

function record(type: string, value: unknown, headers: Record<string, string> = {}, offset = 1n): EventRecord {
  return {
    topic,
    partition: 0,
    offset,
    key: "loan-1",
    headers: {
      ce_type: type,
      ce_id: "id",
      ce_source: "/loanstream/servicing",
      ce_subject: "loan-1",
      ce_sequence: "1",
      ce_partitionseq: "1",
      ce_time: "2026-01-05T09:00:00.000000Z",
      ce_businessdate: "2026-01-05",
      ...headers,
    },
    value: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  };
}

function numbered(partitionseq: number, sequence = partitionseq): LoanstreamEvent {
  const headers = { ce_partitionseq: String(partitionseq), ce_sequence: String(sequence) };
  return eventOf(record(payment.type, payment.data, headers, BigInt(partitionseq)))!;
}

const place = placeOf(topic, 0);
const beginning = new Map<string, Position>([[place, { offset: 0n, partitionseq: 0 }]]);

test("every released event is known and as its schema says", () => {
  assert.deepEqual(golden.map(({ type }) => type).sort(), [...EVENT_TYPES].sort());
  for (const { type, data } of golden) {
    const event = eventOf(record(type, data));
    assert.equal(event?.known, true, `${type}: ${event && !event.known ? event.reason : event}`);
  }
});

test("the type of an event tells its value", () => {
  const event = numbered(1);
  assert.ok(event.known && event.type === "loanstream.servicing.PaymentReceived.v1");
  const amount: Money = event.data.amount;
  assert.match(amount.amount, /^\d+\.\d\d$/);
  assert.equal(event.businessDate, "2026-01-05");
  assert.deepEqual(event.position, { offset: 2n, partitionseq: 1 });
});

test("fields added later are passed over, also inside others", () => {
  const added = { ...payment.data, added: 1, amount: { ...(payment.data["amount"] as object), precision: 2 } };
  assert.equal(eventOf(record(payment.type, added))?.known, true);
});

test("a type that is not known comes as a generic event", () => {
  for (const type of ["loanstream.servicing.PaymentReceived.v2", "loanstream.servicing.LoanSold.v1", "toString"]) {
    const event = eventOf(record(type, { price: 1 }));
    assert.ok(event && !event.known);
    assert.deepEqual([event.data, event.reason], [{ price: 1 }, "unknown type"]);
  }
});

test("a value that is not as its schema says comes as a generic event that says why", () => {
  const { loan_id: _, ...without } = payment.data;
  for (const [value, reason] of [
    [without, "value must have required property 'loan_id'"],
    [{ ...payment.data, value_date: "31.12.2026" }, 'value/value_date must match format "date"'],
    [{ ...payment.data, amount: { amount: 12.34, currency: "CNY" } }, "value/amount/amount must be string"],
    ["{", "no JSON"],
  ] as const) {
    const event = eventOf(record(payment.type, value));
    assert.ok(event && !event.known);
    assert.equal(event.reason, reason);
  }
});

test("what is no event is nothing", () => {
  assert.equal(eventOf({ ...record("loanstream.topic.identity.v1", {}), headers: { ce_type: "loanstream.topic.identity.v1" } }), null);
  assert.equal(eventOf(record(payment.type, payment.data, { ce_partitionseq: "one" })), null);
  assert.equal(eventOf(record(payment.type, payment.data, { ce_id: "" })), null);
});

test("repeats are dropped and gaps are errors", () => {
  const continuity = new Continuity(beginning);
  assert.deepEqual([1, 2, 1, 2, 3].map((number) => continuity.isNew(numbered(number))), [true, true, false, false, true]);
  assert.equal(continuity.repeats, 2);
  assert.throws(() => continuity.isNew(numbered(5)), /event 5 of the partition came after 3/);
  assert.throws(() => new Continuity(beginning).isNew(numbered(2)), Gap);
  assert.throws(() => continuity.isNew(numbered(4, 7)), /event 7 of loan-1 came after 3/);
  assert.equal(new Continuity().isNew(numbered(9)), true, "from the middle the first is taken as it is");
});

test("a lower number behind what was read is another log and no repeat", () => {
  const stood = new Map([[placeOf(numbered(1).record.topic, numbered(1).record.partition), { offset: 0n, partitionseq: 9_000 }]]);
  assert.throws(() => new Continuity(stood).isNew(numbered(1)), Remade);
  assert.throws(() => new Continuity(stood).isNew(numbered(1)), /remade or restored/);
});

test("a record below where reading stands is of another log, unless reading was sent back", () => {
  const standing = new Standing();
  standing.sent(topic, 0, 7n);
  assert.throws(() => standing.came(topic, 0, 6n), Remade);
  standing.came(topic, 0, 7n);
  standing.came(topic, 0, 12n);
  standing.came(topic, 1, 0n);
  assert.throws(() => standing.came(topic, 0, 12n), /offset 12: it came again after everything below 13\. The topic was remade/);
  standing.sent(topic, 0, 7n);
  standing.came(topic, 0, 7n);
});

test("positions outlive the process, and a damaged file is never taken for a new one", async () => {
  const memory = new MemoryPositions();
  const path = join(mkdtempSync(join(tmpdir(), "positions-")), "positions.json");
  for (const make of [() => new FilePositions(path), () => memory]) {
    assert.equal((await make().load()).size, 0);
    const first = make();
    await first.store(new Map([[place, { offset: 7n, partitionseq: 5 }]]));
    await first.store(new Map([[placeOf(topic, 1), { offset: 9n, partitionseq: null }]]));
    assert.deepEqual(
      await make().load(),
      new Map([
        [place, { offset: 7n, partitionseq: 5 }],
        [placeOf(topic, 1), { offset: 9n, partitionseq: null }],
      ]),
    );
  }
  for (const text of ["", "[1]", '{"a": 1}', '{"a": ["1"]}', '{"a": ["1", 1, "here"]}']) {
    writeFileSync(path, text);
    await assert.rejects(new FilePositions(path).load(), /holds no positions/);
  }
});

test("an identity is kept with the position, and another one is another log", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "positions-")), "positions.json");
  writeFileSync(path, JSON.stringify({ [place]: ["7", 5] })); // as releases before identities wrote it
  const first = new FilePositions(path);
  assert.deepEqual(await first.load(), new Map([[place, { offset: 7n, partitionseq: 5 }]]));
  assert.equal((await first.identities()).size, 0);
  const here = identityOf("loanstream.topic.identity.v1", Buffer.from('{"installation": "here", "partitions": 1}'), 7)!;
  await first.identify(new Map([[place, here], [placeOf(topic, 1), here]]));
  await first.store(new Map([[place, { offset: 9n, partitionseq: 6 }]]));
  const later = new FilePositions(path);
  assert.deepEqual(await later.load(), new Map([[place, { offset: 9n, partitionseq: 6 }]]));
  const stored = await later.identities();
  assert.deepEqual(stored, new Map([[place, { installation: "here", timestamp: 7 }]]));
  compareIdentities(stored, new Map([[place, here]]));
  compareIdentities(stored, new Map());
  for (const now of [{ ...here, timestamp: 8 }, { ...here, installation: "there" }, null]) {
    assert.throws(() => compareIdentities(stored, new Map([[place, now]])), Remade);
  }
  assert.throws(() => compareIdentities(stored, new Map([[place, null]])), /'here', made at 7 .* remove the stored positions/);
  assert.equal(identityOf(payment.type, Buffer.from("{}"), 7), null);
});

test("a recording is replayed without Kafka", () => {
  const path = join(mkdtempSync(join(tmpdir(), "recording-")), "events.jsonl");
  const line = (number: number): string => {
    const { value, offset, ...rest } = numbered(number).record;
    return JSON.stringify({ ...rest, offset: Number(offset), value: value.toString() });
  };
  writeFileSync(path, [line(1), line(2), "", line(1)].join("\n"));
  assert.deepEqual([...replay(path)].map(({ partitionseq }) => partitionseq), [1, 2]);
  writeFileSync(path, [line(1), line(3)].join("\n"));
  assert.throws(() => [...replay(path)], Gap);
  writeFileSync(path, `${line(1)}\n{"topic": 1}\n`);
  assert.throws(() => [...replay(path)], /line 2 is no record/);
});
