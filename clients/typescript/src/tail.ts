#!/usr/bin/env node
/**
 * `loanstream-tail [--servers A,B] [--positions FILE] [--follow] [CONTEXT …]`: events, one JSON object a line. TLS and
 * credentials are named by environment variables, `LOANSTREAM_KAFKA_…`.
 */

import { parseArgs } from "node:util";
import { fromEnvironment } from "./connection.js";
import { TOPICS } from "./generated/events.js";
import { FilePositions } from "./positions.js";
import { subscribe, type Context } from "./subscription.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    servers: { type: "string" },
    positions: { type: "string" },
    follow: { type: "boolean", default: false },
  },
});
const every = Object.keys(TOPICS) as Context[];
const wrong = positionals.filter((name) => !(every as string[]).includes(name));
if (wrong.length > 0) {
  console.error(`loanstream-tail: no context ${wrong.join(", ")}: one of ${every.join(", ")}`);
  process.exit(2);
}
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());

try {
  await subscribe({
    kafka: {
      clientId: "loanstream-tail",
      ...fromEnvironment(),
      ...(values.servers === undefined ? {} : { brokers: values.servers.split(",") }),
    },
    contexts: positionals.length > 0 ? (positionals as Context[]) : every,
    ...(values.positions === undefined ? {} : { positions: new FilePositions(values.positions) }),
    untilEnd: !values.follow,
    signal: stop.signal,
    handle: ({ type, id, subject, sequence, partitionseq, time, known, data }) => {
      console.log(JSON.stringify({ type, id, subject, sequence, partitionseq, time, known, data }));
    },
  });
} catch (error) {
  console.error(`loanstream-tail: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
