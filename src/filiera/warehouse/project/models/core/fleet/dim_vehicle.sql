with

versions as (select * from {{ ref('vehicle_history') }}),

today as (select max(logical_date) as day from {{ source('lake', 'parameters') }}),

serviced as (
    select
        vehicle_id,
        max(maintenance_date) as last_maintenance_date
    from {{ ref('maintenance_state') }}
    where not is_deleted
    group by vehicle_id
),

known as (
    select
        versions.vehicle_key,
        versions.vehicle_id,
        versions.license_plate,
        versions.vehicle_type,
        versions.capacity_kg,
        versions.fuel_type,
        versions.acquisition_date,
        versions.status,
        cast(
            (extract(year from today.day) - extract(year from versions.acquisition_date)) * 12
            + extract(month from today.day)
            - extract(month from versions.acquisition_date)
            - case
                when extract(day from today.day) < extract(day from versions.acquisition_date) then 1 else 0
            end as integer
        ) as age_months,
        serviced.last_maintenance_date,
        versions.is_deleted,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from versions
    cross join today
    left join serviced on versions.vehicle_id = serviced.vehicle_id
),

dim_vehicle as (
    select * from known
    union all
    select
        -1 as vehicle_key,
        -1 as vehicle_id,
        'Unknown' as license_plate,
        'Unknown' as vehicle_type,
        cast(null as decimal(10, 2)) as capacity_kg,
        'Unknown' as fuel_type,
        cast(null as date) as acquisition_date,
        'Unknown' as status,
        cast(null as integer) as age_months,
        cast(null as date) as last_maintenance_date,
        false as is_deleted,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current
)

select * from dim_vehicle
