import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeSamples, SAMPLE_LANGUAGES } from './code-samples.js';
import type { RequestSample, SampleBody } from './request-sample.js';

const run = promisify(execFile);

/** How the sample of a language is run: its file, and the command. PHP and Go need no more than their own tools. */
const RUNNERS: Record<string, { file: string; command: string[]; present: string[] }> = {
  shell: { file: 'sample.sh', command: ['sh', 'sample.sh'], present: ['curl', '--version'] },
  javascript: {
    file: 'sample.mjs',
    command: [process.execPath, 'sample.mjs'],
    present: [process.execPath, '--version'],
  },
  python: { file: 'sample.py', command: ['python3', 'sample.py'], present: ['python3', '-c', 'import requests'] },
  php: {
    file: 'sample.php',
    command: ['php', 'sample.php'],
    present: ['php', '-r', 'exit(class_exists("CURLFile") ? 0 : 1);'],
  },
  java: { file: 'Example.java', command: ['java', 'Example.java'], present: ['java', '--version'] },
  go: { file: 'main.go', command: ['go', 'run', 'main.go'], present: ['go', 'version'] },
};

/** Compilers take seconds per sample; they are asked for by CODE_SAMPLES=all. */
const COMPILED = ['java', 'go'];

const installed = Object.entries(RUNNERS).filter(([language, { present }]) => {
  if (COMPILED.includes(language) && process.env.CODE_SAMPLES !== 'all') return false;
  const [command = '', ...args] = present;
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
});

/** Everything that a language's own quoting could trip over. */
const AWKWARD = `@{contact_first_name}'s "order" \\ $HOME \`x\` <é 😀>`;

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const parts = async ({ headers, body }: Received) => {
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': String(headers['content-type']) },
  }).formData();
  const read = [...form.entries()].map(async ([name, value]) =>
    typeof value === 'string'
      ? [name, value]
      : [name, { name: value.name, type: value.type, text: await value.text() }],
  );
  return Object.fromEntries(await Promise.all(read)) as Record<string, unknown>;
};

describe('code samples', () => {
  let server: Server;
  let folder: string;
  let received: Received[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        received.push({ method, url, headers, body: Buffer.concat(chunks) });
        response.end('{"success":true}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'samples-'));
    writeFileSync(join(folder, 'photo.jpg'), 'the bytes of a picture');
  });

  beforeEach(() => {
    received = [];
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const sample = (method: string, body: SampleBody): RequestSample => ({
    method,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/things/7?q=a%20b`,
    headers: [['Authorization', 'Bearer YOUR_TOKEN']],
    body,
  });

  async function runSample(language: string, request: RequestSample): Promise<Received> {
    const runner = RUNNERS[language];
    const written = codeSamples(request).find(({ lang }) => lang === language);
    if (!runner || !written) throw new Error(`nothing runs ${language}`);
    // The tools of some languages take every file of a folder together.
    const own = join(folder, language);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'photo.jpg'), 'the bytes of a picture');
    writeFileSync(join(own, runner.file), written.source);
    const [command = '', ...args] = runner.command;
    const { stdout } = await run(command, args, { cwd: own, env: { ...process.env, GO111MODULE: 'off' } });
    expect(stdout).toContain('{"success":true}');
    const [first] = received;
    if (!first) throw new Error(`${language} sent nothing`);
    return first;
  }

  it('are written in seven languages', () => {
    expect(SAMPLE_LANGUAGES.map(({ lang }) => lang)).toEqual([
      'shell',
      'javascript',
      'python',
      'php',
      'java',
      'go',
      'csharp',
    ]);
  });

  it('are tried in at least one language on every machine', () => {
    expect(installed.map(([language]) => language)).toContain('javascript');
  });

  describe.each(installed)('in %s', (language) => {
    it('send a form with its texts and its file', async () => {
      const request = sample('POST', {
        kind: 'multipart',
        fields: [
          ['phone', '201000000000'],
          ['caption', AWKWARD],
        ],
        files: [{ field: 'media_file', filename: 'photo.jpg', contentType: 'image/jpeg' }],
      });
      const arrived = await runSample(language, request);
      expect(arrived).toMatchObject({ method: 'POST', url: '/api/v2/things/7?q=a%20b' });
      expect(arrived.headers.authorization).toBe('Bearer YOUR_TOKEN');
      expect(await parts(arrived)).toEqual({
        phone: '201000000000',
        caption: AWKWARD,
        media_file: { name: 'photo.jpg', type: 'image/jpeg', text: 'the bytes of a picture' },
      });
    }, 60_000);

    it('send JSON', async () => {
      const value = { text: AWKWARD, count: 2, ok: true, none: null, list: [1, { deep: 'x' }] };
      const arrived = await runSample(language, sample('PATCH', { kind: 'json', value }));
      expect(arrived.method).toBe('PATCH');
      expect(arrived.headers['content-type']).toMatch(/^application\/json/);
      expect(JSON.parse(arrived.body.toString())).toEqual(value);
    }, 60_000);

    it('send nothing but headers', async () => {
      const arrived = await runSample(language, sample('GET', { kind: 'none' }));
      expect(arrived).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer YOUR_TOKEN' } });
      expect(arrived.body).toHaveLength(0);
    }, 60_000);
  });

  it('quote texts in C# as JSON does', () => {
    const request = sample('POST', { kind: 'json', value: { text: AWKWARD } });
    const csharp = codeSamples(request).find(({ lang }) => lang === 'csharp');
    expect(csharp?.source).toContain(
      `new StringContent(${JSON.stringify(JSON.stringify({ text: AWKWARD }))}, Encoding.UTF8`,
    );
  });
});
