import { quoted, type RequestSample, type SampleLanguage } from './request-sample.js';

function bodyLines({ body }: RequestSample): string[] {
  switch (body.kind) {
    case 'none':
      return [];
    case 'json':
      return [
        `request.Content = new StringContent(${quoted(JSON.stringify(body.value))}, Encoding.UTF8, "application/json");`,
      ];
    case 'multipart':
      return [
        'var form = new MultipartFormDataContent();',
        ...body.fields.map(([name, value]) => `form.Add(new StringContent(${quoted(value)}), ${quoted(name)});`),
        ...body.files.flatMap(({ field, filename, contentType }) => [
          `var file = new StreamContent(File.OpenRead(${quoted(filename)}));`,
          `file.Headers.ContentType = new MediaTypeHeaderValue(${quoted(contentType)});`,
          `form.Add(file, ${quoted(field)}, ${quoted(filename)});`,
        ]),
        'request.Content = form;',
      ];
  }
}

/** For .NET 6 and newer (top-level statements, implicit usings). */
export const csharp: SampleLanguage = {
  lang: 'csharp',
  label: 'C# (HttpClient)',
  write: (sample) =>
    [
      ...(sample.body.kind === 'multipart' ? ['using System.Net.Http.Headers;', ''] : []),
      ...(sample.body.kind === 'json' ? ['using System.Text;', ''] : []),
      'using var client = new HttpClient();',
      `using var request = new HttpRequestMessage(new HttpMethod(${quoted(sample.method)}), ${quoted(sample.url)});`,
      ...sample.headers.map(
        ([name, value]) => `request.Headers.TryAddWithoutValidation(${quoted(name)}, ${quoted(value)});`,
      ),
      ...bodyLines(sample),
      '',
      'using var response = await client.SendAsync(request);',
      'Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");',
    ].join('\n'),
};
