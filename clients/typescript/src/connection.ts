/** How to reach the cluster, by the environment variables that the Python kit reads, too. */

import { readFileSync } from "node:fs";
import type { KafkaConfig, SASLOptions } from "kafkajs";

const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const MECHANISMS = ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"];

/**
 * What `LOANSTREAM_KAFKA_…` says, as kafkajs takes it: `SERVERS`, `PROTOCOL`, `MECHANISM`, `USER`, `PASSWORD`, and PEM files
 * `CA_FILE`, `CERTIFICATE_FILE`, `KEY_FILE`. Each can be given as `…_FILE`, the path of a file with the value; 127.0.0.1:9092
 * without any. Throws where settings do not fit together or a file cannot be read.
 */
export function fromEnvironment(environment: Readonly<NodeJS.ProcessEnv> = process.env): KafkaConfig {
  const setting = (name: string): string | undefined => {
    const file = environment[`LOANSTREAM_KAFKA_${name}_FILE`];
    return environment[`LOANSTREAM_KAFKA_${name}`] || (file ? readFileSync(file, "utf8").trim() : undefined);
  };
  const pem = (name: string): string | undefined => {
    const path = setting(name);
    return path ? readFileSync(path, "utf8") : undefined;
  };
  const protocol = setting("PROTOCOL") ?? "PLAINTEXT";
  if (!PROTOCOLS.includes(protocol)) throw new Error(`protocol '${protocol}': one of ${PROTOCOLS.join(", ")}`);
  const files = { ca: pem("CA_FILE"), cert: pem("CERTIFICATE_FILE"), key: pem("KEY_FILE") };
  const given = Object.entries(files).filter(([, text]) => text !== undefined);
  return {
    brokers: (setting("SERVERS") ?? "127.0.0.1:9092").split(","),
    // without a file the system's authorities are trusted
    ...(protocol.endsWith("SSL") ? { ssl: given.length > 0 ? Object.fromEntries(given) : true } : {}),
    ...(protocol.startsWith("SASL_") ? { sasl: signedIn(protocol, setting) } : {}),
  };
}

function signedIn(protocol: string, setting: (name: string) => string | undefined): SASLOptions {
  const mechanism = setting("MECHANISM") ?? "SCRAM-SHA-512";
  if (!MECHANISMS.includes(mechanism)) throw new Error(`mechanism '${mechanism}': one of ${MECHANISMS.join(", ")}`);
  const [username, password] = [setting("USER"), setting("PASSWORD")];
  if (!username || !password) throw new Error(`protocol ${protocol} needs a user and a password`);
  return { mechanism: mechanism.toLowerCase(), username, password } as SASLOptions;
}
