import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { displayName } from '../names/file-names.js';
import { contentDisposition } from './content-disposition.js';

describe('a Content-Disposition header', () => {
  it('carries an ASCII name as it is', () => {
    expect(contentDisposition('attachment', 'offer 2026.pdf')).toBe('attachment; filename="offer 2026.pdf"');
  });

  it('carries any other name twice: as ASCII, and as it is in UTF-8', () => {
    expect(contentDisposition('inline', 'عرض.pdf')).toBe(
      'inline; filename="___.pdf"; filename*=UTF-8\'\'%D8%B9%D8%B1%D8%B6.pdf',
    );
    expect(contentDisposition('attachment', "50% (it's).pdf")).toBe(
      "attachment; filename=\"50_ (it's).pdf\"; filename*=UTF-8''50%25%20%28it%27s%29.pdf",
    );
  });

  it('is one line of ASCII and gives the name back, whatever a display name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (wanted) => {
        const name = displayName(wanted, ['pdf'], 'document');
        const header = contentDisposition('attachment', name);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        const extended = /filename\*=UTF-8''(\S+)$/.exec(header)?.[1];
        const plain = /filename="([^"]*)"/.exec(header)?.[1];
        expect(extended === undefined ? plain : decodeURIComponent(extended)).toBe(name);
      }),
    );
  });
});
