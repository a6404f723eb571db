/** REDIS_URL and REDIS_CLUSTER for a server or a cluster of a test. */
export function redisEnvironment(url: string): { REDIS_URL: string; REDIS_CLUSTER: string } {
  return { REDIS_URL: url, REDIS_CLUSTER: String(url.includes(',')) };
}
