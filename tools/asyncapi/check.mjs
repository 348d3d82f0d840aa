// node check.mjs FILE: ends with 1 and one line for each error that the official parser finds in an AsyncAPI document.
import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'));
for (const found of diagnostics) {
  const line = `${found.code} at ${found.path.join('/')}: ${found.message}`;
  if (found.severity === ERROR) console.error(line);
  else console.log(`note: ${line}`);
}
const failed = document === undefined || diagnostics.some((found) => found.severity === ERROR);
if (!failed) {
  console.log(`${file}: AsyncAPI ${document.version()}, ${document.channels().length} channels, ${document.messages().length} messages`);
}
process.exit(failed ? 1 : 0);
