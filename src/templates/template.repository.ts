import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';

/** A template as it is stored. */
export interface TemplateRow {
  id: number;
  template_id: string;
  name: string;
  language: string;
  category: string;
  status: string;
  parameter_format: string;
  quality_score: string | null;
  components: unknown;
  message_send_ttl_seconds: number | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `t.id, t.template_id, t.name, t.language, t.category, t.status, t.parameter_format, t.quality_score,
       t.components, t.message_send_ttl_seconds, t.created_at, t.updated_at`;

/** Reads the templates of one tenant. */
@Injectable()
export class TemplateRepository {
  constructor(private readonly postgres: Postgres) {}

  /** Those of the ids that are the tenant's, in any order. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<TemplateRow[]> {
    return sql.query<TemplateRow>(
      'templates_by_ids',
      `SELECT ${COLUMNS} FROM templates t WHERE t.tenant_id = $1 AND t.id = ANY ($2::bigint[])`,
      [tenantId, ids],
    );
  }

  /** By WhatsApp's id of the template (index templates_tenant_template). */
  async findByTemplateId(tenantId: number, templateId: string): Promise<TemplateRow | undefined> {
    const [row] = await this.postgres.query<TemplateRow>(
      'template_by_template_id',
      `SELECT ${COLUMNS} FROM templates t WHERE t.tenant_id = $1 AND t.template_id = $2 ORDER BY t.id LIMIT 1`,
      [tenantId, templateId],
    );
    return row;
  }
}
