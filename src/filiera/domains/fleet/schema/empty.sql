-- Takes out all rows and, until `bind.sql`, what would slow down the coming of half a million new ones.
ALTER TABLE public.trips
DROP CONSTRAINT IF EXISTS trips_vehicle_id_fkey,
DROP CONSTRAINT IF EXISTS trips_driver_id_fkey,
DROP CONSTRAINT IF EXISTS trips_route_id_fkey;

ALTER TABLE public.deliveries
DROP CONSTRAINT IF EXISTS deliveries_trip_id_fkey,
DROP CONSTRAINT IF EXISTS deliveries_customer_id_fkey,
DROP CONSTRAINT IF EXISTS deliveries_tracking_number_key,
DROP CONSTRAINT IF EXISTS deliveries_pkey;

ALTER TABLE public.maintenance DROP CONSTRAINT IF EXISTS maintenance_vehicle_id_fkey;

DROP INDEX IF EXISTS
public.idx_trips_departure, public.idx_deliveries_status, public.idx_vehicles_status,
public.idx_vehicles_updated_at, public.idx_drivers_updated_at, public.idx_routes_updated_at,
public.idx_customers_updated_at, public.idx_trips_updated_at, public.idx_deliveries_updated_at,
public.idx_maintenance_updated_at;

TRUNCATE
public.vehicles, public.drivers, public.routes, public.customers, public.trips, public.deliveries,
public.maintenance RESTART IDENTITY;
