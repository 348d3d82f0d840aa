/**
 * Checks of values against the published schemas, as a reader must make them: fields that the schema does not know are passed
 * over, although the published schemas are closed. They say what is written; an added optional field is no new version.
 */

import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const schemas = JSON.parse(
  readFileSync(new URL("../../src/generated/schemas.json", import.meta.url), "utf8"),
) as Record<string, { [name: string]: Json }>;

const ajv = new Ajv2020({ strict: true, formats: { date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/ } });
const checks = new Map<string, ValidateFunction>();

/** Types of events that have a schema. */
export const EVENT_TYPES: readonly string[] = Object.keys(schemas);

/** What is wrong with a value of this type: `unknown type`, or where it is not as the schema says; null for nothing. */
export function faultOf(type: string, value: unknown): string | null {
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return "unknown type";
  let check = checks.get(type);
  if (check === undefined) {
    check = ajv.compile(opened(schema) as object);
    checks.set(type, check);
  }
  return check(value) ? null : ajv.errorsText(check.errors, { dataVar: "value" });
}

/** The schema, open for fields that it does not know. */
function opened(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(opened);
  if (schema === null || typeof schema !== "object") return schema;
  const kept = Object.entries(schema).filter(([name, value]) => !(name === "additionalProperties" && value === false));
  return Object.fromEntries(kept.map(([name, value]) => [name, opened(value)]));
}
