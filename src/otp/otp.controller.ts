import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { RequireScopes } from '../auth-scopes/decorators.js';
import { CurrentSend, type SendCall, SendReplies } from '../messages/send/send-call.js';
import { fieldBodies, SendEndpoint } from '../messages/send/send-endpoint.js';
import { CurrentTenant } from '../platform/http/decorators.js';
import { ApiEnvelope, ApiErrors, ApiRequestBody, ApiTenantEndpoint } from '../platform/http/openapi/api-endpoint.js';
import { Reply } from '../platform/http/reply.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { ApiListEndpoint } from '../platform/pagination/api-list-endpoint.js';
import { ListQuery } from '../platform/pagination/list-query.js';
import { Lists } from '../platform/pagination/lists.js';
import { listReply } from '../platform/pagination/pagination.js';
import type { AuthTemplateDto } from './dto/auth-template.dto.js';
import { CodeReferenceDto } from './dto/code-reference.dto.js';
import { OtpStatusDto } from './dto/otp-status.dto.js';
import type { SentOtpDto } from './dto/sent-otp.dto.js';
import { VerifiedOtpDto } from './dto/verified-otp.dto.js';
import { VerifyOtpDto } from './dto/verify-otp.dto.js';
import { LIST_AUTH_TEMPLATES, OTP_STATUS, RESEND_OTP, SEND_OTP, VERIFY_OTP } from './otp.docs.js';
import { OtpStatusService } from './otp-status.service.js';
import { SendOtpService } from './send-otp.service.js';
import { AUTH_TEMPLATE_LIST } from './templates/auth-template-list.js';
import { AuthTemplatesService } from './templates/auth-templates.service.js';
import { VerifyOtpService } from './verify-otp.service.js';

const VERIFIED = 'OTP verified successfully';
const STATUS = 'OTP status retrieved successfully';

const CODE_OF_LOGIN = { phone: '201000000000', purpose: 'login' };

/** `/api/v2/auth`: one-time codes over WhatsApp. */
@Controller('api/v2/auth')
export class OtpController {
  constructor(
    private readonly replies: SendReplies,
    private readonly sends: SendOtpService,
    private readonly verifications: VerifyOtpService,
    private readonly statuses: OtpStatusService,
    private readonly templates: AuthTemplatesService,
    private readonly lists: Lists,
  ) {}

  @Get('templates')
  @RequireScopes('templates:read')
  @ApiListEndpoint(LIST_AUTH_TEMPLATES)
  async listAuthTemplates(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @ListQuery() query: string,
  ): Promise<Reply<Partial<AuthTemplateDto>[]>> {
    const request = this.lists.read(AUTH_TEMPLATE_LIST, { tenantId }, query);
    return listReply(await this.templates.list({ tenantId }, request), request.fields, LIST_AUTH_TEMPLATES.message);
  }

  @Post('send-otp')
  @SendEndpoint(SEND_OTP)
  sendOtp(@CurrentSend() call: SendCall, @Body() body: unknown): Promise<Reply<SentOtpDto>> {
    return this.replies.reply(call, SEND_OTP.subject, (context) => this.sends.send(body, context));
  }

  @Post('resend')
  @SendEndpoint(RESEND_OTP)
  resendOtp(@CurrentSend() call: SendCall, @Body() body: unknown): Promise<Reply<SentOtpDto>> {
    return this.replies.reply(call, RESEND_OTP.subject, (context) => this.sends.resend(body, context));
  }

  @Post('verify')
  @HttpCode(200)
  @RequireScopes('messages:send')
  @ApiTenantEndpoint(VERIFY_OTP)
  @ApiRequestBody(fieldBodies(VerifyOtpDto, { ...CODE_OF_LOGIN, code: '483927' }))
  @ApiEnvelope(VerifiedOtpDto, { message: VERIFIED })
  @ApiErrors('VALIDATION_ERROR', 'OTP_NOT_FOUND', 'OTP_EXPIRED', 'MAX_ATTEMPTS_EXCEEDED', 'INVALID_CODE')
  async verifyOtp(
    @CurrentTenant() tenant: AuthenticatedTenant,
    @Body() dto: VerifyOtpDto,
  ): Promise<Reply<VerifiedOtpDto>> {
    return new Reply(await this.verifications.verify(tenant, dto), { message: VERIFIED });
  }

  @Post('status')
  @HttpCode(200)
  @RequireScopes('messages:send')
  @ApiTenantEndpoint(OTP_STATUS)
  @ApiRequestBody(fieldBodies(CodeReferenceDto, CODE_OF_LOGIN))
  @ApiEnvelope(OtpStatusDto, { message: STATUS })
  @ApiErrors('VALIDATION_ERROR')
  async otpStatus(
    @CurrentTenant() { tenantId }: AuthenticatedTenant,
    @Body() dto: CodeReferenceDto,
  ): Promise<Reply<OtpStatusDto>> {
    return new Reply(await this.statuses.get(tenantId, dto), { message: STATUS });
  }
}
