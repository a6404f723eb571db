import { Module } from '@nestjs/common';
import { WhatsappClientModule } from '../../whatsapp/client/whatsapp-client.module.js';
import { ReceiptSender } from './receipt-sender.js';
import { ReceiptStore } from './receipt-store.js';

/** For the worker role: tells WhatsApp which chats were read. */
@Module({ imports: [WhatsappClientModule], providers: [ReceiptSender, ReceiptStore] })
export class ReadReceiptsModule {}
