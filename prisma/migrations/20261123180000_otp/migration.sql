-- One-time codes.

-- How often a code may be tried, and how many digits a code has that is made here.
ALTER TABLE tenants
  ADD COLUMN otp_max_attempts smallint NOT NULL DEFAULT 5 CHECK (otp_max_attempts BETWEEN 1 AND 10),
  ADD COLUMN otp_code_length smallint NOT NULL DEFAULT 6 CHECK (otp_code_length BETWEEN 4 AND 15);

-- The code of a phone for a purpose: the newest that was sent, until it is verified. The code itself stands nowhere;
-- what still has to be sent is encrypted in its message (messages.content.sealed). code_id is new with every code and
-- part of what is hashed, so that equal codes have different hashes. code_hash: HMAC under a key that is derived from
-- the encryption key. message_id: no foreign key, because the row ends before any message does.
CREATE TABLE one_time_codes (
  tenant_id    integer NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  phone        text NOT NULL,
  purpose      text NOT NULL,
  code_id      uuid NOT NULL,
  code_hash    text NOT NULL,
  attempts     smallint NOT NULL DEFAULT 0,
  max_attempts smallint NOT NULL,
  message_id   bigint NOT NULL,
  expires_at   timestamptz(3) NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, phone, purpose),
  CHECK (attempts BETWEEN 0 AND max_attempts)
);
-- The daily job forgets the oldest.
CREATE INDEX one_time_codes_age ON one_time_codes (expires_at);

-- What was done lately for a phone, for its limits: the times of the last few of each, no more than a limit allows. Who
-- sends a code holds the row until its commit, so codes of one phone are replaced one after the other.
CREATE TABLE one_time_code_limits (
  tenant_id     integer NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  phone         text NOT NULL,
  sends         timestamptz(3)[] NOT NULL DEFAULT '{}',
  resends       timestamptz(3)[] NOT NULL DEFAULT '{}',
  verifications timestamptz(3)[] NOT NULL DEFAULT '{}',
  updated_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, phone)
);
CREATE INDEX one_time_code_limits_age ON one_time_code_limits (updated_at);
