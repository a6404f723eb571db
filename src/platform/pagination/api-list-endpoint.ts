import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiQuery } from '@nestjs/swagger';
import { apiError, ApiEnvelope, ApiErrors, ApiTenantEndpoint } from '../http/openapi/api-endpoint.js';
import type { EndpointDescription } from '../http/openapi/api-endpoint.js';
import { PER_PAGE } from './list-request.js';
import type { FilterableField, ListSpec } from './list-spec.js';
import { ListMeta, Pagination } from './pagination.js';

type EndpointDecorator = MethodDecorator & ClassDecorator;

/** A list endpoint, beside its name and text. */
export interface ListEndpointDescription extends EndpointDescription {
  readonly spec: ListSpec;
  /** Class of an item. */
  readonly item: Type<unknown>;
  /** The sentence of `message`. */
  readonly message: string;
}

/**
 * Describes a list for the API reference: its parameters as its {@link ListSpec} allows them, `data` as an array of
 * items, `meta.pagination`, and the errors that every list has.
 */
export function ApiListEndpoint({ spec, item, message, ...endpoint }: ListEndpointDescription): EndpointDecorator {
  return applyDecorators(
    ApiExtraModels(ListMeta, Pagination),
    ApiTenantEndpoint(endpoint),
    ...parametersOf(spec),
    ApiEnvelope(item, { isArray: true, message, meta: ListMeta }),
    ApiErrors(
      apiError('VALIDATION_ERROR', {
        when: 'A parameter is wrong; details names each, and what is allowed.',
        details: { sort: [`sort may name ${Object.keys(spec.source.sortable).join(', ')}`] },
      }),
    ),
  );
}

function parametersOf(spec: ListSpec): EndpointDecorator[] {
  const sorts = Object.keys(spec.source.sortable).map((name) => `\`${name}\``);
  return [
    parameter('page', 'Page by number, from 1.', { type: 'integer', minimum: 1, default: 1 }),
    parameter('per_page', 'Items on a page.', {
      type: 'integer',
      minimum: PER_PAGE.least,
      maximum: PER_PAGE.most,
      default: PER_PAGE.usual,
    }),
    parameter(
      'cursor',
      '`next_cursor` of the page before. It brings sort, filters and search with it: leave them out, or repeat them as they were. Its pages cost the same however deep they are, and show each row once although rows are added meanwhile.',
      { type: 'string' },
    ),
    parameter('sort', `Comma-separated, a leading \`-\` descends: ${sorts.join(', ')}.`, {
      type: 'string',
      default: spec.defaultSort,
    }),
    ...(spec.search
      ? [
          parameter('search', spec.search.description, { type: 'string', maxLength: 200 }),
          parameter('q', 'Another name of `search`.', { type: 'string', maxLength: 200 }),
        ]
      : []),
    parameter('fields', 'Comma-separated: the fields that each item shows. Without it, all.', {
      type: 'string',
      example: spec.fields.slice(0, 3).join(','),
    }),
    ...(spec.includes.length > 0
      ? [
          parameter('include', `Comma-separated: ${spec.includes.map((name) => `\`${name}\``).join(', ')}.`, {
            type: 'string',
            example: spec.includes.join(','),
          }),
        ]
      : []),
    ...Object.entries(spec.filterable).map(([name, field]) =>
      parameter(`filter[${name}]`, filterText(name, field), {
        type: 'string',
        example: field.example,
      }),
    ),
  ];
}

function filterText(name: string, { description, operators, values }: FilterableField): string {
  const others = operators
    .filter((operator) => operator !== 'eq')
    .map((operator) => `\`filter[${name}][${operator}]\``);
  const allowed = values ? ` One of ${values.map((value) => `\`${value}\``).join(', ')}.` : '';
  return `${description}${allowed} Also ${others.join(', ')}.`;
}

interface ParameterSchema {
  type: 'string' | 'integer';
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: string | number;
  example?: string;
}

const parameter = (name: string, description: string, schema: ParameterSchema): EndpointDecorator =>
  applyDecorators(ApiQuery({ name, required: false, description, schema }));
