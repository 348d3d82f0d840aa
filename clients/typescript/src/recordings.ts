/** Events of a recording, lines of JSON as `loanstream-client record` and `fake` write them: for tests without Kafka. */

import { readFileSync } from "node:fs";
import { Continuity } from "./continuity.js";
import { eventOf, type EventRecord, type LoanstreamEvent } from "./envelope.js";

/** The events of a file: repeats dropped, other records passed over. Throws for a bad line, and `Gap`. */
export function* replay(path: string): Generator<LoanstreamEvent> {
  const continuity = new Continuity();
  for (const [number, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const event = eventOf(recordOf(line, `${path}, line ${number + 1}`));
    if (event !== null && continuity.isNew(event)) yield event;
  }
}

function recordOf(line: string, where: string): EventRecord {
  let stored: Record<string, unknown>;
  try {
    stored = JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${where} is no record (${String(error)})`);
  }
  const { topic, partition, offset, key, headers, value, value64 } = stored;
  if (typeof topic !== "string" || typeof partition !== "number" || typeof offset !== "number" || typeof headers !== "object") {
    throw new Error(`${where} is no record`);
  }
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: String(key),
    headers: headers as Record<string, string>,
    value: typeof value64 === "string" ? Buffer.from(value64, "base64") : Buffer.from(String(value)),
  };
}
