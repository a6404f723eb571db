import { EQUALITY, type ListSpec, RANGE, TEXTUAL } from '../../platform/pagination/list-spec.js';
import type { NamedTable } from './named-records.js';

/** The list of groups, sources or statuses: by name, upper and lower case alike (index …_tenant_name). */
export function namedList({ table, noun, extra }: NamedTable): ListSpec {
  return {
    name: table,
    source: {
      from: `${table} r`,
      tenant: 'r.tenant_id',
      id: 'r.id',
      sortable: {
        name: { type: 'text', sql: 'lower(r.name)' },
        created_at: { type: 'timestamp', sql: 'r.created_at' },
        updated_at: { type: 'timestamp', sql: 'r.updated_at' },
      },
    },
    defaultSort: 'name',
    search: { description: `Those whose name holds this, whatever its case.`, columns: ['r.name'] },
    filterable: {
      id: { type: 'integer', sql: 'r.id', operators: EQUALITY, description: `Id of the ${noun}.`, example: '4' },
      name: {
        type: 'text',
        sql: 'lower(r.name)',
        operators: TEXTUAL,
        normalise: (text) => text.toLowerCase(),
        description: 'The name, whatever its case.',
        example: 'VIP',
      },
      created_at: {
        type: 'timestamp',
        sql: 'r.created_at',
        operators: RANGE,
        description: 'When it was created. A date means its whole day (UTC), a time its whole second.',
        example: '2026-01-01',
      },
      updated_at: {
        type: 'timestamp',
        sql: 'r.updated_at',
        operators: RANGE,
        description: 'When it was last changed, likewise.',
        example: '2026-01-01',
      },
    },
    fields: ['id', 'name', ...extra, 'created_at', 'updated_at'],
    includes: [],
  };
}
