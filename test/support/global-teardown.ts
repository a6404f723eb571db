/** After all end-to-end tests: ends what they shared. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.sharedInstallation?.stop();
  await globalThis.sharedRedisCluster?.stop();
}
