import type pg from 'pg';

/** Rows of one statement. */
const CHUNK = 100_000;

/** Ids of the bench's groups, sources, statuses and staff, the frequent ones first, and one that nobody has. */
export interface Referred {
  readonly groups: readonly number[];
  readonly sources: readonly number[];
  readonly statuses: readonly number[];
  readonly staff: readonly number[];
}

const REFERRED = `
WITH bench AS (SELECT id FROM tenants WHERE subdomain = 'bench'),
made_groups AS (INSERT INTO groups (tenant_id, name) SELECT id, 'Group ' || n FROM bench, generate_series(1, 4) n RETURNING id),
made_sources AS (INSERT INTO sources (tenant_id, name) SELECT id, 'Source ' || n FROM bench, generate_series(1, 4) n RETURNING id),
made_statuses AS (INSERT INTO statuses (tenant_id, name) SELECT id, 'Status ' || n FROM bench, generate_series(1, 4) n RETURNING id),
made_staff AS (INSERT INTO staff (tenant_id, name) SELECT id, 'Staff ' || n FROM bench, generate_series(1, 4) n RETURNING id)
SELECT (SELECT array_agg(id ORDER BY id) FROM made_groups) AS groups,
       (SELECT array_agg(id ORDER BY id) FROM made_sources) AS sources,
       (SELECT array_agg(id ORDER BY id) FROM made_statuses) AS statuses,
       (SELECT array_agg(id ORDER BY id) FROM made_staff) AS staff`;

/*
 * The words that are searched and the values that are filtered by (figures/contacts.ts) have their frequencies here.
 * The third of each kind of reference is that of one import, long ago: two fifths of the way back, a twentieth of all,
 * and none of it is new; so is the company Springtime.
 */
const CONTACTS = `
WITH person AS (
  SELECT n, n BETWEEN $3::int * 11 / 20 AND $3::int * 12 / 20 AS imported,
         (ARRAY['Mona','Omar','Laila','Yusuf','Nour','Karim','Sara','Hany','منى','أحمد'])[1 + n % 10] AS firstname
    FROM generate_series($1::int, $2::int) n)
INSERT INTO contacts (tenant_id, firstname, lastname, company, type, email, phone, status_id, source_id, assigned_id,
                      group_id, is_opted_out, created_at, updated_at)
SELECT t.id, CASE WHEN n = $3::int / 20 THEN 'Zanzibar زنجبار' ELSE firstname END,
       CASE WHEN n % 50000 = 7 THEN 'Marigold'
            ELSE (ARRAY['Ali','Hassan','Said','Fathy','Aziz','Mansour','السيد'])[1 + n % 7] || ' ' || substr(md5(n::text), 1, 5) END,
       CASE WHEN imported THEN 'Springtime' WHEN n % 1000 = 3 THEN 'Little Shop' WHEN n % 3 = 0 THEN 'Company ' || n % 5000 END,
       CASE WHEN n % 500 = 1 THEN 'guest' WHEN n % 4 = 0 THEN 'customer' ELSE 'lead' END,
       CASE WHEN n % 2 = 0 THEN 'p' || substr(md5(n::text), 6, 6) || n || '@example.com' END,
       (201000000000 + n * 79245433::bigint % 1000000000)::text,
       s.statuses[p.place], s.sources[p.place], CASE WHEN n % 3 > 0 THEN s.staff[p.place] END,
       CASE WHEN imported OR n % 2 = 0 THEN ARRAY[s.groups[p.place]] ELSE '{}' END,
       n % 100 = 5,
       now() - ($3::int - n) * p.step,
       now() - ($3::int - n) * p.step + CASE WHEN n % 5 = 0 THEN least($3::int - n, n % 999) * p.step ELSE interval '0' END
  FROM person
 CROSS JOIN LATERAL (SELECT CASE WHEN imported THEN 3 WHEN n % 1000 = 4 THEN 2 ELSE 1 END AS place, interval '350 days' / $3::int AS step) p
 CROSS JOIN (SELECT $4::int[] AS groups, $5::int[] AS sources, $6::int[] AS statuses, $7::int[] AS staff) s
  JOIN tenants t ON t.subdomain = 'bench'`;

/** Triggers are off while the contacts are stored. */
const MEMBERS = `
INSERT INTO group_members (tenant_id, group_id, contact_id, created_at)
SELECT c.tenant_id, g, c.id, c.created_at FROM contacts c JOIN tenants t ON t.id = c.tenant_id, unnest(c.group_id) AS g
 WHERE t.subdomain = 'bench'`;

const INDEXES = `
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i WHERE i.indrelid = 'contacts'::regclass AND NOT i.indisprimary`;

/**
 * Fills the bench's tenant with `count` contacts, spread over the last 350 days. Their indexes are made anew
 * afterwards, and references are not checked nor triggers run, which saves minutes.
 */
export async function fillContacts(database: pg.Pool, count: number): Promise<Referred> {
  const client = await database.connect();
  try {
    await client.query("SET statement_timeout = 0; SET maintenance_work_mem = '512MB'");
    const { rows } = await client.query<Referred>(REFERRED);
    const [referred] = rows;
    if (!referred) throw new Error('nothing was made to refer to');
    const { groups, sources, statuses, staff } = referred;
    const indexes = await client.query<{ name: string; definition: string }>(INDEXES);
    for (const { name } of indexes.rows) await client.query(`DROP INDEX ${name}`);
    await client.query('SET session_replication_role = replica');
    for (let from = 1; from <= count; from += CHUNK) {
      const parameters = [from, Math.min(count, from + CHUNK - 1), count, groups, sources, statuses, staff];
      await client.query(CONTACTS, parameters);
    }
    await client.query('SET session_replication_role = DEFAULT');
    await client.query(MEMBERS);
    for (const { definition } of indexes.rows) await client.query(definition);
    await client.query('UPDATE tenants SET contact_count = contact_count + $1 WHERE subdomain = $2', [count, 'bench']);
    // What is measured next shall not run beside the vacuum that this calls for, nor wait for the disk to take it in.
    await client.query('VACUUM (ANALYZE) contacts, group_members');
    await client.query('CHECKPOINT');
    return referred;
  } finally {
    client.release(true);
  }
}
