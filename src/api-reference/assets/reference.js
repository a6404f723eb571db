/* global Scalar, window */

/**
 * Shows /openapi.json. Everything that would speak to another host is off: fonts, telemetry, the request proxy and the
 * assistant. "Test request" goes to the host that this page came from; the token is not kept in the browser.
 */
Scalar.createApiReference('#reference', {
  url: '/openapi.json',
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
  defaultOpenAllTags: true,
  theme: 'default',
});
