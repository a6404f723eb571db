import { mergeFaults } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { SendInteractiveDto } from '../dto/send-interactive.dto.js';
import { faultsBetweenChoices } from './choice-faults.js';

type Body = Record<string, unknown>;

const button = (id: string, title = `Title ${id}`): Body => ({ id, title });
const rows = (count: number, from = 0): Body[] =>
  Array.from({ length: count }, (_, index) => ({ id: `r${from + index}`, title: 'Row' }));
const section = (members: unknown, title = 'Section'): Body => ({ title, rows: members });

async function faultsOf(body: Body): Promise<Record<string, string[]>> {
  const { instance, faults } = await checkDto(SendInteractiveDto, { phone: '201000000000', body_text: 'x', ...body });
  mergeFaults(faults, faultsBetweenChoices(instance));
  return faults;
}
const buttons = (members: unknown) => faultsOf({ type: 'button', buttons: members });
const list = (sections: unknown) => faultsOf({ type: 'list', list_button_text: 'Open', sections });

describe('the choices of an interactive message', () => {
  it('are one to three buttons', async () => {
    expect(await buttons([button('a')])).toEqual({});
    expect(await buttons([button('a'), button('b'), button('c')])).toEqual({});
    expect(await buttons([])).toHaveProperty('buttons');
    expect(await buttons([button('a'), button('b'), button('c'), button('d')])).toHaveProperty('buttons');
  });

  it('have different ids, and buttons different titles: the later one is named', async () => {
    expect(await buttons([button('a'), button('a')])).toEqual({
      'buttons.1.id': [expect.any(String)],
      'buttons.1.title': [expect.any(String)],
    });
    expect(await buttons([button('a', 'Yes'), button('b', 'Yes')])).toEqual({
      'buttons.1.title': [expect.any(String)],
    });
    expect(await buttons([button('a', 'Yes'), button('A', 'yes')])).toEqual({});
    const twice = [section([{ id: 'x', title: 'Row' }]), section([{ id: 'x', title: 'Row' }])];
    expect(await list(twice)).toEqual({ 'sections.1.rows.0.id': ['id must be unique in the message'] });
  });

  it('are one to ten sections', async () => {
    expect(await list(Array.from({ length: 10 }, (_, index) => section(rows(1, index))))).toEqual({});
    expect(await list([])).toHaveProperty('sections');
    const eleven = await list(Array.from({ length: 11 }, (_, index) => section(rows(1, index))));
    expect(Object.keys(eleven)).toEqual(['sections']);
  });

  it('are at most ten rows over all sections', async () => {
    expect(await list([section(rows(4)), section(rows(6, 4))])).toEqual({});
    expect(await list([section(rows(5)), section(rows(6, 5))])).toEqual({
      sections: ['sections must have at most 10 rows over all sections'],
    });
    expect(await list([section(rows(10))])).toEqual({});
    expect(Object.keys(await list([section(rows(11))]))).toEqual(['sections.0.rows', 'sections']);
  });

  it('are not empty sections', async () => {
    expect(Object.keys(await list([section([]), section(undefined)]))).toEqual(['sections.0.rows', 'sections.1.rows']);
  });

  it.each([['text'], [7], [null], [{}], [['a']], [[null]], [[['a']]], [[7]]])('are no %j', async (members) => {
    expect(await buttons(members)).toHaveProperty('buttons');
    expect(await list(members)).toHaveProperty('sections');
    expect(await list([section(members)])).toHaveProperty(['sections.0.rows']);
  });

  it('are checked for their own type alone', async () => {
    expect(await faultsOf({ type: 'button', buttons: [button('a')], sections: 'x', url: 7 })).toEqual({});
    expect(Object.keys(await faultsOf({ type: 'carousel', buttons: [] }))).toEqual(['type']);
    expect(Object.keys(await faultsOf({ type: 'cta_url', display_text: 'Go' }))).toEqual(['url']);
  });

  it.each(['ftp://example.com', 'example.com', 'javascript:alert(1)', `https://example.com/${'x'.repeat(1981)}`])(
    'open no %s',
    async (url) => {
      expect(Object.keys(await faultsOf({ type: 'cta_url', display_text: 'Go', url }))).toEqual(['url']);
    },
  );

  it('open an address of up to 2000 characters', async () => {
    const url = `https://example.com/${'x'.repeat(1980)}`;
    expect(await faultsOf({ type: 'cta_url', display_text: 'Go', url })).toEqual({});
  });

  it('tell every fault at once', async () => {
    const faults = await faultsOf({
      type: 'button',
      body_text: '',
      header_text: 'x'.repeat(61),
      buttons: [button('a'), button('a', 'x'.repeat(21)), { title: '' }, button('d')],
    });
    expect(Object.keys(faults).sort()).toEqual([
      'body_text',
      'buttons',
      'buttons.1.id',
      'buttons.1.title',
      'buttons.2.id',
      'buttons.2.title',
      'header_text',
    ]);
  });
});
