import { SetMetadata } from '@nestjs/common';

/** Key of the metadata that {@link CommitsIdempotencyKey} sets. */
export const COMMITS_KEY = 'idempotency:commits-key';

/**
 * The handler stores the claim of a request's `Idempotency-Key` (`request.context.idempotentCall`) in the transaction of
 * its effect, by `IdempotencyKeys.claim` and `nameEffects`. A crash before the commit then leaves no key, and a crash
 * after it is answered from the message. Handlers without this need nothing: their key is committed before they run, and
 * free again a minute after a crash.
 */
export const CommitsIdempotencyKey = (): MethodDecorator => SetMetadata(COMMITS_KEY, true);
