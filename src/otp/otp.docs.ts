import { fieldBodies, PARAGRAPHS, type SendEndpointDescription } from '../messages/send/send-endpoint.js';
import type { EndpointDescription } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { AuthTemplateDto } from './dto/auth-template.dto.js';
import { ResendOtpDto } from './dto/resend-otp.dto.js';
import { SendOtpDto } from './dto/send-otp.dto.js';
import { SentOtpDto } from './dto/sent-otp.dto.js';
import { AUTH_TEMPLATE_LIST } from './templates/auth-template-list.js';

const TAG = 'One-time codes';

const SEND = { phone: '201000000000', template_name: 'verification_code', language: 'en_US', purpose: 'login' };

const LEAVING =
  '**Leaving.** A code goes out before all other messages of your number, and not at all once it has expired. When WhatsApp does not say whether it took the message, the same code is sent again after 20 seconds, at most twice.';

/** The page "List authentication templates". */
export const LIST_AUTH_TEMPLATES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List authentication templates',
  description:
    'The templates that can send codes: of the category `AUTHENTICATION`, and approved. How to page, sort, search and filter stands on the page "Lists".',
  spec: AUTH_TEMPLATE_LIST,
  item: AuthTemplateDto,
  message: 'Authentication templates retrieved successfully',
};

/** The page "Send OTP". */
export const SEND_OTP: SendEndpointDescription = {
  tag: TAG,
  summary: 'Send OTP',
  description: `Sends a one-time code by an authentication template, and keeps what is needed to verify it. The code is yours (\`code\`), or is made here: six random digits, unless your account has another length. It is never shown: not in this answer, not in the list of messages.

A phone has one active code for each \`purpose\`; sending another ends the one before it at once.

**The template.** The code fills \`{{1}}\` of its text and its button; \`expiry_minutes\` fills \`{{2}}\`, where there is one; \`additional_params\` fill what follows.

**Limit.** 5 codes in 10 minutes for one phone: beyond that 429 with \`retry_after\`.

${LEAVING}

${PARAGRAPHS.contacts}

${PARAGRAPHS.answer}`,
  subject: 'OTP',
  bodies: fieldBodies(SendOtpDto, SEND),
  answer: SentOtpDto,
  errors: ['FEATURE_NOT_AVAILABLE'],
};

/** The page "Resend OTP". */
export const RESEND_OTP: SendEndpointDescription = {
  tag: TAG,
  summary: 'Resend OTP',
  description: `Sends new random digits in place of the code that was sent before for this phone and purpose, which is good no more from then on. Name template, purpose and expiry as when you sent the first; the new code is known to nobody but the recipient, so verify it with \`POST /auth/verify\`.

**Limit.** 3 in 5 minutes for one phone: beyond that 429 with \`retry_after\`.

${LEAVING}

${PARAGRAPHS.answer}`,
  subject: 'OTP',
  bodies: fieldBodies(ResendOtpDto, SEND),
  answer: SentOtpDto,
  errors: ['FEATURE_NOT_AVAILABLE'],
};

/** The page "Verify OTP". */
export const VERIFY_OTP: EndpointDescription = {
  tag: TAG,
  summary: 'Verify OTP',
  description: `Tells whether this is the code that was sent to the phone for this purpose. A right code is good once.

Each try uses up an attempt; a code has 5 unless your account has another number. After that only a new code helps.

**Limit.** 10 tries in a minute for one phone: beyond that 429 with \`retry_after\`. A right code clears it.`,
};

/** The page "Check OTP status". */
export const OTP_STATUS: EndpointDescription = {
  tag: TAG,
  summary: 'Check OTP status',
  description:
    'Tells whether a code is active for a phone and purpose, until when, and how many attempts are left. It uses up neither code nor attempt. A code that has expired is shown with `is_expired` true for a day, unless another was sent.',
};
