import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrl, dropDatabase } from '../support/database.js';

/** A database without any table. */
export class EmptyDatabase {
  private constructor(
    readonly name: string,
    readonly url: string,
  ) {}

  static async create(): Promise<EmptyDatabase> {
    const name = `empty_${randomBytes(6).toString('hex')}`;
    const client = new pg.Client({ connectionString: databaseUrl('postgres') });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return new EmptyDatabase(name, databaseUrl(name));
  }

  async rows<T extends pg.QueryResultRow>(text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<T>(text)).rows;
    } finally {
      await client.end();
    }
  }

  drop(): Promise<void> {
    return dropDatabase(this.name);
  }
}
