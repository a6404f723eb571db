import { documentedErrors } from '../../messages/message-error.js';
import { PERMISSION_RANGE } from '../../whatsapp/errors/error-table.js';
import { explain } from '../../whatsapp/errors/explanations.js';

/** A Markdown table of every code that a message's `error` can show. */
export function failureTable(): string {
  const rows = documentedErrors().map(({ code, title, meaning, advice }) => {
    const name = title === null ? `\`${code}\`` : `\`${code}\`<br>${title}`;
    return `| ${name} | ${meaning} | ${advice} |`;
  });
  const { meaning, advice } = explain(PERMISSION_RANGE.first);
  rows.push(`| \`${PERMISSION_RANGE.first}\` to \`${PERMISSION_RANGE.last}\` | ${meaning} | ${advice} |`);
  return ['| `error.code` | meaning | what to do |', '| --- | --- | --- |', ...rows].join('\n');
}
