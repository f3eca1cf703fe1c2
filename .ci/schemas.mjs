// Called by .ci/schemas with the project's directory.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Parser, fromFile } from "@asyncapi/parser";

const project = process.argv[2];
const directory = join(project, "src/main/resources/schemas");
const schemas = readdirSync(directory).map((file) => JSON.parse(readFileSync(join(directory, file), "utf8")));
const complaints = [];

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats(ajv);
schemas.forEach((schema) => ajv.addSchema(schema));
let examples = 0;
for (const schema of schemas) {
  try {
    const validate = ajv.getSchema(schema.$id);
    for (const example of schema.examples ?? []) {
      examples++;
      if (!validate(example)) complaints.push(`${schema.$id}: an example: ${ajv.errorsText(validate.errors)}`);
    }
  } catch (error) {
    complaints.push(`${schema.$id}: ${error.message}`);
  }
}

const ERROR = 0;
const { document, diagnostics } = await fromFile(new Parser(), join(project, "docs/asyncapi.yaml")).parse();
for (const { severity, message, path } of diagnostics.filter((d) => d.severity === ERROR)) {
  complaints.push(`docs/asyncapi.yaml: ${path.join("/")}: ${message}`);
}
if (!document) complaints.push("docs/asyncapi.yaml: is no AsyncAPI document");

complaints.forEach((complaint) => console.error(complaint));
console.log(`${schemas.length} schemas, ${examples} examples, ${document?.messages().length ?? 0} messages`);
process.exit(complaints.length === 0 ? 0 : 1);
