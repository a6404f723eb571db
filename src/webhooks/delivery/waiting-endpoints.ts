/**
 * SQL: the recursive CTE `waiting`, endpoints (`webhook_id`) with something that waits, each with the first `next_at` of
 * it. It jumps from one endpoint to the next in the index webhook_deliveries_due, so it costs the same however much waits at
 * each, and nothing for endpoints where nothing does.
 */
export const WAITING_ENDPOINTS = `
waiting AS (
  (SELECT d.webhook_id, d.next_at FROM webhook_deliveries d
    WHERE d.next_at IS NOT NULL ORDER BY d.webhook_id, d.next_at, d.id LIMIT 1)
  UNION ALL
  SELECT n.webhook_id, n.next_at FROM waiting w CROSS JOIN LATERAL (
    SELECT d.webhook_id, d.next_at FROM webhook_deliveries d
     WHERE d.next_at IS NOT NULL AND d.webhook_id > w.webhook_id ORDER BY d.webhook_id, d.next_at, d.id LIMIT 1) n)`;
