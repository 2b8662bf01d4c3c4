-- What holds between the tables, the keys of the largest, which are twice as fast to make when its rows are there,
-- and the indexes a day's work needs. The indexes that analysis wants are another command's, which measures them
-- before and after; so no foreign key has one here.
ALTER TABLE public.trips
ADD CONSTRAINT trips_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES public.vehicles ON DELETE RESTRICT,
ADD CONSTRAINT trips_driver_id_fkey FOREIGN KEY (driver_id) REFERENCES public.drivers ON DELETE RESTRICT,
ADD CONSTRAINT trips_route_id_fkey FOREIGN KEY (route_id) REFERENCES public.routes ON DELETE RESTRICT;

ALTER TABLE public.deliveries
ADD CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id),
ADD CONSTRAINT deliveries_tracking_number_key UNIQUE (tracking_number),
ADD CONSTRAINT deliveries_trip_id_fkey FOREIGN KEY (trip_id) REFERENCES public.trips ON DELETE RESTRICT,
ADD CONSTRAINT deliveries_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers ON DELETE RESTRICT;

ALTER TABLE public.maintenance
ADD CONSTRAINT maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES public.vehicles ON DELETE RESTRICT;

CREATE INDEX idx_trips_departure ON public.trips (departure_datetime);
CREATE INDEX idx_deliveries_status ON public.deliveries (delivery_status);
CREATE INDEX idx_vehicles_status ON public.vehicles (status);

CREATE INDEX idx_vehicles_updated_at ON public.vehicles (updated_at);
CREATE INDEX idx_drivers_updated_at ON public.drivers (updated_at);
CREATE INDEX idx_routes_updated_at ON public.routes (updated_at);
CREATE INDEX idx_customers_updated_at ON public.customers (updated_at);
CREATE INDEX idx_trips_updated_at ON public.trips (updated_at);
CREATE INDEX idx_deliveries_updated_at ON public.deliveries (updated_at);
CREATE INDEX idx_maintenance_updated_at ON public.maintenance (updated_at);
