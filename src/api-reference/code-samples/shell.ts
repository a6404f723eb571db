import type { RequestSample, SampleLanguage } from './request-sample.js';

const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bodyOptions({ body }: RequestSample): string[] {
  switch (body.kind) {
    case 'none':
      return [];
    case 'json':
      return [
        `--header ${word('Content-Type: application/json')}`,
        `--data ${word(JSON.stringify(body.value, null, 2))}`,
      ];
    case 'multipart':
      return [
        // --form would read a value that begins with '@' or '<' as the name of a file.
        ...body.fields.map(([name, value]) => `--form-string ${word(`${name}=${value}`)}`),
        ...body.files.map(
          ({ field, filename, contentType }) => `--form ${word(`${field}=@${filename};type=${contentType}`)}`,
        ),
      ];
  }
}

export const shell: SampleLanguage = {
  lang: 'shell',
  label: 'Shell (curl)',
  write: (sample) =>
    [
      `curl --request ${sample.method} ${word(sample.url)}`,
      ...sample.headers.map(([name, value]) => `--header ${word(`${name}: ${value}`)}`),
      ...bodyOptions(sample),
    ].join(' \\\n  '),
};
