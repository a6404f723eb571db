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
  reason   text NOT NULL
);
