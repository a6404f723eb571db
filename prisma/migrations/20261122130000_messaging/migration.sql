-- Messages, templates and chats.

-- ---------------------------------------------------------------------------------------------------------------
-- Lists: messages and chats
-- ---------------------------------------------------------------------------------------------------------------

-- Newest first, by time and id: what the lists show. messages_tenant_id stays for the retention, which walks by id.
CREATE INDEX messages_tenant_created ON messages (tenant_id, created_at DESC, id DESC);
DROP INDEX messages_chat;
CREATE INDEX messages_chat_created ON messages (chat_id, created_at DESC, id DESC);
-- What waits to be read, per chat.
CREATE INDEX messages_unread ON messages (chat_id) WHERE direction = 'inbound' AND NOT is_read;

-- created_at of the chat's newest message: chats are listed by it.
ALTER TABLE chats ADD COLUMN last_message_at timestamptz(3) NOT NULL DEFAULT now();
UPDATE chats c
   SET last_message_at = coalesce((SELECT max(m.created_at) FROM messages m WHERE m.chat_id = c.id), c.created_at);
DROP INDEX chats_tenant;
CREATE INDEX chats_tenant_activity ON chats (tenant_id, last_message_at DESC, id DESC);

-- Texts of messages, for searching. A table of its own: a message's row changes five times on its way to the phone,
-- and each change would enter all of its trigrams into the index again; a text enters once. In lower case: ILIKE would
-- bring each text that it looks at into lower case again, which takes longer than to look at it.
CREATE TABLE message_texts (
  message_id bigint PRIMARY KEY,
  tenant_id  integer NOT NULL,
  created_at timestamptz(3) NOT NULL,
  body       text NOT NULL
);

-- Kept by triggers, so that whoever writes messages need not think of it.
CREATE FUNCTION message_texts_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO message_texts (message_id, tenant_id, created_at, body)
  SELECT id, tenant_id, created_at, lower(body) FROM added WHERE body <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER messages_texts_insert AFTER INSERT ON messages
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION message_texts_insert();

-- Only when a statement sets the text: changes of status do not come here.
CREATE FUNCTION message_texts_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM message_texts WHERE message_id = NEW.id;
  INSERT INTO message_texts (message_id, tenant_id, created_at, body)
  SELECT NEW.id, NEW.tenant_id, NEW.created_at, lower(NEW.body) WHERE NEW.body <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER messages_texts_update AFTER UPDATE OF body ON messages
  FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION message_texts_update();

CREATE FUNCTION message_texts_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM message_texts t USING gone WHERE t.message_id = gone.id;
  RETURN NULL;
END $$;
CREATE TRIGGER messages_texts_delete AFTER DELETE ON messages
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION message_texts_delete();

INSERT INTO message_texts (message_id, tenant_id, created_at, body)
SELECT id, tenant_id, created_at, lower(body) FROM messages WHERE body <> '';

-- Made when the texts are there: on a big table that takes a fraction of the time.
-- Words that many messages have: newest first, until the page is full.
CREATE INDEX message_texts_created ON message_texts (tenant_id, created_at DESC, message_id DESC);
-- Words that few messages have. The list of pending entries is kept short: whoever fills it sorts it in, while its
-- sends wait.
CREATE INDEX message_texts_search ON message_texts USING gin (tenant_id, body gin_trgm_ops)
  WITH (fastupdate = on, gin_pending_list_limit = 512);
-- The planner chooses between the two by these.
ALTER TABLE message_texts ALTER COLUMN body SET STATISTICS 500;

-- Chats that were marked as read, until WhatsApp was told. Marking a message marks all before it, so one row per chat
-- with its newest message is enough. `version` rises with every change, so that a row that became newer while WhatsApp
-- was being told is not taken for done.
CREATE TABLE read_receipts (
  chat_id    integer PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
  tenant_id  integer NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  wamid      text NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  tries      integer NOT NULL DEFAULT 0,
  next_at    timestamptz(3) NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX read_receipts_due ON read_receipts (next_at);
CREATE INDEX read_receipts_tenant ON read_receipts (tenant_id);

-- ---------------------------------------------------------------------------------------------------------------
-- Templates
-- ---------------------------------------------------------------------------------------------------------------

-- How long WhatsApp tries to deliver, where the template says so; -1: 30 days.
ALTER TABLE templates ADD COLUMN message_send_ttl_seconds integer;

-- What a message was stored with encrypted, a one-time code, is wiped as soon as it cannot be sent any more. By a
-- trigger, so that whoever ends a message need not think of it; its condition looks at no row without one.
CREATE FUNCTION messages_wipe_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.content := NEW.content - 'sealed';
  RETURN NEW;
END $$;
CREATE TRIGGER messages_wipe_sealed BEFORE UPDATE OF status ON messages FOR EACH ROW
  WHEN (NEW.type = 'template' AND NEW.status NOT IN ('queued', 'sending', 'unknown') AND NEW.content ? 'sealed')
  EXECUTE FUNCTION messages_wipe_sealed();

-- Up to when the account is charged with management calls; see ManagementBudget. updated_at does not move with it: a
-- newer one would make every process read the access token again.
ALTER TABLE whatsapp_accounts ADD COLUMN management_charged_until timestamptz(3);

-- ---------------------------------------------------------------------------------------------------------------
-- Opt-outs
-- ---------------------------------------------------------------------------------------------------------------

-- The words by which customers opt out and in, by language, such as {"en": ["STOP"]}; null: those of the program.
ALTER TABLE tenants ADD COLUMN opt_out_words jsonb, ADD COLUMN opt_in_words jsonb;

-- opt_changed_at: when the contact last opted out or in, by the customer's own time; a word from before changes nothing.
-- marketing_stopped: the customer told WhatsApp that he wants no marketing of this business; its time likewise.
ALTER TABLE contacts
  ADD COLUMN opt_changed_at timestamptz(3),
  ADD COLUMN marketing_stopped boolean NOT NULL DEFAULT false,
  ADD COLUMN marketing_changed_at timestamptz(3);

-- ---------------------------------------------------------------------------------------------------------------
-- Customers' media
-- ---------------------------------------------------------------------------------------------------------------

-- Served only with a signature that ends after 15 minutes.
ALTER TABLE media_links ADD COLUMN signed boolean NOT NULL DEFAULT false;

-- Files of customers that WhatsApp keeps for us, until they are fetched. next_at: when due, or the end of a worker's
-- lease; null: given up, for the reason in `failure`. refusals: how often WhatsApp would not hand it over.
CREATE TABLE inbound_media (
  message_id bigint PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  tenant_id  integer NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  media_id   text NOT NULL,
  filename   text,
  tries      integer NOT NULL DEFAULT 0,
  refusals   integer NOT NULL DEFAULT 0,
  next_at    timestamptz(3) DEFAULT now(),
  failure    text CHECK (failure IN ('TOO_LARGE', 'NOT_AVAILABLE')),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
-- What is due, tenant by tenant.
CREATE INDEX inbound_media_due ON inbound_media (tenant_id, next_at) WHERE next_at IS NOT NULL;

-- ---------------------------------------------------------------------------------------------------------------
-- Idempotency keys
-- ---------------------------------------------------------------------------------------------------------------

-- One row per Idempotency-Key of the last 24 hours. leased_until: the first call is running, or died; null: it has
-- ended. message_id: what it stored (no foreign key: the row ends before any message does). answer_encrypted: its
-- answer; while it runs, the one that is given should it die.
CREATE TABLE idempotency_keys (
  tenant_id        integer NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- SHA-256.
  key_hash         bytea NOT NULL,
  -- The call that holds the key.
  owner            uuid NOT NULL,
  -- HMAC of the request.
  fingerprint      bytea NOT NULL,
  leased_until     timestamptz(3),
  message_id       bigint,
  answer_encrypted bytea,
  created_at       timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key_hash)
);
-- The daily job forgets the oldest.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Scheduled messages
-- ---------------------------------------------------------------------------------------------------------------

-- When the sender wants a message to leave; null: at once.
ALTER TABLE messages ADD COLUMN send_at timestamptz(3);

-- ---------------------------------------------------------------------------------------------------------------
-- Templates that are edited
-- ---------------------------------------------------------------------------------------------------------------

-- When a webhook said what an edited template says now: newer than a list that was being read meanwhile.
ALTER TABLE templates ADD COLUMN components_updated_at timestamptz(3);

-- ---------------------------------------------------------------------------------------------------------------
-- Service windows that WhatsApp says are closed
-- ---------------------------------------------------------------------------------------------------------------

-- When WhatsApp last refused a message because the window was closed (131047): nothing said before that opens it.
ALTER TABLE chats ADD COLUMN window_refused_at timestamptz(3);
