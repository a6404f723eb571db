import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Module, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FileInterceptor } from '@nestjs/platform-express';
import { diskStorage } from 'multer';

/**
 * The floor: what a bare Nest handler takes to parse the same request and answer; with multer, which writes the same
 * file to disk, where there is one. No token, no checks, no database, no fsync. Prints its URL as one JSON line.
 */
const destination = process.env.FLOOR_DIR ?? '';

@Controller()
class FloorController {
  @Post('upload')
  @HttpCode(200)
  @UseInterceptors(
    FileInterceptor('media_file', {
      storage: diskStorage({ destination, filename: (_request, _file, done) => done(null, randomUUID()) }),
    }),
  )
  upload(@UploadedFile() file: { filename: string; size: number }): object {
    return { success: true, data: { name: file.filename, size: file.size } };
  }

  @Post('text')
  @HttpCode(200)
  text(@Body() { phone, message }: Record<string, unknown>): object {
    return { success: true, data: { phone, message } };
  }
}

@Module({ controllers: [FloorController] })
class FloorModule {}

const app = await NestFactory.create<NestExpressApplication>(FloorModule, { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
