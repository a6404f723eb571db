/** After all end-to-end tests. */
export default async function globalTeardown(): Promise<void> {}
