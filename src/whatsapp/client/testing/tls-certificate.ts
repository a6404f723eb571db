/**
 * A self-signed certificate for 127.0.0.1, for tests of TLS alone. The key guards nothing; it stands here because Node
 * cannot make certificates, and not every machine has a tool that can.
 */
export const TEST_CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYHJu3bH757g8VDbQ
apxhdrOeZKdw1mXArLCHzYD6gt2hRANCAATVOWTaX74fQTU0B5Wf7x6XDdkXm410
nzL/gwizsj7lCmosaRl59dmMauF+wd90hoD5al2wVaiz9VWY2Jryw5Ku
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUVZwde7HjShL+YJZT88VVdMbreQwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJcmFzbCB0ZXN0MCAXDTI2MTEyMjEzNTMxMVoYDzIxMjYxMDI5
MTM1MzExWjAUMRIwEAYDVQQDDAlyYXNsIHRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATVOWTaX74fQTU0B5Wf7x6XDdkXm410nzL/gwizsj7lCmosaRl59dmM
auF+wd90hoD5al2wVaiz9VWY2Jryw5Kuo28wbTAdBgNVHQ4EFgQUP/GusD240AmW
u1Ki856fUTRfQ20wHwYDVR0jBBgwFoAUP/GusD240AmWu1Ki856fUTRfQ20wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSQAwRgIhAONN6znDXilsuMaQM1gn3EY21SFgN6xlhWCcqaj0rFpIAiEA
rJu8Ft3OngobF91f1EpXbypzsLsScZkqH6jAiQXZIww=
-----END CERTIFICATE-----`,
} as const;
