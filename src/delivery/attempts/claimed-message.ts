/** A message that this process may send now, with what the payload needs. */
export interface ClaimedMessage {
  id: number;
  tenantId: number;
  attemptNo: number;
  /** Retries so far after refusals that allowed one; counted against the error table's maximum. */
  retries: number;
  dueAt: Date;
  /** When it is of no use any more, by this process's clock (performance.now()); null: never. */
  goodUntil: number | null;
  type: string;
  /** Digits without '+'; null when the recipient is known by a WhatsApp user id alone. */
  phone: string | null;
  recipientUserId: string | null;
  body: string | null;
  content: Record<string, unknown>;
  replyToWamid: string | null;
  /** The customer's service window is open, and stays so while this message is under way. */
  inServiceWindow: boolean;
  /** Of the template that the message is made from, now; null: no template, or it is gone. */
  templateStatus: string | null;
  media: ClaimedMedia | null;
  /** `accountUpdatedAt` tells a cached access token that it was rotated. */
  number: {
    id: number;
    phoneNumberId: string;
    accountId: number;
    accountUpdatedAt: Date;
    ratePerSecond: number;
    /** Whose messaging limit counts (whatsapp_accounts.portfolio), and its tier as WhatsApp last told. */
    portfolio: string;
    messagingLimitTier: string | null;
  };
}

/** The file that goes with a message, and the address under which WhatsApp may download it. */
export interface ClaimedMedia {
  fileId: number;
  publicId: string;
  filename: string;
  mimeType: string;
  sizeBytes: number;
  storageKey: string;
  /** Id of an earlier upload by the same number, while it is young enough. */
  uploadedId: string | null;
}
