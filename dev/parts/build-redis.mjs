/** Builds a redis-server: `node build-redis.mjs <redis-memory-server's main file> <folder> <version>`; see redis-binary.mjs. */
import { createRequire } from 'node:module';

const [builder, downloadDir, version] = process.argv.slice(2);
const { RedisBinary } = createRequire(import.meta.url)(builder);
try {
  await RedisBinary.getPath({ downloadDir, version, systemBinary: '', ignoreDownloadCache: false });
} catch (error) {
  console.error(`Redis could not be built: ${error.message}`);
  process.exitCode = 1;
}
