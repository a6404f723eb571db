import { quoted, type RequestSample, type SampleLanguage } from './request-sample.js';

function bodyLines({ body }: RequestSample): string[] {
  switch (body.kind) {
    case 'none':
      return [];
    case 'json':
      return [`body := strings.NewReader(${quoted(JSON.stringify(body.value))})`, ''];
    case 'multipart':
      return [
        'body := &bytes.Buffer{}',
        'form := multipart.NewWriter(body)',
        ...body.fields.map(([name, value]) => `must(form.WriteField(${quoted(name)}, ${quoted(value)}))`),
        ...body.files.flatMap(({ field, filename, contentType }) => [
          'part, err := form.CreatePart(textproto.MIMEHeader{',
          `\t"Content-Disposition": {\`form-data; name="${field}"; filename="${filename}"\`},`,
          `\t"Content-Type":        {${quoted(contentType)}},`,
          '})',
          'must(err)',
          `file, err := os.Open(${quoted(filename)})`,
          'must(err)',
          'defer file.Close()',
          '_, err = io.Copy(part, file)',
          'must(err)',
        ]),
        'must(form.Close())',
        '',
      ];
  }
}

function imports({ body }: RequestSample): string[] {
  const all = ['fmt', 'io', 'net/http'];
  if (body.kind === 'json') all.push('strings');
  if (body.kind === 'multipart') {
    all.push('bytes', 'mime/multipart');
    if (body.files.length > 0) all.push('net/textproto', 'os');
  }
  return all.sort().map((name) => `\t"${name}"`);
}

/** With nothing but the standard library. */
export const go: SampleLanguage = {
  lang: 'go',
  label: 'Go (net/http)',
  write: (sample) => {
    const { method, url, headers, body } = sample;
    const statements = [
      ...bodyLines(sample),
      `request, err := http.NewRequest(${quoted(method)}, ${quoted(url)}, ${body.kind === 'none' ? 'nil' : 'body'})`,
      'must(err)',
      ...headers.map(([name, value]) => `request.Header.Set(${quoted(name)}, ${quoted(value)})`),
      ...(body.kind === 'json' ? ['request.Header.Set("Content-Type", "application/json")'] : []),
      ...(body.kind === 'multipart' ? ['request.Header.Set("Content-Type", form.FormDataContentType())'] : []),
      'response, err := http.DefaultClient.Do(request)',
      'must(err)',
      'defer response.Body.Close()',
      'answer, err := io.ReadAll(response.Body)',
      'must(err)',
      'fmt.Println(response.StatusCode, string(answer))',
    ];
    return [
      'package main',
      '',
      'import (',
      ...imports(sample),
      ')',
      '',
      'func must(err error) {',
      '\tif err != nil {',
      '\t\tpanic(err)',
      '\t}',
      '}',
      '',
      'func main() {',
      ...statements.map((line) => (line ? `\t${line}` : '')),
      '}',
    ].join('\n');
  },
};
