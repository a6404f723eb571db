import { Module } from '@nestjs/common';
import { MessagesModule } from '../messages/messages.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { CodeHashes } from './code-hashes.js';
import { OtpController } from './otp.controller.js';
import { OtpMetrics } from './otp-metrics.js';
import { OtpStatusService } from './otp-status.service.js';
import { SendOtpService } from './send-otp.service.js';
import { AuthTemplatesService } from './templates/auth-templates.service.js';
import { VerifyOtpService } from './verify-otp.service.js';

/** One-time codes: sending and verifying them. */
@Module({
  imports: [MessagesModule, TemplatesModule],
  controllers: [OtpController],
  providers: [AuthTemplatesService, CodeHashes, OtpMetrics, OtpStatusService, SendOtpService, VerifyOtpService],
})
export class OtpModule {}
