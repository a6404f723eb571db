import { Injectable } from '@nestjs/common';
import type { SendLocationDto } from '../dto/send-location.dto.js';
import type { SentLocationDto } from '../dto/sent-location.dto.js';
import { type SendContext, SendService } from './send.service.js';

/** Sends a point on the map. */
@Injectable()
export class SendLocationService {
  constructor(private readonly sends: SendService) {}

  /** @throws ApiError as {@link SendService.send} */
  async send(dto: SendLocationDto, context: SendContext): Promise<SentLocationDto> {
    const { latitude, longitude, name, address } = dto;
    return this.sends.send(
      dto,
      {
        type: 'location',
        // As for a place that a customer sends.
        text: name ?? address ?? null,
        textField: 'name',
        textLimit: Infinity,
        textVerbatim: true,
        content: { latitude, longitude, name, address },
      },
      context,
      (sent) => ({ ...sent, latitude, longitude, name: name ?? null, address: address ?? null }),
    );
  }
}
