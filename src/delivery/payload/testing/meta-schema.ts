import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const FILE = join(process.cwd(), 'src/delivery/payload/testing/meta-messages.yaml');

type Schema = Record<string, unknown>;
type Schemas = Record<string, Schema>;

/** Kinds of message that Meta's file describes and we send. */
const KINDS = [
  'TextMessage',
  'AudioMessage',
  'DocumentMessage',
  'ImageMessage',
  'LocationMessage',
  'VideoMessage',
  'ReactionMessage',
  'InteractiveMessage',
  'TemplateMessage',
  'ContactsMessage',
];

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** The object at a path of keys. */
function at(schemas: Schemas, ...path: (string | number)[]): Schema {
  let found: unknown = schemas;
  for (const key of path) found = isSchema(found) ? found[key] : undefined;
  if (!isSchema(found)) throw new Error(`Meta's file has nothing at ${path.join('.')}`);
  return found;
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** Meta's schema of a message, as it is published. */
export function publishedSchema(): ValidateFunction {
  return compile(read());
}

/** The same with its faults mended; each is named, with what WhatsApp's own pages say instead. */
export function mendedSchema(): ValidateFunction {
  const schemas = read();
  for (const kind of KINDS) {
    // "Nothing else" stands in one half of an allOf and so refuses the fields of the other half.
    delete at(schemas, kind, 'allOf', 1).additionalProperties;
    at(schemas, kind).unevaluatedProperties = false;
  }
  // Of every message ("Send messages"); the file has it nowhere.
  at(schemas, 'BaseMessageProperties', 'properties').biz_opaque_callback_data = { type: 'string', maxLength: 512 };
  // Numbers in all examples and webhooks.
  Object.assign(at(schemas, 'LocationMessage', 'allOf', 1, 'properties', 'location', 'properties'), {
    latitude: { type: 'number' },
    longitude: { type: 'number' },
  });
  // A mapping of names alone checks nothing, so only the part that all components share would be looked at.
  mendTemplates(schemas);
  // 257 ("Contacts messages").
  at(schemas, 'ContactsMessage', 'allOf', 1, 'properties', 'contacts').maxItems = 257;
  // A misspelt field would pass.
  for (const closed of ['InteractiveObject', 'HeaderObject', 'BodyObject', 'FooterObject', 'SectionObject']) {
    at(schemas, closed).additionalProperties = false;
  }
  return compile(schemas);
}

function mendTemplates(schemas: Schemas): void {
  at(schemas, 'TemplateObject').additionalProperties = false;
  at(schemas, 'TemplateObject', 'properties', 'components').items = {
    oneOf: ['HeaderComponent', 'BodyComponent', 'ButtonComponent'].map(reference),
  };
  const parameters = {
    oneOf: ['TextParameter', 'DocumentParameter', 'ImageParameter', 'VideoParameter'].map(reference),
  };
  at(schemas, 'HeaderComponent', 'allOf', 1, 'properties', 'parameters').items = parameters;
  at(schemas, 'BodyComponent', 'allOf', 1, 'properties', 'parameters').items = parameters;
  at(schemas, 'ButtonComponent', 'allOf', 1, 'properties', 'parameters').items = {
    oneOf: ['ButtonPayloadParameter', 'ButtonTextParameter'].map(reference),
  };
  // Footnotes that slipped into a pattern: "[2-6, 11-14]".
  const index = { type: 'string', pattern: '^[0-9]$' };
  at(schemas, 'TemplateComponent', 'properties').index = index;
  at(schemas, 'ButtonComponent', 'allOf', 1, 'properties').index = index;
  // Optional in all examples.
  at(schemas, 'LanguageObject').required = ['code'];
}

function read(): Schemas {
  const file: unknown = parse(readFileSync(FILE, 'utf8'));
  if (!isSchema(file)) throw new Error("Meta's file cannot be read");
  const schemas: Schemas = {};
  for (const [name, schema] of Object.entries(at(file as Schemas, 'components', 'schemas'))) {
    if (isSchema(schema)) schemas[name] = schema;
  }
  return schemas;
}

/** Formats stay out: the file's own "url" is none that JSON Schema knows. */
function compile(schemas: Schemas): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.compile({ ...reference('Message'), components: { schemas } });
}
