-- What a run publishes of the fleet: three hundred days of six routes, carried by three types of vehicle and twelve drivers.

create schema fleet;

create temp table carried as
with routes as (
    select * from (values
        (1, 'R001', 'Bogotá', 'Cali', 462.0), (2, 'R002', 'Bogotá', 'Bogotá', 38.0), (3, 'R003', 'Cali', 'Bogotá', 462.0),
        (4, 'R004', 'Cali', 'Cali', 29.0), (5, 'R005', 'Medellín', 'Bogotá', 415.0), (6, 'R006', 'Medellín', 'Medellín', 33.0)
    ) as routes (route_id, route_code, origin_city, destination_city, km)
)
select
    $newest::date - day::int as scheduled_date, hour::int as scheduled_hour, routes.*,
    ['Camión Grande', 'Van', 'Motocicleta'][1 + (hash(day, hour, route_id) % 3)::int] as vehicle_type,
    1 + (hash(hour, day, route_id) % 12)::int as driver_id,
    4 as deliveries,
    case when hash(day, hour, route_code) % 20 = 0 then 3 else 4 end as delivered,
    delivered - case when hash(hour, route_code, day) % 100 < 5 + hour then 1 else 0 end as on_time,
    delivered as delivered_with_cost,
    km as fuelled_km,
    round(km * case vehicle_type when 'Van' then 0.13 when 'Motocicleta' then 0.04 else 0.31 end
        * (0.9 + driver_id / 60.0), 2) as fuel_liters,
    5000 * fuel_liters as cost, 150000.0 * delivered as revenue
from range(300) as days (day), range(6, 22) as hours (hour), routes
where hash(route_id, hour, day) % 4 = 0;

create table fleet.mart_deliveries_hourly as
select scheduled_date, scheduled_hour, origin_city, vehicle_type, isodow(scheduled_date) as iso_weekday,
    sum(deliveries)::integer as deliveries, sum(delivered)::integer as delivered, sum(on_time)::integer as on_time,
    sum(delivered_with_cost)::integer as delivered_with_cost, sum(cost)::decimal(18, 2) as cost,
    sum(revenue)::decimal(18, 2) as revenue
from carried group by all order by all;

create table fleet.mart_routes_daily as
select scheduled_date, route_id as route_key, vehicle_type, route_id, route_code, origin_city, destination_city,
    sum(deliveries)::integer as deliveries, sum(delivered)::integer as delivered, sum(on_time)::integer as on_time,
    sum(delivered_with_cost)::integer as delivered_with_cost, sum(cost)::decimal(18, 2) as cost,
    sum(revenue)::decimal(18, 2) as revenue, sum(fuelled_km)::decimal(18, 2) as fuelled_km,
    sum(fuel_liters)::decimal(18, 2) as fuel_liters
from carried group by all order by all;

create table fleet.mart_drivers_daily as
select scheduled_date, driver_id, origin_city, vehicle_type,
    sum(deliveries)::integer as deliveries, sum(delivered)::integer as delivered, sum(on_time)::integer as on_time,
    sum(delivered_with_cost)::integer as delivered_with_cost, sum(cost)::decimal(18, 2) as cost,
    sum(revenue)::decimal(18, 2) as revenue, sum(fuelled_km)::decimal(18, 2) as fuelled_km,
    sum(fuel_liters)::decimal(18, 2) as fuel_liters
from carried group by all order by all;

create table fleet.dim_driver as
select n as driver_key, n as driver_id, 'EMP' || lpad(n::varchar, 4, '0') as employee_code,
    'Driver ' || chr((64 + n)::int) as full_name, true as is_current
from range(1, 13) as drivers (n);

create table fleet.mart_vehicle_maintenance as
select n as vehicle_id, 'ABC' || lpad(n::varchar, 3, '0') as license_plate,
    ['Camión Grande', 'Van', 'Motocicleta'][1 + n % 3] as vehicle_type, 'Cambio de aceite' as maintenance_type,
    $newest::date - 30 as maintenance_date, $newest::date - 4 + 3 * n::int as next_maintenance_date,
    (3 * n - 4)::bigint as days_until_due, (1500 + 10 * n)::decimal(18, 2) as km_since_maintenance
from range(20) as vehicles (n);

create table fleet.mart_deliveries_in_progress as
select n as delivery_id, 'FL2025' || lpad(n::varchar, 8, '0') as tracking_number,
    case when n % 3 = 0 then 'in_transit' else 'pending' end as delivery_status, 'Customer ' || n as customer_name,
    'Driver A' as driver_name, 'ABC001' as license_plate, ['Camión Grande', 'Van'][1 + n % 2] as vehicle_type,
    'R001' as route_code, ['Bogotá', 'Cali'][1 + n % 2] as origin_city, 'Cali' as destination_city,
    greatest(0, 90 - 30 * n)::integer as minutes_overdue, minutes_overdue > 30 as is_late,
    $newest::date + interval '18 hours' + n * interval '30 minutes' - interval '90 minutes' as scheduled_local,
    scheduled_local + interval '5 hours' as scheduled_at,
    $newest::date + interval '18 hours' as as_of_local
from range(14) as deliveries (n);
