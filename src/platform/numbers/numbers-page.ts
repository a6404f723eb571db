import { COUNTED_UP_TO, type NumberCounts, RATE_WINDOW_S } from './number-counts.js';
import type { NumberRate } from './number-rates.js';
import type { NumberState } from './number-states.js';

/** One row. `rate` is null when Redis did not answer. */
export type ShownNumber = NumberState & NumberCounts & { rate: NumberRate | null };

export interface NumbersPage {
  at: Date;
  /** The hold of all delivery, while it stands. */
  hold: { heldAt: Date; reason: string } | null;
  numbers: ShownNumber[];
  /** Pages count from 1. */
  page: number;
  hasMore: boolean;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const count = (value: number): string => value.toLocaleString('en-US');
const bounded = (value: number): string => count(value) + (value >= COUNTED_UP_TO ? '+' : '');
const moment = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Seconds as people read them: 42 s, 7 min, 3.5 h, 2.0 d. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1b1f24; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d8dee4 }
th { background: #f6f8fa; font-weight: 600 }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
small { color: #57606a; display: block; overflow-wrap: anywhere }
.hold { background: #9a1b1b; color: #fff; padding: .7rem 1rem; border-radius: 4px }
.bad { background: #fdecea } .warn { background: #fff8e1 }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } th { background: #161b22 } th, td { border-color: #30363d }
  small { color: #9198a1 } .bad { background: #4a1c1c } .warn { background: #3d3217 } a { color: #79b8ff }
}`;

const HEADINGS = [
  'Number',
  'Tenant',
  'Backlog',
  'Oldest',
  'Rate',
  'Unknown',
  'Held',
  'Messaging limit',
  'State',
  'Last errors',
];

const perSecond = (rate: number): string => rate.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** Used of allowed, and what keeps the number below what WhatsApp allows. */
function rateOf({ usedPerSecond, ratePerSecond, rate }: ShownNumber): string {
  const notes = [`WhatsApp allows ${count(ratePerSecond)}/s`];
  if (!rate) notes.push('Redis does not answer');
  if (rate && rate.factor < 1) notes.push(`slowed to ${Math.floor(rate.factor * 100)}%`);
  if (rate?.heldUntil) notes.push(`held until ${moment(rate.heldUntil)}`);
  if (rate?.breakerOpen) notes.push('breaker open: its calls hang');
  const allowed = rate ? perSecond(rate.allowedPerSecond) : '?';
  return `${perSecond(usedPerSecond)} of ${allowed}/s${notes.map((note) => `<small>${note}</small>`).join('')}`;
}

function row(number: ShownNumber): string {
  const { unknown, pausedAt, tier } = number;
  const state = pausedAt
    ? `<strong>paused</strong> since ${moment(pausedAt)}<small>${number.pausedCode === null ? '' : `${number.pausedCode}: `}${escape(number.pausedReason ?? '')}</small>`
    : 'sending';
  const quality = [number.qualityRating, number.nameStatus === 'APPROVED' ? null : number.nameStatus]
    .filter(Boolean)
    .join(', ');
  const errors = number.errors
    .map(({ code, text, at }) => `<small><b>${escape(code)}</b> ${escape(text ?? '')} (${moment(at)})</small>`)
    .join('');
  const slowed = number.rate !== null && (number.rate.breakerOpen || number.rate.factor < 0.5);
  const trouble = pausedAt ? 'bad' : unknown.older > 0 || (number.oldestAge ?? 0) > 300 || slowed ? 'warn' : '';
  return `<tr class="${trouble}">
<td>${escape(number.displayPhoneNumber)}<small>${escape(number.phoneNumberId)}</small></td>
<td>${escape(number.tenantName)}<small>${number.tenantId}</small></td>
<td class="n">${bounded(number.backlog)}</td>
<td class="n">${number.oldestAge === null ? '–' : duration(number.oldestAge)}</td>
<td class="n">${rateOf(number)}<small>${escape(quality)}</small></td>
<td class="n">${count(unknown.minute)} / ${count(unknown.quarter)} / ${count(unknown.older)}</td>
<td class="n">${count(number.heldByLane)} / ${count(number.heldByTier)}</td>
<td class="n">${count(number.tierUsed)}${number.tierLimit === null ? '' : ` of ${count(number.tierLimit)}`}<small>${escape(tier ?? 'tier not known')}</small></td>
<td>${state}</td>
<td>${errors}</td>
</tr>`;
}

/** The page `/numbers`. Everything that comes from outside is escaped; nothing is loaded from elsewhere. */
export function numbersHtml({ at, hold, numbers, page, hasMore }: NumbersPage): string {
  const banner = hold
    ? `<p class="hold" role="alert">All delivery is held since ${moment(hold.heldAt)}: ${escape(hold.reason)}</p>`
    : '';
  const silent = numbers.some(({ rate }) => rate === null)
    ? '<p class="hold" role="status">Redis does not answer: the rates of some numbers are not known, and they send nothing.</p>'
    : '';
  const links = [
    page > 1 ? `<a href="?page=${page - 1}" rel="prev">Previous</a>` : '',
    hasMore ? `<a href="?page=${page + 1}" rel="next">Next</a>` : '',
  ].join(' ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10"><link rel="icon" href="data:,"><title>Numbers</title><style>${STYLE}</style></head>
<body><h1>Numbers</h1>${banner}${silent}
<p>${moment(at)}, page ${page}, those in trouble first. Rate: calls a second in the last
${RATE_WINDOW_S} s, of what is given out now. Unknown: under 1 minute / under 15 / older. Held: by an earlier
message of the chat / by the messaging limit, of the counted backlog. ${links}</p>
<table><thead><tr>${HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join('')}</tr></thead>
<tbody>${numbers.map(row).join('\n')}</tbody></table>
${numbers.length === 0 ? '<p>No numbers.</p>' : ''}</body></html>`;
}
