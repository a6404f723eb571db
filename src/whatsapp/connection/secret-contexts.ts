/** Encryption contexts of the secrets of a tenant's own Meta app (columns of whatsapp_apps). */
export const APP_SECRET_CONTEXT = 'whatsapp_apps.app_secret';
export const VERIFY_TOKEN_CONTEXT = 'whatsapp_apps.verify_token';
