import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { MAX_UNMERGED_TEXT } from '../outbound/merge-fields.js';
import { SendMediaDto } from './send-media.dto.js';

const wrongFields = async (fields: object): Promise<string[]> =>
  Object.keys((await checkDto(SendMediaDto, { phone: '201000000000', media_type: 'image', ...fields })).faults);

describe('the fields of a media message', () => {
  it('count the characters of a caption without merge fields', async () => {
    expect(await wrongFields({ caption: '👍'.repeat(1024) })).toEqual([]);
    expect(await wrongFields({ caption: '👍'.repeat(1025) })).toEqual(['caption']);
  });

  it('leave the length of a caption with merge fields to the merge, within a bound', async () => {
    const token = '@{contact_first_name}';
    expect(await wrongFields({ caption: 'x'.repeat(MAX_UNMERGED_TEXT - token.length) + token })).toEqual([]);
    expect(await wrongFields({ caption: 'x'.repeat(MAX_UNMERGED_TEXT - token.length + 1) + token })).toEqual([
      'caption',
    ]);
  });

  it('count what a form leaves empty as absent', async () => {
    expect(await wrongFields({ media_url: '', filename: '', contact_id: '', caption: '' })).toEqual([]);
  });

  it('need a phone or a contact', async () => {
    expect(await wrongFields({ phone: '' })).toEqual(['phone']);
    expect(await wrongFields({ phone: '', contact_id: '7' })).toEqual([]);
  });

  it.each(['https://a_b.example.com/x.jpg', 'http://localhost:8080/x'])('take %s', async (media_url) => {
    expect(await wrongFields({ media_url })).toEqual([]);
  });

  it.each(['ftp://example.com/x', 'example.com/x', 'https://', `https://example.com/${'x'.repeat(2048)}`])(
    'refuse %s',
    async (media_url) => {
      expect(await wrongFields({ media_url })).toEqual(['media_url']);
    },
  );
});
