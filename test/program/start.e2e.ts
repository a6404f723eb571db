import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmptyDatabase } from '../operator/empty-database.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';
import { TestProcess } from '../support/processes.js';

/** Real: the program as it is started in production, Postgres, Redis. */
describe('the program', () => {
  let folder: string;
  let database: { name: string; url: string };
  const running: TestProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rasl-start-'));
    database = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.stop()));
  });
  afterAll(async () => {
    await dropDatabase(database.name);
    await rm(folder, { recursive: true });
  });

  function start(env: NodeJS.ProcessEnv): TestProcess {
    const program = TestProcess.start('program', process.execPath, ['dist/app/main.js'], { env });
    running.push(program);
    return program;
  }

  const environment = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ...baseEnvironment(),
    LOG_LEVEL: 'info',
    DATABASE_URL: database.url,
    PORT: '0',
    OPERATOR_PORT: '0',
    MEDIA_DIR: join(folder, 'media'),
    ...env,
  });

  describe('does not start', () => {
    it('with settings that are missing or wrong: all of them are named at once, without a stack', async () => {
      const program = start({
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        PORT: '70000',
        REDIS_URL: 'http://wrong',
        OPERATOR_HOST: '0.0.0.0',
      });
      expect(await program.exited).toBe(1);
      for (const name of ['DATABASE_URL', 'REDIS_URL', 'ENCRYPTION_KEY', 'PUBLIC_URL', 'PORT', 'OPERATOR_PASSWORD']) {
        expect(program.log).toContain(name);
      }
      expect(program.log).not.toMatch(/^\s+at /m);
    });

    it('on a database that lacks migrations, and says what to do', async () => {
      const empty = await EmptyDatabase.create();
      try {
        const program = start(environment({ DATABASE_URL: empty.url }));
        expect(await program.exited).toBe(1);
        expect(program.log).toContain('20261122000000_foundation');
        expect(program.log).toContain('cli migrate');
      } finally {
        await empty.drop();
      }
    });

    it('without its database', async () => {
      const program = start(environment({ DATABASE_URL: 'postgresql://nobody:secret-password@127.0.0.1:1/none' }));
      expect(await program.exited).toBe(1);
      expect(program.log).toContain('the program cannot start');
      expect(program.log).not.toContain('secret-password');
    });

    it('on a port that is taken, and leaves nothing running', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const address = taken.address();
      const port = address !== null && typeof address === 'object' ? String(address.port) : '';
      const program = start(environment({ PORT: port }));
      expect(await program.exited).toBe(1);
      expect(program.log).toContain('EADDRINUSE');
      taken.close();
    });
  });

  describe.each([
    ['api', ['api_url', 'operator_url', 'pid']],
    ['worker', ['operator_url', 'pid']],
    ['all', ['api_url', 'operator_url', 'pid']],
  ])('as %s', (role, names) => {
    it('says where it listens, in READY_FILE and in its log, is ready, and takes the file away when it stops', async () => {
      const readyFile = join(folder, `ready-${role}.json`);
      const program = start(environment({ ROLE: role, READY_FILE: readyFile }));
      await program.until(() => (existsSync(readyFile) ? true : undefined));
      const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as Record<string, string>;
      expect(Object.keys(ready)).toEqual(names);
      expect(ready.pid).toBe(program.child.pid);
      const line = await program.until(() =>
        program.log.split('\n').find((text) => text.includes('"event":"listening"')),
      );
      expect(JSON.parse(line)).toMatchObject({ operator_url: ready.operator_url });

      const health = await program.until(async () => {
        const response = await fetch(`${ready.operator_url}/health/ready`);
        return response.status === 200 ? ((await response.json()) as object) : undefined;
      });
      expect(health).toMatchObject({
        status: 'ready',
        checks: {
          postgres: { status: 'up' },
          redis: { status: 'up' },
          ...(role === 'api' ? {} : { delivery_consumer: { status: 'up' } }),
        },
      });
      if (ready.api_url) {
        expect((await fetch(`${ready.api_url}/health/ready`)).status).toBe(404);
        expect((await fetch(`${ready.api_url}/metrics`)).status).toBe(404);
      }
      expect(await program.stop()).toBe(0);
      expect(existsSync(readyFile)).toBe(false);
      expect(program.log).toContain('"event":"stopped"');
    });
  });
});
