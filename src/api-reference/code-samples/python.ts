import { indented, quoted, type RequestSample, type SampleLanguage } from './request-sample.js';

/** A Python literal of a JSON value. */
function literal(value: unknown, depth = 0): string {
  const pad = '    '.repeat(depth + 1);
  const end = '    '.repeat(depth);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${pad}${literal(item, depth + 1)},\n`).join('')}${end}]`;
  }
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([key, item]) => `${pad}${quoted(key)}: ${literal(item, depth + 1)},\n`);
    return `{\n${members.join('')}${end}}`;
  }
  return JSON.stringify(value);
}

function argumentsOf({ headers, body }: RequestSample): string[] {
  const all: string[] = [];
  if (headers.length > 0) all.push(`headers=${literal(Object.fromEntries(headers))}`);
  if (body.kind === 'json') all.push(`json=${literal(body.value)}`);
  if (body.kind === 'multipart') {
    all.push(`data=${literal(Object.fromEntries(body.fields))}`);
    if (body.files.length > 0) {
      const files = body.files.map(
        ({ field, filename, contentType }) =>
          `    ${quoted(field)}: (${quoted(filename)}, open(${quoted(filename)}, "rb"), ${quoted(contentType)}),\n`,
      );
      all.push(`files={\n${files.join('')}}`);
    }
  }
  return all;
}

export const python: SampleLanguage = {
  lang: 'python',
  label: 'Python (requests)',
  write: (sample) =>
    [
      'import requests',
      '',
      'response = requests.request(',
      `    ${quoted(sample.method)},`,
      `    ${quoted(sample.url)},`,
      ...argumentsOf(sample).map((argument) => `    ${indented(argument, 4)},`),
      ')',
      'print(response.status_code, response.text)',
    ].join('\n'),
};
