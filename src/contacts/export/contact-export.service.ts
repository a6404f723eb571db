import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { timestamp } from '../../platform/http/timestamp.js';
import { GROUP_SEPARATOR } from '../import/import-contact.js';
import { IMPORT_COLUMNS } from '../import/import-file.js';
import { csvHeader, csvLines } from './csv-lines.js';

/** Contacts of one step. */
const STEP_ROWS = 1000;

/** What an import reads, under the same names, between what it passes over. */
const COLUMNS = ['id', ...IMPORT_COLUMNS, 'is_opted_out', 'created_at', 'updated_at'] as const;

interface ExportRow {
  id: number;
  firstname: string;
  lastname: string;
  phone: string | null;
  type: string;
  email: string | null;
  company: string | null;
  description: string | null;
  city: string | null;
  state: string | null;
  zip: string | null;
  address: string | null;
  country_id: number | null;
  source_id: number | null;
  status_id: number | null;
  assigned_id: number | null;
  group_id: number[];
  is_opted_out: boolean;
  created_at: Date;
  updated_at: Date;
}

/** All contacts of a tenant as a file. */
@Injectable()
export class ContactExportService {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Pieces of a CSV file, by id. Each step is a statement of its own, so that a slow receiver holds neither a
   * transaction nor memory: what is changed meanwhile stands there as it is when its step comes.
   */
  async *csv(tenantId: number): AsyncGenerator<string, void, undefined> {
    let piece = csvHeader(COLUMNS);
    let after = 0;
    for (;;) {
      const rows = await this.after(tenantId, after);
      yield piece + csvLines(rows.map(cellsOf));
      piece = '';
      after = rows.at(-1)?.id ?? after;
      if (rows.length < STEP_ROWS) return;
    }
  }

  /** Index contacts_tenant_id. */
  private after(tenantId: number, id: number): Promise<ExportRow[]> {
    return this.postgres.query<ExportRow>(
      'contacts_export_step',
      `SELECT id, firstname, lastname, phone, type, email, company, description, city, state, zip, address, country_id,
              source_id, status_id, assigned_id, group_id, is_opted_out, created_at, updated_at
         FROM contacts WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
      [tenantId, id, STEP_ROWS],
    );
  }
}

function cellsOf({ group_id, is_opted_out, created_at, updated_at, ...row }: ExportRow): (string | number | null)[] {
  const cells: Record<(typeof COLUMNS)[number], string | number | null> = {
    ...row,
    groups: group_id.join(GROUP_SEPARATOR),
    is_opted_out: String(is_opted_out),
    created_at: timestamp(created_at),
    updated_at: timestamp(updated_at),
  };
  return COLUMNS.map((column) => cells[column]);
}
