import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { csvHeader, csvLines } from '../export/csv-lines.js';
import { importErrorsAfter } from './import-repository.js';

/** Entries of one step. */
const STEP_ROWS = 1000;

/** What was wrong with the rows of an import, as a file. */
@Injectable()
export class ImportErrorsService {
  constructor(private readonly postgres: Postgres) {}

  /** Pieces of a CSV file, in the order of the rows; one line for each thing that was wrong. */
  async *csv(tenantId: number, importId: number): AsyncGenerator<string, void, undefined> {
    let piece = csvHeader(['row', 'line', 'code', 'field', 'message']);
    let after = { row_number: 0, position: 0 };
    for (;;) {
      const rows = await importErrorsAfter(this.postgres, tenantId, importId, after, STEP_ROWS);
      yield (
        piece +
        csvLines(rows.map(({ row_number, line, code, field, message }) => [row_number, line, code, field, message]))
      );
      piece = '';
      after = rows.at(-1) ?? after;
      if (rows.length < STEP_ROWS) return;
    }
  }
}
