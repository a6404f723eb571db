-- Delivery at WhatsApp's limits: lanes, messaging tiers, the intake's health, and the hold of all delivery.

-- ---------------------------------------------------------------------------------------------------------------
-- Lanes: the messages of one chat leave in order of due_at, id
-- ---------------------------------------------------------------------------------------------------------------

-- What keeps a queued message from its release beside its time: an earlier message of its lane, or the portfolio's
-- messaging tier.
ALTER TABLE messages ADD COLUMN held_by text CHECK (held_by IN ('lane', 'tier'));

-- The messages of a lane that have not come to an outcome. Priority 0 (one-time codes) stands outside the lanes.
CREATE INDEX messages_lane ON messages (chat_id, due_at, id)
  WHERE status IN ('queued', 'sending') AND priority > 0;

-- For the sweep that finds lanes whose wake got lost with a process. Only what waits is in it.
CREATE INDEX messages_held ON messages (chat_id) WHERE held_by = 'lane' AND status = 'queued';

-- Both functions are VOLATILE on purpose: each of their statements sees what was committed up to its own start, and what
-- the statement that calls them has changed. So the look at the lanes comes after the locks, without a round trip more.

-- Those of the chats whose next message has to wait for an earlier one. Called by who is about to insert. The chat's
-- lock lets one transaction at a time append to a lane; the lock on the message that is waited for keeps it from ending
-- before the insert is committed, so that its end finds the new message and wakes it. Messages of one-time codes and
-- scheduled ones, whose time has not come, are nobody's predecessors.
CREATE FUNCTION busy_lanes(appended integer[]) RETURNS TABLE (chat_id integer)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  latest timestamptz;
  heads bigint[];
  lanes integer[];
BEGIN
  PERFORM 1 FROM chats c WHERE c.id = ANY (appended) ORDER BY c.id FOR NO KEY UPDATE;
  -- due_at is rounded to milliseconds.
  latest := clock_timestamp() + interval '1 millisecond';
  LOOP
    -- Index messages_lane, one probe for each chat.
    heads := ARRAY(
      SELECT head.id
        FROM unnest(appended) AS lane (id)
       CROSS JOIN LATERAL (
         SELECT m.id FROM messages m
          WHERE m.chat_id = lane.id AND m.status IN ('queued', 'sending') AND m.priority > 0
            AND m.due_at <= latest
          ORDER BY m.due_at, m.id LIMIT 1) AS head);
    IF heads = '{}' THEN RETURN; END IF;
    lanes := ARRAY(
      SELECT m.chat_id FROM messages m
       WHERE m.id = ANY (heads) AND m.status IN ('queued', 'sending') ORDER BY m.id FOR SHARE);
    -- One that ended while its lock was waited for may have left a successor.
    IF cardinality(lanes) = cardinality(heads) THEN
      RETURN QUERY SELECT unnest(lanes);
      RETURN;
    END IF;
  END LOOP;
END $$;

-- Releases the first message of each lane, if it is one that waits for its turn. Called for the chats of messages that
-- came to their end, in a statement of its own after the one that ended them, in the same transaction or after it: never
-- inside that one, where two sessions that want the same row crash the server (18.4). What it answers is released: it is
-- to be handed to the workers after the commit. That takes milliseconds; when it did not happen, the feeder finds the
-- message 2 seconds later.
--
-- One who does not wait passes over what somebody else has locked.
CREATE FUNCTION wake_lanes(ended integer[], waits boolean)
RETURNS TABLE (id bigint, generation integer, number_id integer, rate_per_second integer, resumed_at timestamptz,
               recipient text, priority smallint)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '200ms' AS $$
DECLARE
  waiting bigint[];
BEGIN
  LOOP
    -- Index messages_lane, one probe for each chat.
    waiting := ARRAY(
      SELECT head.id
        FROM unnest(ended) AS lane (id)
       CROSS JOIN LATERAL (
         SELECT m.id, m.status, m.held_by FROM messages m
          WHERE m.chat_id = lane.id AND m.status IN ('queued', 'sending') AND m.priority > 0
          ORDER BY m.due_at, m.id LIMIT 1) AS head
       WHERE head.status = 'queued' AND head.held_by = 'lane');
    IF waiting = '{}' THEN RETURN; END IF;
    IF waits THEN
      PERFORM 1 FROM messages m WHERE m.id = ANY (waiting) ORDER BY m.id FOR UPDATE;
    ELSE
      waiting := ARRAY(SELECT m.id FROM messages m WHERE m.id = ANY (waiting) ORDER BY m.id FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY
      UPDATE messages m
         SET held_by = NULL, generation = m.generation + 1, next_at = now() + interval '2 seconds',
             updated_at = now()
        FROM phone_numbers n
       WHERE m.id = ANY (waiting) AND m.status = 'queued' AND m.held_by = 'lane' AND n.id = m.number_id
      RETURNING m.id, m.generation, m.number_id, n.rate_per_second, n.resumed_at,
                coalesce(m.phone, m.recipient_user_id, ''), m.priority;
    -- A second look follows the first: one that ended while its lock was waited for has left a successor.
    IF NOT waits THEN RETURN; END IF;
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Numbers
-- ---------------------------------------------------------------------------------------------------------------

-- resumed_at: when the number was last resumed. polled_at: when WhatsApp was last asked about throughput and quality.
ALTER TABLE phone_numbers
  ADD COLUMN resumed_at timestamptz(3),
  ADD COLUMN polled_at timestamptz(3);

-- ---------------------------------------------------------------------------------------------------------------
-- The intake of webhooks
-- ---------------------------------------------------------------------------------------------------------------

-- One row each for the receiver and the processor of webhooks. healthy_since moves up when two beats lie too far apart,
-- so that silence proves something only after it.
CREATE TABLE intake_health (
  component     text PRIMARY KEY CHECK (component IN ('receiver', 'processor')),
  beat_at       timestamptz(3) NOT NULL DEFAULT now(),
  healthy_since timestamptz(3) NOT NULL DEFAULT now()
);

-- ---------------------------------------------------------------------------------------------------------------
-- The hold of all delivery (`cli delivery hold`)
-- ---------------------------------------------------------------------------------------------------------------

-- At most one row: while it is there, no worker releases or claims anything.
CREATE TABLE delivery_hold (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  held_at  timestamptz(3) NOT NULL DEFAULT now(),
  reason   text NOT NULL,
  -- A release of a restored backup has begun: only the same release may end the hold.
  restoring boolean NOT NULL DEFAULT false
);

-- ---------------------------------------------------------------------------------------------------------------
-- Messaging limits: unique recipients outside the service window, per business portfolio and rolling 24 hours
-- ---------------------------------------------------------------------------------------------------------------

-- The business that owns the account, by WhatsApp (`owner_business_info`). Null: WhatsApp does not say, and the account
-- stands for its portfolio.
ALTER TABLE whatsapp_accounts ADD COLUMN business_id text;

-- The portfolio whose messaging limit an account's messages count against.
ALTER TABLE whatsapp_accounts
  ADD COLUMN portfolio text NOT NULL GENERATED ALWAYS AS (coalesce('business:' || business_id, 'waba:' || waba_id)) STORED;
CREATE INDEX whatsapp_accounts_portfolio ON whatsapp_accounts (portfolio);

-- WhatsApp's decision about the display name (`name_status`).
ALTER TABLE phone_numbers ADD COLUMN name_status text;
-- Whose turn it is to be polled; connecting a number asked WhatsApp, too.
CREATE INDEX phone_numbers_poll ON phone_numbers (coalesce(polled_at, created_at)) WHERE paused_at IS NULL;
-- Messages that wait for a place under the messaging limit.
CREATE INDEX messages_tier_held ON messages (number_id, id) WHERE held_by = 'tier' AND status IN ('queued', 'sending');

-- One row per portfolio that has sent. recipients is the number of its rows in messaging_recipients, kept under this
-- row's lock: a place is granted without counting anything. promised_until: up to here the places that come free have
-- been promised to held messages.
CREATE TABLE messaging_portfolios (
  id             integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  portfolio      text NOT NULL UNIQUE,
  recipients     integer NOT NULL DEFAULT 0 CHECK (recipients >= 0),
  promised_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- Who was sent a template outside the service window, until when he counts. Deleted by the next grants; what is
-- not deleted yet still counts, so the limit is never exceeded.
CREATE TABLE messaging_recipients (
  portfolio_id integer NOT NULL REFERENCES messaging_portfolios (id) ON DELETE CASCADE,
  recipient    text NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (portfolio_id, recipient)
);
CREATE INDEX messaging_recipients_expiry ON messaging_recipients (portfolio_id, expires_at);

-- Takes up to `most` recipients out of a portfolio's count whose time is over. The caller holds the portfolio's lock.
CREATE FUNCTION drop_expired_recipients(of_portfolio integer, most integer) RETURNS integer LANGUAGE sql AS $$
  WITH dropped AS (
    DELETE FROM messaging_recipients
     WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM messaging_recipients
        WHERE portfolio_id = of_portfolio AND expires_at <= now()
        ORDER BY expires_at LIMIT most))
    RETURNING 1)
  UPDATE messaging_portfolios SET recipients = recipients - (SELECT count(*) FROM dropped)
   WHERE id = of_portfolio
  RETURNING recipients
$$;

-- Takes places for recipients under a portfolio's limit (null: no limit), one answer per recipient in the order given.
-- place: the expiry, in microseconds, that marks the place; null: there is none. is_new: it was free until now.
-- wait_ms: of one without a place, until the next place that is promised to nobody comes free; null when that is not
-- within `look_ahead`.
-- Each statement sees what was committed before it, so after the lock of the portfolio the count is exact.
CREATE FUNCTION take_messaging_places(of_portfolio text, wanted text[], tier integer, counts_for interval, look_ahead interval)
RETURNS TABLE (place bigint, is_new boolean, wait_ms double precision)
LANGUAGE plpgsql SET lock_timeout TO '2s' AS $$
DECLARE
  p messaging_portfolios%ROWTYPE;
  t timestamptz;
  counted integer;
BEGIN
  SELECT * INTO p FROM messaging_portfolios m WHERE m.portfolio = of_portfolio FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO messaging_portfolios (portfolio) VALUES (of_portfolio) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT p FROM messaging_portfolios m WHERE m.portfolio = of_portfolio FOR UPDATE;
  END IF;
  counted := drop_expired_recipients(p.id, 1000 + 2 * cardinality(wanted));
  t := clock_timestamp();

  RETURN QUERY
  WITH item AS (
    SELECT u.recipient, u.position FROM unnest(wanted) WITH ORDINALITY AS u (recipient, position)),
  one AS (
    -- The limit keeps the look-up one probe of the primary key each, whatever the planner thinks of the table's size.
    SELECT i.recipient, i.position, r.known IS NOT NULL AS known
      FROM (SELECT item.recipient, min(item.position) AS position FROM item GROUP BY item.recipient) i
      LEFT JOIN LATERAL (
        SELECT true AS known FROM messaging_recipients m
         WHERE m.portfolio_id = p.id AND m.recipient = i.recipient LIMIT 1) r ON true),
  ranked AS (
    SELECT o.*, row_number() OVER (PARTITION BY o.known ORDER BY o.position) AS rank FROM one o),
  taken AS (
    -- Whoever is sent to again counts from then on. Distinct times tell the places of one group apart.
    INSERT INTO messaging_recipients AS r (portfolio_id, recipient, expires_at)
    SELECT p.id, k.recipient, t + counts_for + k.position * interval '1 microsecond'
      FROM ranked k WHERE k.known OR tier IS NULL OR k.rank <= tier - counted
    ON CONFLICT (portfolio_id, recipient) DO UPDATE SET expires_at = greatest(r.expires_at, excluded.expires_at)
    RETURNING r.recipient, r.expires_at),
  refused AS (
    SELECT k.recipient, row_number() OVER (ORDER BY k.position) AS rank
      FROM ranked k WHERE NOT EXISTS (SELECT FROM taken x WHERE x.recipient = k.recipient)),
  promise AS (
    SELECT e.expires_at, row_number() OVER (ORDER BY e.expires_at) AS rank
      FROM (SELECT m.expires_at FROM messaging_recipients m
             WHERE m.portfolio_id = p.id AND m.expires_at > greatest(p.promised_until, t)
               AND m.expires_at <= t + look_ahead
             ORDER BY m.expires_at LIMIT (SELECT count(*) FROM refused)) e),
  counter AS (
    UPDATE messaging_portfolios m
       SET recipients = counted + (SELECT count(*) FROM taken x JOIN one o USING (recipient) WHERE NOT o.known),
           promised_until = greatest(m.promised_until, (SELECT max(e.expires_at) FROM promise e))
     WHERE m.id = p.id)
  SELECT (extract(epoch FROM x.expires_at) * 1000000)::bigint,
         x.recipient IS NOT NULL AND NOT o.known AND i.position = o.position,
         (extract(epoch FROM e.expires_at - t) * 1000)::float8
    FROM item i
    JOIN one o USING (recipient)
    LEFT JOIN taken x USING (recipient)
    LEFT JOIN refused f USING (recipient)
    LEFT JOIN promise e ON e.rank = f.rank
   ORDER BY i.position;
END $$;

-- WhatsApp said which business owns an account. Who counts against the account's own limit until now counts against the
-- portfolio's from then on.
CREATE FUNCTION set_account_business(of_tenant integer, of_account integer, business text) RETURNS void
LANGUAGE plpgsql SET lock_timeout TO '2s' AS $$
DECLARE
  before text;
  after text;
  from_id integer;
  to_id integer;
BEGIN
  SELECT portfolio INTO before FROM whatsapp_accounts
   WHERE id = of_account AND tenant_id = of_tenant AND business_id IS DISTINCT FROM business FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE whatsapp_accounts SET business_id = business WHERE id = of_account RETURNING portfolio INTO after;
  -- An account that had a business leaves the others of that portfolio their count.
  IF before NOT LIKE 'waba:%' THEN RETURN; END IF;
  INSERT INTO messaging_portfolios (portfolio) VALUES (before), (after) ON CONFLICT DO NOTHING;
  PERFORM FROM messaging_portfolios WHERE portfolio IN (before, after) ORDER BY id FOR UPDATE;
  SELECT id INTO from_id FROM messaging_portfolios WHERE portfolio = before;
  SELECT id INTO to_id FROM messaging_portfolios WHERE portfolio = after;
  INSERT INTO messaging_recipients AS r
  SELECT to_id, m.recipient, m.expires_at FROM messaging_recipients m WHERE m.portfolio_id = from_id
  ON CONFLICT (portfolio_id, recipient) DO UPDATE SET expires_at = greatest(r.expires_at, excluded.expires_at);
  UPDATE messaging_portfolios
     SET recipients = (SELECT count(*) FROM messaging_recipients WHERE portfolio_id = to_id) WHERE id = to_id;
  DELETE FROM messaging_portfolios WHERE id = from_id;
END $$;

-- Gives a place back that was taken for nothing, unless somebody has used it since, which its mark tells.
CREATE FUNCTION return_messaging_place(of_portfolio text, of_recipient text, mark bigint) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout TO '2s' AS $$
DECLARE
  counted_by integer;
BEGIN
  SELECT m.id INTO counted_by FROM messaging_portfolios m WHERE m.portfolio = of_portfolio FOR UPDATE;
  DELETE FROM messaging_recipients r
   WHERE r.portfolio_id = counted_by AND r.recipient = of_recipient
     AND (extract(epoch FROM r.expires_at) * 1000000)::bigint = mark;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE messaging_portfolios m SET recipients = m.recipients - 1 WHERE m.id = counted_by;
  RETURN true;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Rate slots
-- ---------------------------------------------------------------------------------------------------------------

-- What a number sent within the last minutes: the levels of its pairs are rebuilt from it when Redis was emptied.
-- claimed_at never changes, so that an attempt costs this index one entry.
ALTER TABLE attempts ADD COLUMN number_id integer;
CREATE INDEX attempts_number ON attempts (number_id, claimed_at);

-- ---------------------------------------------------------------------------------------------------------------
-- Growth and retention
-- ---------------------------------------------------------------------------------------------------------------

-- How long a tenant's messages are kept once they have come to an end; null: for ever. WhatsApp repeats webhooks for 7
-- days, and by its row a message that came before is known.
ALTER TABLE tenants ADD COLUMN message_retention_days integer CHECK (message_retention_days >= 8);

CREATE INDEX whatsapp_media_ids_age ON whatsapp_media_ids (uploaded_at);

-- The daily job: one row. Whoever holds the lease runs it. finished_at: when a run last did all that there was to do;
-- next_try_at: not before, after one that had to leave something.
CREATE TABLE daily_maintenance (
  only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  run_id       uuid,
  leased_until timestamptz(3),
  started_at   timestamptz(3),
  finished_at  timestamptz(3),
  next_try_at  timestamptz(3)
);
INSERT INTO daily_maintenance DEFAULT VALUES;

-- Drops one partition of a table. DETACH CONCURRENTLY is refused where there is a DEFAULT partition, so the lock on the
-- parent is the one that stops everybody: it is waited for so briefly that those who queue behind it hardly notice, and
-- held for the moment of the drop (files go after the locks). Raises lock_not_available when somebody reads for longer.
CREATE FUNCTION drop_partition(parent regclass, part regclass)
RETURNS void LANGUAGE plpgsql SET lock_timeout TO '50ms' AS $$
BEGIN
  -- The parent first, as every statement on it does, so that nobody meets us in the other order.
  EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', parent);
  IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = parent AND inhrelid = part) THEN
    RAISE EXCEPTION '% is no partition of %', part, parent;
  END IF;
  EXECUTE format('DROP TABLE %s', part);
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- The operator's view of the numbers
-- ---------------------------------------------------------------------------------------------------------------

-- A number's newest failures.
CREATE INDEX messages_failed ON messages (number_id, failed_at DESC NULLS LAST) WHERE status = 'failed';

-- ---------------------------------------------------------------------------------------------------------------
-- Outcomes that stay unknown
-- ---------------------------------------------------------------------------------------------------------------

-- When the newest webhook arrived that was applied to this account, about whatever it was.
ALTER TABLE whatsapp_accounts ADD COLUMN last_webhook_at timestamptz(3);

-- One-time codes whose outcome is unknown: they are sent again much sooner than a policy would decide.
CREATE INDEX messages_unknown_codes ON messages (unknown_at) WHERE status = 'unknown' AND priority = 0;

-- ---------------------------------------------------------------------------------------------------------------
-- Webhooks that wait for a lock
-- ---------------------------------------------------------------------------------------------------------------

-- A raw webhook that could not be applied yet is tried again from retry_at on, and holds up no new one. applied_items:
-- places in the body of the items that are applied already. waiting_accounts: WhatsApp's ids of the accounts that the
-- other items are of.
ALTER TABLE webhook_inbox
  ADD COLUMN retry_at timestamptz(3),
  ADD COLUMN applied_items jsonb,
  ADD COLUMN waiting_accounts text[];
CREATE INDEX webhook_inbox_deferred ON webhook_inbox (retry_at, id) WHERE processed_at IS NULL AND retry_at IS NOT NULL;
