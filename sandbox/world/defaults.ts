/** The account the sandbox is born with. All of it is fixed, so that settings can be written down. */
export const DEMO = {
  appId: '1150000000000001',
  appName: 'Sandbox demo app',
  appSecret: '5f2c6e1b9d804a37a1c4e85b7f903d26',
  accessToken: 'EAASANDBOXDEMO0000000000000000000000000000000000000000000001',
  accountId: '2150000000000001',
  accountName: 'Sandbox demo account',
  phoneNumberId: '3150000000000001',
  displayPhoneNumber: '+1 555-805-0100',
  verifiedName: 'Sandbox Demo Shop',
} as const;

/** The permissions a system user's token has; sending needs the first, everything else the second. */
export const SCOPES = ['whatsapp_business_messaging', 'whatsapp_business_management'] as const;
export type Scope = (typeof SCOPES)[number];
