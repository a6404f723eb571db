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
    for (const property of Object.values(model.properties ?? {})) {
      if ('$ref' in property || property.type) continue;
      const types = (property.oneOf ?? property.anyOf ?? property.allOf ?? []).map(
        (member) => resolved(document, member).type,
      );
      const known = types.filter((type): type is string => typeof type === 'string');
      if (known.length > 0 && known.length === types.length) property.type = [...new Set(known)];
    }
  }
}
