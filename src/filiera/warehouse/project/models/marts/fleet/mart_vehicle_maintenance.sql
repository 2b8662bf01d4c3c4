with

vehicles as (
    select *
    from {{ ref('dim_vehicle') }}
    where is_current and not is_deleted and vehicle_key <> -1 and status not in ('inactive', 'retired')
),

today as (select max(logical_date) as logical_date from {{ source('lake', 'parameters') }}),

ranked as (
    select
        *,
        row_number() over (partition by vehicle_id order by maintenance_date desc, maintenance_id desc) as latest_rank
    from {{ ref('fact_maintenance') }}
),

latest as (
    select *
    from ranked
    where latest_rank = 1
),

driven as (
    select
        trips.vehicle_id,
        sum(trips.distance_km) as km
    from {{ ref('fact_trips') }} as trips
    inner join {{ ref('fleet_dim_date') }} as calendar on trips.date_key = calendar.date_key
    left join latest on trips.vehicle_id = latest.vehicle_id
    where
        trips.trip_status = 'completed'
        and (latest.vehicle_id is null or calendar.full_date > latest.maintenance_date)
    group by trips.vehicle_id
),

mart_vehicle_maintenance as (
    select
        vehicles.vehicle_id,
        latest.maintenance_id,
        vehicles.license_plate,
        vehicles.vehicle_type,
        vehicles.status,
        latest.maintenance_type,
        latest.cost as maintenance_cost,
        cast(coalesce(driven.km, 0) as decimal(18, 2)) as km_since_maintenance,
        latest.maintenance_date,
        latest.next_maintenance_date,
        cast(latest.next_maintenance_date - today.logical_date as integer) as days_until_due,
        latest._seq,
        latest._row
    from vehicles
    cross join today
    left join latest on vehicles.vehicle_id = latest.vehicle_id
    left join driven on vehicles.vehicle_id = driven.vehicle_id
)

select * from mart_vehicle_maintenance
