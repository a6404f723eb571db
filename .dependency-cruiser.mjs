/**
 * Which folder may import which. `npm run lint` checks it.
 *
 * Imports run downwards: platform knows no feature, the sandbox and the program know nothing of each other, and those
 * who accept messages and those who deliver them meet in the database and the queue, not in each other's services.
 */
const FEATURES =
  '^src/(api-reference|auth-scopes|chats|cli|contacts|delivery|groups|integrations|maintenance|media|messages|otp|queue-pages|sources|statuses|templates|tenants|webhooks|whatsapp)/';

/** Specs may look at everything. */
const SPEC = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other to run are one file, or miss a third. Types may know each other.',
      severity: 'error',
      from: { pathNot: '^src/platform/database/generated/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'platform-knows-no-feature',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: [FEATURES, '^src/[^/]+\\.ts$'] },
    },
    {
      name: 'features-do-not-know-the-program',
      comment: 'main, cli, program and the root module put features together; nothing below looks up to them.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: SPEC },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'delivery-knows-no-accepting',
      comment: 'Delivery reads messages from the database.',
      severity: 'error',
      from: { path: '^src/delivery/' },
      to: { path: '^src/(messages|otp|webhooks|integrations|api-reference|auth-scopes|cli)/' },
    },
    {
      name: 'accepting-knows-no-delivery',
      comment:
        'The API stores a message and releases it through platform/queue; what it asks of delivery is to call one back. Only the receiver of statuses shares the one statement that advances a message.',
      severity: 'error',
      from: { path: FEATURES, pathNot: `^src/(delivery|cli)/|^src/whatsapp/webhook/|${SPEC}` },
      to: { path: '^src/delivery/', pathNot: '^src/delivery/cancel/' },
    },
    {
      name: 'receiver-knows-only-status-and-lanes-of-delivery',
      comment: 'What WhatsApp reports changes statuses, and lets the next message of a lane go.',
      severity: 'error',
      from: { path: '^src/whatsapp/webhook/' },
      to: { path: '^src/delivery/', pathNot: '^src/delivery/(status|lanes)/' },
    },
    {
      name: 'sandbox-knows-no-program',
      comment: 'The sandbox stands in for WhatsApp; what it shared with the program could not be tested against it.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|dev|test|bench)/' },
    },
    {
      name: 'program-knows-no-tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|dev|test|bench)/' },
    },
    {
      name: 'postgres-in-one-place',
      comment: 'Every query goes through the tenant wall or the one class for raw SQL.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/platform/database/|${SPEC}` },
      to: { path: ['^node_modules/pg/', '^node_modules/@prisma/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'redis-in-one-place',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `^src/(platform/(redis|queue)|delivery|queue-pages|webhooks/dead-letters)/|${SPEC}`,
      },
      to: { path: '^node_modules/(ioredis|bullmq)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-development-dependencies',
      comment: 'The image installs production dependencies only. Specs beside the code may use the others.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${SPEC}|/testing/` },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'specs-are-not-imported',
      severity: 'error',
      from: {},
      to: { path: '\\.(spec|e2e|page)\\.ts$' },
    },
    {
      name: 'resolvable',
      comment: "schema-engine-wasm's package.json names its entry in a way the resolver here does not read.",
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@prisma/schema-engine-wasm$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
