-- What is committed late, with a moment of change that lies hours or days before the evening before: a complaint that
-- lay on a desk, the invoice of a second job in the workshop. And what is deleted: the duplicates of days before, and
-- an order that was withdrawn long ago.
CREATE TEMP TABLE recent_deliveries AS
FROM fleet.public.deliveries
WHERE updated_at > (SELECT since() - INTERVAL 4 DAY) AND updated_at < (SELECT since() - INTERVAL 1 HOUR);
