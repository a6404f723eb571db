import 'reflect-metadata';
import { validateDto } from '../http/validation/validate-dto.js';
import { IsPhone } from './is-phone.js';

class Send {
  @IsPhone()
  phone: string;
}

class MediaSend {
  @IsPhone({ maxDigits: 15 })
  phone: string;
}

describe('a phone field', () => {
  it('holds the digits after validation', async () => {
    expect((await validateDto(Send, { phone: '+20 100 123-4567' })).phone).toBe('201001234567');
  });

  it.each([
    [undefined, 'phone must be a string'],
    [201001234567, 'phone must be a string'],
    [{ $ne: '' }, 'phone must be a string'],
    ['12', 'phone must be a possible phone number with its country code'],
    ['+20 (100)  123-45-678', 'phone must not be longer than 20 characters'],
  ])('refuses %j with the reason', async (phone, message) => {
    await expect(validateDto(Send, { phone })).rejects.toMatchObject({ status: 422, details: { phone: [message] } });
  });

  it('may have 15 digits where 15 is the limit, not 16', async () => {
    // German numbers may be this long.
    expect((await validateDto(MediaSend, { phone: '+493012345678901' })).phone).toHaveLength(15);
    await expect(validateDto(MediaSend, { phone: '+4930123456789012' })).rejects.toMatchObject({
      details: { phone: ['phone must not have more than 15 digits'] },
    });
    expect((await validateDto(Send, { phone: '+4930123456789012' })).phone).toHaveLength(16);
  });
});
