import { type FieldErrors, validationError } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { isPhoneCountry } from '../../platform/phone/local-phone.js';
import { parseConditions } from '../mapping/conditions.js';
import { parseMapping } from '../mapping/mapping.js';
import { isRecord } from '../mapping/path.js';
import {
  faultOfOncePer,
  type ListenerKind,
  type ListenerRow,
  type ListenerValues,
  readCountry,
} from '../store-listener.js';
import { CreateListenerDto } from './save-listener.dto.js';

/** Bytes of a Standard Webhooks secret (its specification: 24 to 64). */
const SECRET_BYTES = { least: 24, most: 64 };

/** What a tenant gave for a listener. */
export interface GivenListener {
  readonly values: ListenerValues;
  /** Undefined: as it is; null: none. */
  readonly secret: string | null | undefined;
}

/**
 * Reads the body of a create, or of an update of `stored`: what an update leaves out stays as it is.
 * @throws ApiError 422 with everything that is wrong
 */
export async function readListener(body: unknown, stored?: ListenerRow): Promise<GivenListener> {
  const { instance: dto, faults } = await checkDto(
    CreateListenerDto,
    stored && isRecord(body) ? { ...writtenOf(stored), ...body } : body,
  );
  const { written: mapping } = parseMapping(dto.mapping, faults);
  const conditions = parseConditions(dto.conditions, faults).map(({ written }) => written);
  if (stored && dto.kind !== stored.kind) add(faults, 'kind', 'kind cannot be changed; make another listener');
  if (dto.once_per) add(faults, 'once_per', prefixed('once_per', faultOfOncePer(dto.once_per)));
  const country = readCountry(dto.default_country, isPhoneCountry);
  if ('error' in country) add(faults, 'default_country', `default_country ${country.error}`);
  const secret = secretOf(body, dto.secret);
  const needsSecret = dto.kind !== 'generic' && (secret === null || (secret === undefined && !stored));
  if (needsSecret && !faults.secret) add(faults, 'secret', `secret is required: the calls of ${dto.kind} are signed`);
  if (typeof secret === 'string' && !faults.secret) add(faults, 'secret', faultOfSecret(dto.kind, secret));
  if (Object.keys(faults).length > 0) throw validationError(faults);
  return {
    values: {
      kind: dto.kind,
      name: dto.name,
      template_name: dto.template_name,
      language: dto.language,
      mapping,
      conditions,
      once_per: dto.once_per ?? null,
      default_country: 'country' in country ? country.country : null,
      delay_minutes: dto.delay_minutes ?? 0,
      enabled: dto.enabled ?? true,
    },
    secret,
  };
}

/** What an update begins with. */
function writtenOf(row: ListenerRow): ListenerValues {
  const { kind, name, template_name, language, mapping, conditions, once_per, default_country } = row;
  const { delay_minutes, enabled } = row;
  const rules = { template_name, language, mapping, conditions, once_per, default_country, delay_minutes };
  return { kind, name, ...rules, enabled };
}

/** Left out, or taken away: an empty secret and null are none. */
function secretOf(body: unknown, checked: string | undefined): string | null | undefined {
  return isRecord(body) && body.secret !== undefined ? (checked ?? null) : undefined;
}

function faultOfSecret(kind: ListenerKind, secret: string): string | undefined {
  if (kind !== 'generic') return undefined;
  const base64 = secret.replace(/^whsec_/, '');
  const bytes = Buffer.from(base64, 'base64');
  // Node reads over what is no Base64; what it read must be what was written.
  const isBase64 = bytes.toString('base64') === base64;
  if (isBase64 && bytes.length >= SECRET_BYTES.least && bytes.length <= SECRET_BYTES.most) return undefined;
  return `secret must be Base64 of ${SECRET_BYTES.least} to ${SECRET_BYTES.most} bytes, with or without whsec_ before it`;
}

const prefixed = (field: string, fault: string | undefined): string | undefined => fault && `${field} ${fault}`;

function add(faults: FieldErrors, field: string, fault: string | undefined): void {
  if (fault) faults[field] = [...(faults[field] ?? []), fault];
}
