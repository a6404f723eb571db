import { ERROR_TABLE } from './error-table.js';
import { classify, mayRetry } from './classify.js';

/** Code, documented HTTP status, class, scope, and the rest, as WhatsApp's pages and our own rules have them. */
const EXPECTED = `
        0  401  pause_number  token     -
        1  400  retry         -         max=2 wait=2
        2  503  retry         -         max=5 wait=30
        3  500  pause_number  token     -
        4  400  retry         app       wait=300
       10  403  pause_number  token     -
       33  400  pause_number  phone     -
      100  400  never         -         -
      104    -  pause_number  token     -
      190  401  pause_number  token     -
      368  403  pause_number  waba      -
    80007  400  retry         waba      wait=300
    80008    -  retry         mgmt      wait=300
   130403    -  never         -         -
   130429  400  retry         phone     wait=1
   130472  400  never         -         -
   130497  403  never         country   -
   131000  500  retry         -         max=3 wait=2
   131005  403  pause_number  token     -
   131008  400  never         -         -
   131009  400  never         -         -
   131016  500  retry         -         max=5 wait=2
   131021  400  never         -         -
   131026  400  never         -         -
   131030  400  never         -         -
   131031  403  pause_number  waba      -
   131037  400  pause_number  phone     -
   131042  400  pause_number  waba      -
   131044  400  pause_number  waba      -
   131045  500  pause_number  phone     -
   131047  400  reengage      pair      -
   131048  400  pause_number  phone     -
   131049  400  never         pair      not_before=86400
   131050  400  never         -         suppress=marketing
   131051  400  never         -         -
   131052  400  never         -         -
   131053  400  never         -         -
   131055  400  never         -         -
   131056  400  retry         pair      wait=1 pow4
   131057  500  retry         phone     wait=60
   131060    -  never         -         -
   131062    -  never         -         -
   131063    -  never         waba      -
   131064    -  pause_number  waba      -
   132000  400  never         template  -
   132001  404  never         template  -
   132005  400  never         -         -
   132007  400  never         template  -
   132012  400  never         -         -
   132015  400  never         template  -
   132016  400  never         template  -
   132018  400  never         template  -
   132068  400  never         -         -
   132069  400  never         -         -
   133000  500  pause_number  phone     -
   133004  503  retry         -         max=5 wait=30
   133005  400  never         mgmt      -
   133006  400  never         mgmt      -
   133008  400  never         mgmt      -
   133009  400  never         mgmt      -
   133010  400  pause_number  phone     -
   133015  400  retry         mgmt      wait=300
   133016  400  never         mgmt      -
   134011  400  never         -         -
   134100  400  never         -         -
   134101  400  retry         template  wait=600
   134102  500  never         template  -
   135000  400  never         -         -
   139200    -  never         waba      -
  2388019    -  never         mgmt      -
  2494100    -  retry         phone     wait=180
`;

const rows = EXPECTED.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s{2,}/))
  .map(([code = '', http = '', errorClass = '', scope = '', rest = '']) => ({
    code: Number(code),
    http,
    errorClass,
    scope,
    rest,
  }));

function restOf(code: number): string {
  const { maxRetries, waitSeconds, pow4, notBeforeSeconds, suppress } = classify(code, null);
  const parts = [
    maxRetries === undefined ? [] : `max=${maxRetries}`,
    waitSeconds === undefined ? [] : `wait=${waitSeconds}`,
    pow4 ? 'pow4' : [],
    notBeforeSeconds === undefined ? [] : `not_before=${notBeforeSeconds}`,
    suppress === undefined ? [] : `suppress=${suppress}`,
  ].flat();
  return parts.join(' ') || '-';
}

describe('the error table', () => {
  it('has exactly the codes that are expected here', () => {
    expect([...ERROR_TABLE.keys()].sort((a, b) => a - b)).toEqual(rows.map(({ code }) => code).sort((a, b) => a - b));
  });

  it.each(rows)('classifies $code as $errorClass', ({ code, http, errorClass, scope, rest }) => {
    const found = classify(code, null);
    expect(found).toMatchObject({ code, known: true, class: errorClass });
    expect(String(found.httpStatus ?? '-')).toBe(http);
    expect(found.scope ?? '-').toBe(scope);
    expect(restOf(code)).toBe(rest);
  });

  it.each(rows)('says the same of $code whatever the HTTP status is', ({ code }) => {
    expect(classify(code, 500)).toEqual(classify(code, 400));
    expect(classify(code, 429)).toEqual(classify(code, null));
  });

  it('gives every row that is tried again a first wait', () => {
    const without = rows.filter(({ errorClass, rest }) => errorClass === 'retry' && !rest.includes('wait='));
    expect(without).toEqual([]);
  });
});

describe('codes 200 to 299', () => {
  it.each([200, 201, 250, 299])('%d pauses the account of the token', (code) => {
    expect(classify(code, 403)).toMatchObject({
      code,
      known: true,
      class: 'pause_number',
      scope: 'token',
      httpStatus: 403,
    });
  });

  it.each([199, 300])('%d is outside the range and unknown', (code) => {
    expect(classify(code, 403)).toMatchObject({ known: false, class: 'never' });
  });
});

describe('a code that the table does not know', () => {
  it.each([500, 502, 503, 599, 429])('is tried again at most three times when the status is %d', (status) => {
    const found = classify(987_654, status);
    expect(found).toMatchObject({ code: 987_654, known: false, class: 'retry', maxRetries: 3, waitSeconds: 2 });
    expect([0, 1, 2, 3].map((done) => mayRetry(found, done))).toEqual([true, true, true, false]);
  });

  it.each([200, 400, 404, 428, 430, 499, 600, null])('is never tried again when the status is %p', (status) => {
    const found = classify(987_654, status);
    expect(found).toMatchObject({ known: false, class: 'never' });
    expect(mayRetry(found, 0)).toBe(false);
  });
});

describe('the number of retries', () => {
  it('ends where the table says', () => {
    expect(mayRetry(classify(1, 400), 1)).toBe(true);
    expect(mayRetry(classify(1, 400), 2)).toBe(false);
  });

  it('has no end but the expiry of the message where the table names none', () => {
    expect(mayRetry(classify(130429, 400), 1000)).toBe(true);
  });

  it('is none for errors of the other classes', () => {
    for (const code of [131026, 190, 131047]) expect(mayRetry(classify(code, 400), 0)).toBe(false);
  });
});
