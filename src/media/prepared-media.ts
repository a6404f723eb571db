/**
 * A file that passed its checks and is durably stored. Its rows (`media_files`, `media_links`) are written by the
 * transaction that stores the message:
 *
 *   INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key) VALUES (…)
 *   ON CONFLICT (tenant_id, sha256, mime_type) DO UPDATE SET referenced_at = now() RETURNING id, storage_key
 *
 * Every stored file has a name of its own, so no two requests ever write or delete the same one: when the row was
 * there already its `storage_key` stays, and `MediaIntake.settle` removes the surplus file.
 */
export interface PreparedMedia {
  readonly tenantId: number;
  readonly sha256: Buffer;
  readonly sizeBytes: number;
  /** As WhatsApp is told, for example `image/jpeg`. */
  readonly mimeType: string;
  /** Where the store keeps the file. */
  readonly storageKey: string;
  /** Safe display name with an extension that fits the type. At most 240 bytes of UTF-8. */
  readonly filename: string;
  /** False when an earlier request stored the same content and nothing was written by this one. */
  readonly stored: boolean;
}
