/**
 * `unit` (specs beside the code), `e2e` (test/, real processes), both started by `npm test`; `pages` (test/, real
 * processes and Chromium), started by `npm run test:pages`.
 */
const base = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
  setupFiles: ['reflect-metadata'],
};

export default {
  // On two cores: tests wait for events half of their time.
  maxWorkers: 3,
  // Modules of ended test files stay in memory, and collecting them takes ever longer.
  workerIdleMemoryLimit: '1GB',
  // Real processes under load; unit specs take milliseconds all the same.
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      roots: [
        '<rootDir>/src',
        '<rootDir>/sandbox',
        '<rootDir>/dev',
        '<rootDir>/test/chaos',
        '<rootDir>/test/integrations',
      ],
      testMatch: ['**/*.spec.ts', '**/*.spec.mjs'],
    },
    {
      ...base,
      displayName: 'e2e',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.e2e.ts'],
      globalSetup: '<rootDir>/dist/test/support/global-setup.js',
      globalTeardown: '<rootDir>/dist/test/support/global-teardown.js',
    },
    {
      ...base,
      displayName: 'pages',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.page.ts'],
      globalSetup: '<rootDir>/dist/test/support/global-setup.js',
      globalTeardown: '<rootDir>/dist/test/support/global-teardown.js',
    },
  ],
};
