import { readDefinition } from './template-definition.js';
import { fillVariables, variablesOf } from './template-variables.js';

const read = (components: unknown, fields: { category?: string; parameterFormat?: string } = {}) =>
  readDefinition({ category: 'UTILITY', parameterFormat: 'POSITIONAL', components, ...fields });

describe('the variables of a text', () => {
  it('go by their number when they are numbers, each once', () => {
    expect(variablesOf('{{2}} for {{1}}, {{ 10 }} and {{1}}', 'POSITIONAL')).toEqual(['1', '2', '10']);
  });

  it('go by their first appearance when they are names', () => {
    expect(variablesOf('{{order_id}} for {{first_name}}, {{order_id}}', 'NAMED')).toEqual(['order_id', 'first_name']);
  });

  it('are none where braces hold something else', () => {
    expect(variablesOf('{1} {{}} {{a b}} {{é}}', 'NAMED')).toEqual([]);
  });

  it('are filled once: a value that looks like a variable stays as it is', () => {
    const values = new Map([
      ['1', '{{2}}'],
      ['2', 'two'],
    ]);
    expect(fillVariables('{{1}} {{ 2 }} {{3}}', values)).toBe('{{2}} two {{3}}');
  });
});

describe('the definition of a template', () => {
  it('is read from header, body, footer and buttons', () => {
    const definition = read([
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
      { type: 'BODY', text: 'Hello {{1}}, {{2}}.' },
      { type: 'FOOTER', text: 'Reply STOP' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Stop' },
          { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}' },
          { type: 'COPY_CODE', text: 'Copy' },
        ],
      },
    ]);
    expect(definition).toEqual({
      parameterFormat: 'POSITIONAL',
      header: { format: 'TEXT', text: 'Order {{1}}', variables: ['1'] },
      body: { text: 'Hello {{1}}, {{2}}.', variables: ['1', '2'] },
      footer: { text: 'Reply STOP', variables: [] },
      buttons: [
        { index: 0, type: 'QUICK_REPLY', text: 'Stop', url: null, variables: [] },
        { index: 1, type: 'URL', text: 'Track', url: 'https://example.com/{{1}}', variables: ['1'] },
        { index: 2, type: 'COPY_CODE', text: 'Copy', url: null, variables: [] },
      ],
      otherParts: [],
    });
  });

  it.each(['IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'])('knows a header of format %s', (format) => {
    expect(read([{ type: 'HEADER', format }]).header).toEqual({ format });
  });

  it('reads types in small letters', () => {
    expect(
      read([
        { type: 'header', format: 'image' },
        { type: 'body', text: 'Hi' },
      ]),
    ).toMatchObject({
      header: { format: 'IMAGE' },
      body: { text: 'Hi' },
    });
  });

  it('names the parts that it cannot send', () => {
    expect(
      read([
        { type: 'BODY', text: 'x' },
        { type: 'CAROUSEL', cards: [] },
      ]).otherParts,
    ).toEqual(['CAROUSEL']);
  });

  it('gives an authentication template without text the one that WhatsApp writes', () => {
    expect(read([{ type: 'BODY' }], { category: 'AUTHENTICATION' }).body.variables).toEqual(['1']);
    expect(read([{ type: 'BODY' }]).body).toEqual({ text: '', variables: [] });
  });

  it.each([null, 'x', 7, {}, [null, 1, 'x', []], [{ type: 3 }], [{ type: 'BUTTONS', buttons: 'x' }]])(
    'of %j is an empty one',
    (components) => {
      expect(read(components)).toMatchObject({ header: null, body: { text: '' }, footer: null, buttons: [] });
    },
  );
});
