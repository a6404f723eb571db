import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { generateToken } from '../../src/auth-scopes/token.js';
import { createDatabase, dropDatabase } from './database.js';
import { PlatformProcess } from './platform-process.js';
import { RedisProcess } from './redis-process.js';
import { TcpProxy } from './tcp-proxy.js';

export interface FleetToken {
  token: string;
  tokenId: number;
  tenantId: number;
}

/** API processes over one database and one Redis, both of which a test may take away; no sandbox, no worker. */
export class ApiFleet {
  private constructor(
    readonly apis: PlatformProcess[],
    readonly postgres: TcpProxy,
    readonly redis: RedisProcess,
    readonly pool: pg.Pool,
    private readonly database: string,
    private readonly mediaDir: string,
  ) {}

  static async start(count: number, env: NodeJS.ProcessEnv = {}): Promise<ApiFleet> {
    const [database, redis, mediaDir] = await Promise.all([
      createDatabase(),
      RedisProcess.start(),
      mkdtemp(join(tmpdir(), 'rasl-fleet-')),
    ]);
    const postgres = await TcpProxy.before(database.url);
    const apis = await Promise.all(
      Array.from({ length: count }, () =>
        PlatformProcess.start({
          role: 'api',
          databaseUrl: postgres.url,
          redisUrl: redis.url,
          redisPrefix: 'fleet',
          sandboxUrl: 'http://127.0.0.1:1',
          appSecret: 'unused-app-secret',
          mediaDir,
          env,
        }),
      ),
    );
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Dropping the database ends connections that are still closing.
    pool.on('error', () => undefined);
    return new ApiFleet(apis, postgres, redis, pool, database.name, mediaDir);
  }

  /** A tenant with one token. */
  async token(options: { limit?: number; planLimit?: number; scopes?: string[] } = {}): Promise<FleetToken> {
    const { token, hash, hint } = generateToken();
    const { rows } = await this.pool.query<{ tokenId: number; tenantId: number }>(
      `WITH plan AS (INSERT INTO plans (name, limit_api_calls_per_minute) VALUES ($1, $2) RETURNING id),
            tenant AS (INSERT INTO tenants (name, subdomain, plan_id) SELECT $1, $1, id FROM plan RETURNING id)
       INSERT INTO api_tokens (tenant_id, name, token_hash, hint, scopes, rate_limit_per_minute)
       SELECT id, 'test', $3, $4, $5, $6 FROM tenant RETURNING id AS "tokenId", tenant_id AS "tenantId"`,
      [hint, options.planLimit ?? -1, hash, hint, options.scopes ?? ['*'], options.limit ?? 100_000],
    );
    const [row] = rows;
    if (!row) throw new Error('no token was stored');
    return { token, ...row };
  }

  async stop(): Promise<void> {
    await Promise.all(this.apis.map((api) => api.stop()));
    await this.postgres.close();
    await this.redis.stop();
    await this.pool.end();
    await dropDatabase(this.database);
    await rm(this.mediaDir, { recursive: true, force: true });
  }
}
