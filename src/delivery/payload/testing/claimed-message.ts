import type { ClaimedMedia, ClaimedMessage } from '../../attempts/claimed-message.js';

/** A file as a claimed message brings it along. */
export const FILE: ClaimedMedia = {
  fileId: 3,
  publicId: 'p',
  filename: 'offer.pdf',
  mimeType: 'application/pdf',
  sizeBytes: 10,
  storageKey: 'k',
  uploadedId: null,
};

/** A text in work, but for `fields`. */
export const claimedMessage = (fields: Partial<ClaimedMessage> = {}): ClaimedMessage => ({
  id: 42,
  tenantId: 1,
  attemptNo: 3,
  retries: 0,
  dueAt: new Date(0),
  goodUntil: null,
  type: 'text',
  phone: '971501234567',
  recipientUserId: null,
  body: 'Hello',
  content: {},
  replyToWamid: null,
  media: null,
  inServiceWindow: true,
  templateStatus: 'APPROVED',
  number: {
    id: 5,
    phoneNumberId: '106',
    accountId: 6,
    accountUpdatedAt: new Date(0),
    ratePerSecond: 80,
    portfolio: 'waba:7',
    messagingLimitTier: null,
  },
  ...fields,
});
