import { Module } from '@nestjs/common';
import { WhatsappClientModule } from '../client/whatsapp-client.module.js';
import { NumberPoll } from './number-poll.js';
import { NumberVerification } from './number-verification.js';

/** For the worker role: keeps what is known of the numbers' limits up to date. */
@Module({ imports: [WhatsappClientModule], providers: [NumberPoll, NumberVerification] })
export class NumberPollModule {}
