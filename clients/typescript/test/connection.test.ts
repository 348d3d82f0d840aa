import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fromEnvironment } from "../src/index.js";

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "connection-")), "file");
  writeFileSync(path, text);
  return path;
}

test("without any variable the cluster is on this machine", () => {
  assert.deepEqual(fromEnvironment({}), { brokers: ["127.0.0.1:9092"] });
});

test("variables and files give TLS and credentials", () => {
  const signed = fromEnvironment({
    LOANSTREAM_KAFKA_SERVERS: "a:1,b:2",
    LOANSTREAM_KAFKA_PROTOCOL: "SASL_SSL",
    LOANSTREAM_KAFKA_USER: "portal",
    LOANSTREAM_KAFKA_PASSWORD_FILE: file("word\n"),
    LOANSTREAM_KAFKA_CA_FILE: file("authority"),
  });
  const sasl = { mechanism: "scram-sha-512", username: "portal", password: "word" };
  assert.deepEqual(signed, { brokers: ["a:1", "b:2"], ssl: { ca: "authority" }, sasl });
  assert.equal(fromEnvironment({ LOANSTREAM_KAFKA_PROTOCOL: "SSL" }).ssl, true);
});

test("what does not fit together is refused, and never read without TLS or credentials", () => {
  for (const [environment, sentence] of [
    [{ LOANSTREAM_KAFKA_PROTOCOL: "TLS" }, /protocol 'TLS': one of/],
    [{ LOANSTREAM_KAFKA_PROTOCOL: "SASL_SSL" }, /needs a user and a password/],
    [{ LOANSTREAM_KAFKA_PROTOCOL: "SASL_SSL", LOANSTREAM_KAFKA_MECHANISM: "GSSAPI" }, /mechanism 'GSSAPI': one of/],
    [{ LOANSTREAM_KAFKA_CA_FILE: "/none.pem" }, /ENOENT/],
  ] as const) {
    assert.throws(() => fromEnvironment(environment), sentence);
  }
});
