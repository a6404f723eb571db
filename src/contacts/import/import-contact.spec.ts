import 'reflect-metadata';
import { MAX_GROUPS } from '../dto/save-contact.dto.js';
import { contactOf } from './import-contact.js';
import { IMPORT_COLUMNS } from './import-file.js';
import type { ImportRow } from './import-rows.js';

const DEFAULTS = { source_id: 3, status_id: 5 };
const MEGABYTE = 'x'.repeat(1024 * 1024);

const row = (cells: ImportRow['cells'], surplus = false): ImportRow => ({
  number: 1,
  line: 2,
  cells: { phone: '+20 100 000 0001', firstname: 'Mona', lastname: 'Ali', ...cells },
  surplus,
  size: 0,
});
const read = (cells: ImportRow['cells'], surplus?: boolean) => contactOf(row(cells, surplus), DEFAULTS);

describe('a row as a contact', () => {
  it('gets what it does not say itself', async () => {
    expect(await read({ company: '', groups: ' ' })).toMatchObject({
      contact: {
        phone: '201000000001',
        firstname: 'Mona',
        type: 'lead',
        source_id: 3,
        status_id: 5,
        company: null,
      },
    });
  });

  it('says what it says', async () => {
    const cells = { phone: ' 00201000000001 ', type: ' customer ', source_id: ' 8', status_id: '9', groups: '4| 7|4' };
    expect(await read({ ...cells, country_id: '818', assigned_id: '2', email: 'm@example.com' })).toMatchObject({
      contact: {
        phone: '201000000001',
        type: 'customer',
        source_id: 8,
        status_id: 9,
        groups: [4, 7, 4],
        country_id: 818,
        assigned_id: 2,
        email: 'm@example.com',
      },
    });
  });

  it('tells everything that is wrong', async () => {
    const faulty = await read({ phone: '', firstname: ' ', email: 'm', type: 'x', source_id: '1.5', groups: '1|x' });
    expect('faults' in faulty && Object.keys(faulty.faults).sort()).toEqual([
      'email',
      'firstname',
      'groups',
      'phone',
      'source_id',
      'type',
    ]);
    expect(await contactOf({ ...row({}), cells: { firstname: 'A', lastname: 'B' } }, DEFAULTS)).toEqual({
      faults: { phone: [expect.any(String)] },
    });
  });

  it('is refused when something stands beyond the header', async () => {
    expect(await read({}, true)).toEqual({ faults: { '': ['The row has more cells than the header has names.'] } });
  });

  it.each(IMPORT_COLUMNS)('is refused with 1 MB of %s', async (column) => {
    const faulty = await read({ [column]: column === 'groups' ? '1|'.repeat(500_000) : MEGABYTE });
    expect('faults' in faulty && Object.keys(faulty.faults)).toEqual([column]);
  });

  it('may name MAX_GROUPS groups, not one more', async () => {
    const ids = (count: number) => ({ groups: Array(count).fill('7').join('|') });
    expect(await read(ids(MAX_GROUPS))).toMatchObject({ contact: { groups: Array(MAX_GROUPS).fill(7) } });
    expect(await read(ids(MAX_GROUPS + 1))).toEqual({
      faults: { groups: [`groups must not have over ${MAX_GROUPS} members`] },
    });
  });
});
