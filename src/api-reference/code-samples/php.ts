import { indented, type RequestSample, type SampleLanguage } from './request-sample.js';

/** A PHP string that replaces nothing inside. */
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function literal(value: unknown, depth = 0): string {
  const pad = '    '.repeat(depth + 1);
  const end = '    '.repeat(depth);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${pad}${literal(item, depth + 1)},\n`).join('')}${end}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, item]) => `${pad}${text(key)} => ${literal(item, depth + 1)},\n`);
    return `[\n${members.join('')}${end}]`;
  }
  return typeof value === 'string' ? text(value) : JSON.stringify(value);
}

function options({ method, headers, body }: RequestSample): string[] {
  const sent = headers.map(([name, value]) => `${name}: ${value}`);
  if (body.kind === 'json') sent.push('Content-Type: application/json');
  const all = [`CURLOPT_CUSTOMREQUEST => ${text(method)}`, `CURLOPT_RETURNTRANSFER => true`];
  if (sent.length > 0) all.push(`CURLOPT_HTTPHEADER => ${literal(sent)}`);
  if (body.kind === 'json') all.push(`CURLOPT_POSTFIELDS => json_encode(${literal(body.value)})`);
  if (body.kind === 'multipart') {
    const parts = [
      ...body.fields.map(([name, value]) => `    ${text(name)} => ${text(value)},\n`),
      ...body.files.map(
        ({ field, filename, contentType }) =>
          `    ${text(field)} => new CURLFile(${[filename, contentType, filename].map(text).join(', ')}),\n`,
      ),
    ];
    all.push(`CURLOPT_POSTFIELDS => [\n${parts.join('')}]`);
  }
  return all;
}

export const php: SampleLanguage = {
  lang: 'php',
  label: 'PHP (curl)',
  write: (sample) =>
    [
      '<?php',
      `$curl = curl_init(${text(sample.url)});`,
      'curl_setopt_array($curl, [',
      ...options(sample).map((option) => `    ${indented(option, 4)},`),
      ']);',
      '$body = curl_exec($curl);',
      'echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), " ", $body, PHP_EOL;',
    ].join('\n'),
};
