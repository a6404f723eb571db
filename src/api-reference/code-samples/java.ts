import { quoted, type RequestSample, type SampleLanguage } from './request-sample.js';

const PUBLISHERS = 'HttpRequest.BodyPublishers';

/** java.net.http has no multipart publisher: the parts are written out. */
function multipartLines(body: Extract<RequestSample['body'], { kind: 'multipart' }>): string[] {
  return [
    'var boundary = "boundary-" + UUID.randomUUID();',
    'var parts = new ArrayList<HttpRequest.BodyPublisher>();',
    `var fields = new LinkedHashMap<String, String>();`,
    ...body.fields.map(([name, value]) => `fields.put(${quoted(name)}, ${quoted(value)});`),
    'fields.forEach((name, value) -> parts.add(HttpRequest.BodyPublishers.ofString(',
    '    "--" + boundary + "\\r\\nContent-Disposition: form-data; name=\\"" + name + "\\"\\r\\n\\r\\n" + value + "\\r\\n")));',
    ...body.files.flatMap(({ field, filename, contentType }) => {
      const head = `\\r\\nContent-Disposition: form-data; name=\\"${field}\\"; filename=\\"${filename}\\"\\r\\nContent-Type: ${contentType}\\r\\n\\r\\n`;
      return [
        `parts.add(${PUBLISHERS}.ofString("--" + boundary`,
        `    + "${head}"));`,
        `parts.add(${PUBLISHERS}.ofFile(Path.of(${quoted(filename)})));`,
        `parts.add(${PUBLISHERS}.ofString("\\r\\n"));`,
      ];
    }),
    `parts.add(${PUBLISHERS}.ofString("--" + boundary + "--\\r\\n"));`,
    '',
  ];
}

function statements({ method, url, headers, body }: RequestSample): string[] {
  const publisher = {
    none: `${PUBLISHERS}.noBody()`,
    json: `${PUBLISHERS}.ofString(body)`,
    multipart: `${PUBLISHERS}.concat(parts.toArray(HttpRequest.BodyPublisher[]::new))`,
  }[body.kind];
  return [
    ...(body.kind === 'multipart' ? multipartLines(body) : []),
    ...(body.kind === 'json' ? [`var body = ${quoted(JSON.stringify(body.value))};`, ''] : []),
    `var request = HttpRequest.newBuilder(URI.create(${quoted(url)}))`,
    ...headers.map(([name, value]) => `    .header(${quoted(name)}, ${quoted(value)})`),
    ...(body.kind === 'multipart' ? ['    .header("Content-Type", "multipart/form-data; boundary=" + boundary)'] : []),
    ...(body.kind === 'json' ? ['    .header("Content-Type", "application/json")'] : []),
    `    .method(${quoted(method)}, ${publisher})`,
    '    .build();',
    'var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());',
    'System.out.println(response.statusCode() + " " + response.body());',
  ];
}

function imports({ body }: RequestSample): string[] {
  const all = ['java.net.URI', 'java.net.http.HttpClient', 'java.net.http.HttpRequest', 'java.net.http.HttpResponse'];
  if (body.kind === 'multipart') {
    if (body.files.length > 0) all.push('java.nio.file.Path');
    all.push('java.util.ArrayList', 'java.util.LinkedHashMap', 'java.util.UUID');
  }
  return all.map((name) => `import ${name};`);
}

/** For Java 17 and newer, with nothing but the JDK. */
export const java: SampleLanguage = {
  lang: 'java',
  label: 'Java (java.net.http)',
  write: (sample) =>
    [
      ...imports(sample),
      '',
      'public class Example {',
      '  public static void main(String[] args) throws Exception {',
      ...statements(sample).map((line) => (line ? `    ${line}` : '')),
      '  }',
      '}',
    ].join('\n'),
};
