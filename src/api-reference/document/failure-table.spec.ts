import { ERROR_TABLE } from '../../whatsapp/errors/error-table.js';
import { failureTable } from './failure-table.js';

describe('the table of failures', () => {
  const lines = failureTable().split('\n');

  it('has a row for every code of WhatsApp, with its title, and for the permissions', () => {
    for (const [code, { title }] of ERROR_TABLE) {
      expect(lines.filter((line) => line.startsWith(`| \`${code}\`<br>${title} |`))).toHaveLength(1);
    }
    expect(lines.filter((line) => line.startsWith('| `200` to `299` |'))).toHaveLength(1);
  });

  it('begins with our own codes, and is a table of three columns throughout', () => {
    expect(lines[2]).toMatch(/^\| `CONTACT_OPTED_OUT` \|/);
    for (const line of lines) expect(line.match(/ \|/g)).toHaveLength(3);
  });
});
