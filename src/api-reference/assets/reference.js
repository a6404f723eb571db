/* global fetch, Response, Scalar, URL, window */

const DOCUMENT = '/openapi.json';

/**
 * The viewer (1.46) sends a form that nobody has edited as JSON text, unless its example is a list of rows. So the
 * examples of multipart bodies become rows here, a file's row empty until a file is chosen.
 */
function withFormRows(document) {
  for (const item of Object.values(document.paths)) {
    for (const { requestBody } of Object.values(item)) {
      const form = requestBody?.content?.['multipart/form-data'];
      if (!form?.example) continue;
      const model = document.components.schemas[form.schema.$ref.split('/').at(-1)];
      form.example = Object.entries(form.example).map(([name, value]) => ({
        name,
        value: model.properties[name]?.format === 'binary' ? '' : String(value),
        isDisabled: false,
      }));
    }
  }
  return document;
}

async function fetchForViewer(input, init) {
  const response = await fetch(input, init);
  const { pathname } = new URL(input instanceof Object ? (input.url ?? input.href) : input, window.location.href);
  if (pathname !== DOCUMENT || !response.ok) return response;
  return new Response(JSON.stringify(withFormRows(await response.json())), { headers: response.headers });
}

/**
 * Shows /openapi.json. Everything that would speak to another host is off: fonts, telemetry, the request proxy and the
 * assistant. "Test request" goes to the host that this page came from; the token is not kept in the browser.
 */
Scalar.createApiReference('#reference', {
  url: DOCUMENT,
  fetch: fetchForViewer,
  servers: [{ url: window.location.origin }],
  authentication: { preferredSecurityScheme: 'token' },
  persistAuth: false,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  hiddenClients: true,
  documentDownloadType: 'direct',
  orderSchemaPropertiesBy: 'preserve',
  orderRequiredPropertiesFirst: false,
  hideModels: true,
  // With all groups open the page takes three times the memory and the time.
  defaultOpenAllTags: false,
  theme: 'default',
});
