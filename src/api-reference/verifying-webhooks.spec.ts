import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';

const GUIDE = new URL('../../docs/guides/verifying-webhooks.md', import.meta.url);
const N8N_WORKFLOW = new URL('./assets/n8n-workflow.json', import.meta.url);

/** How the guide's sample of a language is run: a program around it reads cases and says what the sample says of each. */
interface Runner {
  present: [string, ...string[]];
  sample: string;
  files: Record<string, string>;
  command: [string, ...string[]];
  /** Takes seconds to compile; asked for by CODE_SAMPLES=all. */
  compiled?: true;
}

const RUNNERS: Record<string, Runner> = {
  javascript: {
    present: [process.execPath, '--version'],
    sample: 'verify.mjs',
    files: {
      'main.mjs': `import { readFileSync } from 'node:fs';
import { verifyWebhook } from './verify.mjs';
for (const { secret, headers, body } of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    verifyWebhook(secret, headers, Buffer.from(body, 'base64'));
    console.log('right');
  } catch (error) {
    console.log(error.message);
  }
}`,
    },
    command: [process.execPath, 'main.mjs'],
  },
  python: {
    present: ['python3', '--version'],
    sample: 'verify.py',
    files: {
      'main.py': `import base64, json, sys
from verify import verify_webhook
for case in json.load(sys.stdin):
    try:
        verify_webhook(case["secret"], case["headers"], base64.b64decode(case["body"]))
        print("right")
    except ValueError as error:
        print(error)`,
    },
    command: ['python3', 'main.py'],
  },
  php: {
    present: ['php', '--version'],
    sample: 'verify.php',
    files: {
      'main.php': `<?php
require 'verify.php';
foreach (json_decode(stream_get_contents(STDIN), true) as $case) {
    try {
        verify_webhook($case['secret'], $case['headers'], base64_decode($case['body']));
        echo "right\\n";
    } catch (RuntimeException $error) {
        echo $error->getMessage(), "\\n";
    }
}`,
    },
    command: ['php', 'main.php'],
  },
  ruby: {
    present: ['ruby', '--version'],
    sample: 'verify.rb',
    files: {
      'main.rb': `require_relative 'verify'
JSON.parse($stdin.read).each do |one|
  verify_webhook(one['secret'], one['headers'], Base64.decode64(one['body']).force_encoding('UTF-8'))
  puts 'right'
rescue RuntimeError => e
  puts e.message
end`,
    },
    command: ['ruby', 'main.rb'],
  },
  go: {
    present: ['go', 'version'],
    sample: 'webhook/verify.go',
    files: {
      'go.mod': 'module sample\n\ngo 1.19\n',
      'main.go': `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sample/webhook"
)

func main() {
	var cases []struct {
		Secret  string
		Headers map[string]string
		Body    []byte
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	for _, one := range cases {
		headers := http.Header{}
		for name, value := range one.Headers {
			headers.Set(name, value)
		}
		if err := webhook.Verify(one.Secret, headers, one.Body); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("right")
		}
	}
}
`,
    },
    command: ['go', 'run', '.'],
    compiled: true,
  },
  java: {
    present: ['javac', '--version'],
    sample: 'Webhooks.java',
    files: {
      // Java reads no JSON of itself: a line has secret, id, timestamp, signature and body, each in base64.
      'Main.java': `import java.util.*;

class Main {
    public static void main(String[] args) {
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextLine()) {
            List<byte[]> cells = new ArrayList<>();
            for (String cell : lines.nextLine().split(" ", -1)) cells.add(Base64.getDecoder().decode(cell));
            Map<String, String> headers = new HashMap<>();
            String[] names = {"webhook-id", "webhook-timestamp", "webhook-signature"};
            for (int i = 0; i < 3; i++) headers.put(names[i], new String(cells.get(i + 1)));
            try {
                Webhooks.verify(new String(cells.get(0)), headers, cells.get(4));
                System.out.println("right");
            } catch (java.security.GeneralSecurityException error) {
                System.out.println(error.getMessage());
            }
        }
    }
}`,
    },
    command: ['sh', '-c', 'javac Webhooks.java Main.java && java -cp . Main'],
    compiled: true,
  },
};

const installed = Object.entries(RUNNERS).filter(
  ([, { present, compiled }]) =>
    (!compiled || process.env.CODE_SAMPLES === 'all') &&
    spawnSync(present[0], present.slice(1), { stdio: 'ignore' }).status === 0,
);

const samples = new Map(
  [...readFileSync(GUIDE, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => [
    language,
    code,
  ]),
);

/** What the node `Verify` of the n8n workflow does, around which the program plays n8n. */
function n8nCode(): string {
  const { nodes } = JSON.parse(readFileSync(N8N_WORKFLOW, 'utf8')) as {
    nodes: { name: string; parameters: { jsCode?: string } }[];
  };
  return nodes.find(({ name }) => name === 'Verify')?.parameters.jsCode ?? '';
}

const N8N = `import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const require = createRequire(import.meta.url);
const code = readFileSync('verify.js', 'utf8');
for (const { secret, headers, body } of JSON.parse(readFileSync(0, 'utf8'))) {
  const node = new (async () => {}).constructor('require', '$input', code.replace('whsec_put-your-secret-here', secret));
  const helpers = { getBinaryDataBuffer: async () => Buffer.from(body, 'base64') };
  const [{ json }] = await node.call({ helpers }, require, { first: () => ({ json: { headers } }) });
  console.log(json.verified ? (json.event ? 'right' : 'without its event') : json.reason);
}`;

const SECRET = `whsec_${Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => i * 8 + 3)).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const BODY = '{ "event":{"id":"evt_1"},\n  "text": "é 😀 \\u00e9"}';

interface Case {
  secret: string;
  headers: Record<string, string>;
  body: string;
}

/** A request as the public library signs it. */
function signed(given: { by?: string; ageS?: number; body?: string; headers?: Record<string, string> } = {}): Case {
  const at = new Date(Math.floor(Date.now() / 1000 - (given.ageS ?? 0)) * 1000);
  return {
    secret: SECRET,
    headers: {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': new Webhook(given.by ?? SECRET).sign('evt_1', at, BODY),
      ...given.headers,
    },
    body: Buffer.from(given.body ?? BODY).toString('base64'),
  };
}

const right = signed();
const rightSignature = right.headers['webhook-signature'] ?? '';
const otherSignature = signed({ by: OTHER }).headers['webhook-signature'] ?? '';

const CASES: [string, Case, string][] = [
  ['signed by us', right, 'right'],
  ['four minutes old', signed({ ageS: 240 }), 'right'],
  [
    'signed by the old and the new secret',
    signed({ headers: { 'webhook-signature': `${otherSignature} ${rightSignature}` } }),
    'right',
  ],
  ['signed by somebody else', signed({ by: OTHER }), 'wrong signature'],
  ['altered by a blank', signed({ body: `${BODY} ` }), 'wrong signature'],
  ['of another id', signed({ headers: { 'webhook-id': 'evt_2' } }), 'wrong signature'],
  [
    'another version of the signature',
    signed({ headers: { 'webhook-signature': rightSignature.replace('v1,', 'v2,') } }),
    'wrong signature',
  ],
  ['without a signature', signed({ headers: { 'webhook-signature': '' } }), 'wrong signature'],
  ['six minutes old', signed({ ageS: 360 }), 'too old'],
  ['six minutes ahead', signed({ ageS: -360 }), 'too old'],
  ['without a time', signed({ headers: { 'webhook-timestamp': '' } }), 'too old'],
];

/** As the program around the sample reads them. */
function input(language: string): string {
  if (language !== 'java') return JSON.stringify(CASES.map(([, one]) => one));
  const base64 = (text: string | undefined): string => Buffer.from(text ?? '').toString('base64');
  return CASES.map(([, { secret, headers, body }]) => {
    const cells = [secret, headers['webhook-id'], headers['webhook-timestamp'], headers['webhook-signature']];
    return [...cells.map(base64), body].join(' ');
  }).join('\n');
}

describe('the guide to verifying webhooks', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'verifying-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has a sample in six languages', () => {
    expect([...samples.keys()]).toEqual(['javascript', 'python', 'php', 'ruby', 'go', 'java']);
  });

  it.each(installed)('tells right from wrong in %s', (language, { sample, files, command }) => {
    expectRight(language, { ...files, [sample]: samples.get(language) ?? '' }, command);
  });

  it('tells right from wrong in the workflow of n8n', () => {
    expectRight('n8n', { 'main.mjs': N8N, 'verify.js': n8nCode() }, [process.execPath, 'main.mjs']);
  });

  function expectRight(language: string, files: Record<string, string>, command: Runner['command']): void {
    const place = join(folder, language);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), content);
    }
    const output = execFileSync(command[0], command.slice(1), { cwd: place, input: input(language), encoding: 'utf8' });
    const said = output.trim().split('\n');
    expect(CASES.map(([name], i) => [name, said[i]])).toEqual(CASES.map(([name, , expected]) => [name, expected]));
  }
});
