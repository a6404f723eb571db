import type { OpenAPIObject, ReferenceObject, SchemaObject } from '@nestjs/swagger';

/** The schema that a reference names, or the schema itself. */
export function resolved(document: OpenAPIObject, schema: SchemaObject | ReferenceObject | undefined): SchemaObject {
  if (!schema) return {};
  if (!('$ref' in schema)) return schema;
  const target = document.components?.schemas?.[schema.$ref.replace('#/components/schemas/', '')];
  if (!target) throw new Error(`The document has no ${schema.$ref}`);
  return resolved(document, target);
}

/** A value of the schema, made of the examples of its properties; an optional one without an example is left out. */
export function exampleOf(document: OpenAPIObject, given: SchemaObject | ReferenceObject | undefined): unknown {
  const schema = resolved(document, given);
  if (schema.example !== undefined) return schema.example as unknown;
  if (schema.default !== undefined) return schema.default as unknown;
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(document, part)));
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first) return exampleOf(document, first);
  if (schema.items) return [exampleOf(document, schema.items)];
  if (schema.properties) {
    const entries = Object.entries(schema.properties).map(
      ([name, property]) => [name, exampleOf(document, property)] as const,
    );
    return Object.fromEntries(entries.filter(([name, value]) => value !== null || schema.required?.includes(name)));
  }
  return null;
}

/**
 * Says the type beside `oneOf`, `anyOf` and `allOf`, where their members tell it: the same schema in other words, and one
 * that the viewer accepts.
 */
export function completeUnionTypes(document: OpenAPIObject): void {
  for (const model of Object.values(document.components?.schemas ?? {})) {
    if ('$ref' in model) continue;
    for (const property of Object.values(model.properties ?? {})) completedTypes(document, property);
  }
}

/** The types of a schema, and of a choice those of its members, where they tell them. */
function completedTypes(document: OpenAPIObject, given: SchemaObject | ReferenceObject): string[] {
  const schema = resolved(document, given);
  if (schema.type) return [schema.type].flat();
  const members = (schema.oneOf ?? schema.anyOf ?? schema.allOf ?? []).map((member) =>
    completedTypes(document, member),
  );
  if (members.length === 0 || members.some((types) => types.length === 0)) return [];
  schema.type = [...new Set(members.flat())];
  return schema.type;
}
