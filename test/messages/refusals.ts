import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { jpeg } from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields, FormFile } from '../support/api-client.js';
import type { TestTenant } from '../support/tenant.js';

/** A file of a form whose bytes can be changed further. */
export type Photo = FormFile & { bytes: Buffer };

/** A photo that is taken. */
export const jpegPhoto = async (): Promise<Photo> => ({
  bytes: await jpeg(),
  name: 'photo.jpg',
  type: 'image/jpeg',
});

/** What the tenant has that a media message makes: rows, and the counts of its plan. */
export async function rowsOf(of: TestTenant): Promise<unknown> {
  const [counts] = await of.rows(
    `SELECT (SELECT count(*)::int FROM messages WHERE tenant_id = $1) AS messages,
            (SELECT count(*)::int FROM contacts WHERE tenant_id = $1) AS contacts,
            (SELECT count(*)::int FROM chats WHERE tenant_id = $1) AS chats,
            (SELECT count(*)::int FROM media_files WHERE tenant_id = $1) AS files,
            (SELECT count(*)::int FROM media_links WHERE tenant_id = $1) AS links,
            (SELECT contact_count FROM tenants WHERE id = $1) AS counted,
            (SELECT coalesce(sum(conversations), 0)::int FROM tenant_usage WHERE tenant_id = $1) AS conversations`,
    [of.id],
  );
  return counts;
}

/** Files of this tenant in the store: their names begin with the tenant. */
async function storedFiles(of: TestTenant): Promise<string[]> {
  const root = process.env.E2E_MEDIA_DIR ?? '';
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((path) => path.includes(`/${of.id}-`));
}

/** The refusal, of which nothing stays: neither a row nor a file. */
export async function refused(of: TestTenant, send: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  const before = { rows: await rowsOf(of), files: await storedFiles(of) };
  const answer = await send();
  expect(answer.body.success).toBe(false);
  expect({ rows: await rowsOf(of), files: await storedFiles(of) }).toEqual(before);
  return answer;
}

/** Sends a media message whose fields are wrong; what the refusal says of each. */
export async function invalid(tenant: TestTenant, fields: FormFields): Promise<Record<string, unknown>> {
  const answer = await refused(tenant, () => tenant.api.sendMedia(fields));
  expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
  return answer.body.error?.details ?? {};
}
