-- The operator's page of webhook deliveries that were given up: the newest of them, without those replayed since.
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (created_at DESC, id DESC) WHERE status = 'dead';
CREATE INDEX webhook_deliveries_replays ON webhook_deliveries (replay_of) WHERE replay_of IS NOT NULL;
