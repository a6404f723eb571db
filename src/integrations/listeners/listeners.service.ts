import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import { Settings } from '../../platform/config/settings.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { resourceId } from '../../platform/http/resource-id.js';
import type { ListRequest } from '../../platform/pagination/list-request.js';
import type { ListScope } from '../../platform/pagination/list-spec.js';
import { type ListPage, Lists } from '../../platform/pagination/lists.js';
import { isRecord } from '../mapping/path.js';
import { STORE_SECRET_CONTEXT } from '../store-listener.js';
import { type ListenerDto, presentListener } from './listener.dto.js';
import { LISTENER_LIST } from './listener-list.js';
import { ListenerRepository, NO_SUCH_LISTENER, type SealedListener } from './listener.repository.js';
import { type GivenListener, readListener } from './read-listener.js';

/** What a key looks like: 24 base62 characters from the system's random source, 142 bits. */
export const LISTENER_KEY = /^[0-9A-Za-z]{24}$/;
const newKey = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 24);

/** A tenant's listeners: what its stores call, and what is sent then. */
@Injectable()
export class ListenersService {
  private readonly base: string;

  constructor(
    private readonly listeners: ListenerRepository,
    private readonly encryption: Encryption,
    private readonly lists: Lists,
    settings: Settings,
  ) {
    this.base = (settings.PUBLIC_URL ?? `http://${settings.HOST}:${settings.PORT}`).replace(/\/+$/, '');
  }

  /** One page of the tenant's listeners. */
  list(scope: ListScope, request: ListRequest): Promise<ListPage<ListenerDto>> {
    return this.lists.page(LISTENER_LIST, scope, request, async (sql, ids) =>
      (await this.listeners.findByIds(sql, scope.tenantId, ids)).map((row) => presentListener(row, this.base)),
    );
  }

  /** @throws ApiError 404 when the tenant has no such listener */
  async get(tenantId: number, id: string): Promise<ListenerDto> {
    return presentListener(await this.listeners.get(tenantId, resourceId(id, NO_SUCH_LISTENER)), this.base);
  }

  /** @throws ApiError 422 with everything that is wrong, or when the tenant has too many */
  async create(author: AuthenticatedTenant, body: unknown): Promise<ListenerDto> {
    const row = await this.listeners.create(author, newKey(), this.sealed(await readListener(body)));
    return presentListener(row, this.base);
  }

  /** @throws ApiError 404 when the tenant has no such listener, 422 with everything that is wrong */
  async update(author: AuthenticatedTenant, id: string, body: unknown): Promise<ListenerDto> {
    const fields = isRecord(body)
      ? Object.keys(body).filter((field) => LISTENER_LIST.fields.includes(field) || field === 'secret')
      : [];
    const row = await this.listeners.update(author, resourceId(id, NO_SUCH_LISTENER), fields, async (stored) =>
      this.sealed(await readListener(body, stored)),
    );
    return presentListener(row, this.base);
  }

  /** @throws ApiError 404 when the tenant has no such listener */
  delete(author: AuthenticatedTenant, id: string): Promise<void> {
    return this.listeners.delete(author, resourceId(id, NO_SUCH_LISTENER));
  }

  private sealed({ values, secret }: GivenListener): SealedListener {
    return {
      values,
      secret: typeof secret === 'string' ? this.encryption.encrypt(secret, STORE_SECRET_CONTEXT) : secret,
    };
  }
}
