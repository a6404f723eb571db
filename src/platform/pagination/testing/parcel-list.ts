import { EQUALITY, type ListSpec, RANGE, TEXTUAL } from '../list-spec.js';

/** A list with every type of filter. */
export const PARCEL_LIST: ListSpec = {
  name: 'parcels',
  source: {
    from: 'parcels p',
    tenant: 'p.tenant_id',
    id: 'p.id',
    sortable: {
      created_at: { type: 'timestamp', sql: 'p.created_at' },
      name: { type: 'text', sql: 'p.name' },
      weight: { type: 'integer', sql: 'p.weight' },
    },
  },
  defaultSort: '-created_at',
  search: { description: 'The name.', columns: ['p.name', 'p.note'] },
  filterable: {
    state: {
      type: 'text',
      sql: 'p.state',
      operators: EQUALITY,
      values: ['new', 'sent'],
      description: 'State.',
      example: 'new',
    },
    name: { type: 'text', sql: 'p.name', operators: TEXTUAL, description: 'Name.', example: 'box' },
    note: { type: 'text', sql: 'p.note', operators: ['eq', 'ne', 'not_in', 'null'], description: 'N.', example: 'x' },
    weight: { type: 'integer', sql: 'p.weight', operators: RANGE, description: 'Grams.', example: '100' },
    fragile: { type: 'boolean', sql: 'p.fragile', operators: ['eq', 'ne'], description: 'Fragile.', example: 'true' },
    created_at: {
      type: 'timestamp',
      sql: 'p.created_at',
      operators: RANGE,
      description: 'Made.',
      example: '2026-01-01',
    },
    group_id: { type: 'integers', sql: 'p.group_id', operators: EQUALITY, description: 'Groups.', example: '3' },
  },
  fields: ['id', 'name', 'weight'],
  includes: ['sender', 'groups'],
};
