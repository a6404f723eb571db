import type { Command } from 'commander';
import type { EncryptionRotation } from './encryption-rotation.js';
import { show } from './output.js';
import { withService } from './services.js';

const run = async <R>(work: (rotation: EncryptionRotation) => Promise<R>): Promise<R> =>
  withService((await import('./encryption-rotation.js')).EncryptionRotation, work);

/** `encryption rotate`. */
export function addEncryptionCommands(program: Command): void {
  const encryption = program.command('encryption').description('The key that encrypts stored secrets');
  encryption
    .command('rotate')
    .description(
      'Encrypt stored access tokens, app secrets, secrets and headers of webhooks, and codes that still have to be sent with the current key',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
For a new ENCRYPTION_KEY: give it a new ENCRYPTION_KEY_ID, put the old one into ENCRYPTION_PREVIOUS_KEYS on every
process, run this, and then take the old key away. Can be repeated, also while the platform works.

Example:
  $ npm run cli -- encryption rotate`,
    )
    .action(async (options: { json?: boolean }) => {
      const { keyId, rotated, current } = await run((rotation) => rotation.rotate());
      const lines = [`Encrypted ${rotated} secrets with key ${keyId}; ${current} were already.`];
      show({ json: { key_id: keyId, rotated, current }, lines }, options.json === true);
    });
}
