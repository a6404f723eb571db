import { indented, quoted, type RequestSample, type SampleLanguage } from './request-sample.js';

function lines({ method, url, headers, body }: RequestSample): string[] {
  const sent: [string, string][] = headers.map(([name, value]) => [name, value]);
  const before: string[] = [];
  let bodyOption: string | undefined;
  if (body.kind === 'json') {
    sent.push(['Content-Type', 'application/json']);
    bodyOption = `JSON.stringify(${indented(JSON.stringify(body.value, null, 2), 2)})`;
  }
  if (body.kind === 'multipart') {
    if (body.files.length > 0) before.push("import { openAsBlob } from 'node:fs';", '');
    before.push(
      'const form = new FormData();',
      ...body.fields.map(([name, value]) => `form.append(${quoted(name)}, ${quoted(value)});`),
      ...body.files.map(
        ({ field, filename, contentType }) =>
          `form.append(${quoted(field)}, await openAsBlob(${quoted(filename)}, { type: ${quoted(contentType)} }), ${quoted(filename)});`,
      ),
      '',
    );
    bodyOption = 'form';
  }
  return [
    ...before,
    `const response = await fetch(${quoted(url)}, {`,
    `  method: ${quoted(method)},`,
    ...(sent.length > 0
      ? ['  headers: {', ...sent.map(([name, value]) => `    ${quoted(name)}: ${quoted(value)},`), '  },']
      : []),
    ...(bodyOption ? [`  body: ${bodyOption},`] : []),
    '});',
    'console.log(response.status, await response.text());',
  ];
}

/** For Node 20 and newer, as an ES module. */
export const javascript: SampleLanguage = {
  lang: 'javascript',
  label: 'JavaScript (Node.js)',
  write: (sample) => lines(sample).join('\n'),
};
